//! What a transaction did that others want to hear of at once.

use kernel::{Event, Instant, RoomId, SessionId, UserId};
use store::{
    StoreError, Tx,
    streams::{self, Draft},
};

/// Collected inside a use case, announced after its commit.
#[derive(Debug, Default)]
pub struct Effects {
    /// Events appended to streams, in order per stream.
    pub events: Vec<Event>,
    /// The earliest alarm that was armed.
    pub next_alarm: Option<Instant>,
    /// Whether a round began, stopped or goes on.
    pub rounds: bool,
    /// Who reads the stream of a room no longer.
    pub left: Vec<(UserId, RoomId)>,
    /// Rooms that are no more: nobody reads their streams.
    pub ended: Vec<RoomId>,
    /// Sessions that ended: their live streams close, and no node cache of this process believes them any more.
    pub closed_sessions: Vec<SessionId>,
}

impl Effects {
    /// Appends to streams what happened, to be announced after the commit.
    pub(crate) async fn append(&mut self, tx: &mut Tx<'_>, facts: Vec<Draft>, at: Instant) -> Result<(), StoreError> {
        self.events.extend(streams::append(tx, facts, at).await?);
        Ok(())
    }

    /// Remembers that an alarm was armed for `due`.
    pub fn armed(&mut self, due: Instant) {
        self.next_alarm = Some(self.next_alarm.map_or(due, |earlier| earlier.min(due)));
    }
}
