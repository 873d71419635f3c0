//! An event on its way to many readers.

use std::sync::{Arc, OnceLock};

use kernel::Event;

/// An event, and its bytes on the wire once somebody has written them: a thousand readers of one stream share one writing.
#[derive(Debug)]
pub struct Shared {
    event: Event,
    written: OnceLock<Arc<[u8]>>,
}

impl Shared {
    /// Wraps an event.
    pub fn new(event: Event) -> Arc<Self> {
        Arc::new(Self { event, written: OnceLock::new() })
    }

    /// The event.
    pub fn event(&self) -> &Event {
        &self.event
    }

    /// The event as `write` puts it on the wire. Runs `write` for the first reader only, so all readers of one process must
    /// bring the same one.
    pub fn written(&self, write: impl FnOnce(&Event) -> Vec<u8>) -> Arc<[u8]> {
        Arc::clone(self.written.get_or_init(|| write(&self.event).into()))
    }
}
