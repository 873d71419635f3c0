//! One connection as the registry knows it: whose it is, which streams are read over it, and its mailbox.

use std::sync::Arc;

use kernel::{Position, StreamId};

use crate::{CloseReason, Hints, Hub, HubError, Owner, PresenceUpdate, mailbox::Mailbox};

/// A registered connection. Dropping it takes it, and all its streams, off the registry.
#[derive(Debug)]
pub struct Line {
    pub(crate) hub: Hub,
    pub(crate) number: u64,
    pub(crate) owner: Owner,
    pub(crate) mailbox: Arc<Mailbox>,
}

impl Line {
    /// Who opened it.
    pub fn owner(&self) -> Owner {
        self.owner
    }

    /// Hears of everything that is announced on `stream` from now on; what was committed before must be read in the log, after this
    /// call. Joining twice is joining once. Whether the owner may read the stream was asked before.
    pub fn join(&self, stream: StreamId) -> Result<(), HubError> {
        self.hub.join(self, stream)
    }

    /// Hears of `stream` no longer.
    pub fn leave(&self, stream: StreamId) {
        self.hub.leave(self, stream);
    }

    /// Takes what waits of `stream`, without waiting; `None` if nothing does.
    pub fn take(&self, stream: StreamId) -> Option<Hints> {
        self.mailbox.take(stream)
    }

    /// Takes what waits to be told of who came to `stream` and who went.
    pub fn take_presence(&self, stream: StreamId) -> Option<Arc<PresenceUpdate>> {
        self.mailbox.take_presence(stream)
    }

    /// Waits until [`Line::take`] or [`Line::take_presence`] finds something for one of the streams, or there is a reason to end.
    pub async fn filled(&self) {
        self.mailbox.filled().await;
    }

    /// Waits until there is a reason to end the connection, or to end `stream`.
    pub async fn ending(&self, stream: StreamId) -> CloseReason {
        self.mailbox.ending(stream).await
    }

    /// The reason to end the connection, if there is one.
    pub fn closed(&self) -> Option<CloseReason> {
        self.mailbox.closed()
    }

    /// The reason to end `stream`, if there is one.
    pub fn stream_closed(&self, stream: StreamId) -> Option<CloseReason> {
        self.mailbox.stream_closed(stream)
    }

    /// The reader of `stream` has come to `position` by reading the log: the position check need not tell it again.
    pub fn reached(&self, stream: StreamId, position: Position) {
        self.mailbox.reached(stream, position);
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        self.hub.disconnect(self);
    }
}
