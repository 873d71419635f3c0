//! What is on its way to many readers.

use std::sync::{Arc, OnceLock};

use kernel::Event;

/// The kind of what stands in the place of an event that its reader may not see. It has the position of that event, so that none looks
/// missing, and says nothing else.
pub const WITHHELD: &str = "withheld";

/// A way in which events are written. What it looks like is known to whoever writes on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wire {
    /// A stream of server-sent events.
    Events,
    /// A socket of messages.
    Socket,
}

/// The bytes of one thing on each wire, once somebody has written them.
#[derive(Debug, Default)]
pub(crate) struct Writings([OnceLock<Arc<[u8]>>; 2]);

impl Writings {
    pub(crate) fn on(&self, wire: Wire, write: impl FnOnce() -> Vec<u8>) -> Arc<[u8]> {
        let slot = match wire {
            Wire::Events => &self.0[0],
            Wire::Socket => &self.0[1],
        };
        Arc::clone(slot.get_or_init(|| write().into()))
    }
}

/// An event, and its bytes on each wire once somebody has written them: a thousand readers of one stream share one writing.
#[derive(Debug)]
pub struct Shared {
    event: Event,
    written: Writings,
}

impl Shared {
    /// Wraps an event.
    pub fn new(event: Event) -> Arc<Self> {
        Arc::new(Self { event, written: Writings::default() })
    }

    /// What stands in its place for whoever may not see it.
    pub(crate) fn withheld(&self) -> Arc<Self> {
        let Event { stream, position, id, at, .. } = self.event;
        Self::new(Event { stream, position, id, kind: WITHHELD.to_owned(), at, data: "{}".to_owned() })
    }

    /// The event.
    pub fn event(&self) -> &Event {
        &self.event
    }

    /// The event as `write` puts it on `wire`. Runs `write` for the first reader only, so all readers of one process must bring
    /// the same one.
    pub fn written(&self, wire: Wire, write: impl FnOnce(&Event) -> Vec<u8>) -> Arc<[u8]> {
        self.written.on(wire, || write(&self.event))
    }
}
