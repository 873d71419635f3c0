//! The durable log, as this room needs it.

use std::future::Future;

use kernel::{Event, Position, StreamId};

/// Where a stream begins and ends at the moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Extent {
    /// The position of the last event.
    pub head: Position,
    /// The number of the first event still kept; `head.seq + 1` when none is.
    pub low: i64,
}

/// Why the log gave no answer. The reason is logged by whoever implements [`EventLog`]; a reader can only come back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogError {
    /// It cannot be read at the moment.
    Unavailable,
    /// There is no such stream.
    Gone,
    /// The reader may read it no longer.
    Forbidden,
    /// The session or key that reads is no longer good.
    Revoked,
}

/// Reads the durable log. Every call sees at least what was committed before the call was made.
pub trait EventLog: Send + Sync + 'static {
    /// Where `stream` begins and ends.
    fn extent(&self, stream: StreamId) -> impl Future<Output = Result<Extent, LogError>> + Send;

    /// At most `limit` events after `after`, in order, all of its epoch.
    fn page(&self, stream: StreamId, after: Position, limit: u32) -> impl Future<Output = Result<Vec<Event>, LogError>> + Send;

    /// Whether its reader may see `event`, from wherever it came. In the place of one that they may not stands one that says nothing
    /// ([`crate::WITHHELD`]).
    fn shows(&self, event: &Event) -> bool {
        let _ = event;
        true
    }
}

impl<L: EventLog> EventLog for std::sync::Arc<L> {
    fn extent(&self, stream: StreamId) -> impl Future<Output = Result<Extent, LogError>> + Send {
        L::extent(self, stream)
    }

    fn page(&self, stream: StreamId, after: Position, limit: u32) -> impl Future<Output = Result<Vec<Event>, LogError>> + Send {
        L::page(self, stream, after, limit)
    }

    fn shows(&self, event: &Event) -> bool {
        L::shows(self, event)
    }
}
