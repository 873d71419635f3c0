//! What binds a connection to its listener, whatever is spoken on it.

use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, watch};

/// A place among the connections of a listener, given back when its last holder drops it. It travels in the extensions of each
/// request: what outlives HTTP on the connection holds on to it.
#[derive(Clone, Debug)]
pub(crate) struct Tether(Arc<Held>);

#[derive(Debug)]
struct Held {
    _permit: Option<OwnedSemaphorePermit>,
    listener: watch::Receiver<()>,
}

impl Tether {
    /// Keeps `permit`, and the listener waiting.
    pub(super) fn new(permit: Option<OwnedSemaphorePermit>, listener: watch::Receiver<()>) -> Self {
        Self(Arc::new(Held { _permit: permit, listener }))
    }

    /// Waits until the listener waits no longer.
    pub(crate) async fn cut(&self) {
        // Nothing is ever sent: a change is the end.
        let _ = self.0.listener.clone().changed().await;
    }
}
