//! What happened in a room: a page of its log, and its live stream.

use domain::{identity::Caller, rooms::Deed};
use hub::{AsWritten, Attach, Attached, GapReason, Since, Step};
use kernel::{Event, Position, RoomId, StreamId, UserId};
use store::{Tx, UseCase, streams};

use super::{look, manage, presence};
use crate::{
    App, Error,
    notify::{self, StreamLog},
};

/// A page of what happened in a room.
#[derive(Clone, Debug)]
pub struct History {
    /// In order, without a hole.
    pub events: Vec<Event>,
    /// The position to go on from.
    pub last: Position,
    /// Whether there is more already.
    pub more: bool,
    /// What was asked for is not to be had: the page is empty, and `last` is the head.
    pub gap: Option<GapReason>,
}

struct Read {
    user: UserId,
    room: RoomId,
    /// `None`: from the first that is kept.
    since: Option<Since>,
    limit: u32,
}

impl UseCase for Read {
    type Out = History;
    type Error = Error;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<History, Error> {
        look(tx, self.user, self.room, Deed::Read).await?;
        let stream = StreamId::from(self.room);
        let bug = || store::StoreError::Bug("a room has no stream".to_owned());
        let streams::Extent { head, low } = streams::extent(tx, stream).await?.ok_or_else(bug)?;
        let since = self.since.unwrap_or(Since::After(Position { epoch: head.epoch, seq: low - 1 }));
        // The reader of a live stream is asked, so that both say the same of the same position.
        let mut reader = Attach::<AsWritten>::new(since);
        reader.subscribed();
        let gap = match reader.extent(hub::Extent { head, low }) {
            Some(Step::Gap { reason, .. }) => Some(reason),
            _ => None,
        };
        let after = reader.position().unwrap_or(head);
        let events = if gap.is_none() { streams::page(tx, stream, after, self.limit).await? } else { Vec::new() };
        let last = events.last().map_or(after, |event| event.position);
        Ok(History { events, last, more: last != head, gap })
    }
}

/// At most `limit` events of a room the caller is in, and about a mebibyte of them: after `since`, or from the first that is kept.
pub async fn events(app: &App, caller: &Caller, room: RoomId, since: Option<Since>, limit: u32) -> Result<History, Error> {
    app.store().read(Read { user: caller.user, room, since, limit }).await
}

/// Opens the live stream of a room the caller is in. It ends as one's own does, and when the caller is in the room no longer.
pub async fn attach(app: &App, caller: &Caller, room: RoomId, since: Since) -> Result<Attached<StreamLog>, Error> {
    let attached = notify::attach_to(app, caller, StreamId::from(room), since);
    // Who may not read it does not learn either that it has all the readers it may.
    admit(app, caller, room).await?;
    attached
}

/// Refuses a reader of the stream of a room who is not in it, and has the others told of who comes and goes. They read it already: who is taken
/// out from here on is either seen here, or their reader is found and ended.
pub(crate) async fn admit(app: &App, caller: &Caller, room: RoomId) -> Result<(), Error> {
    manage::get(app, caller, room).await?;
    presence::follow(app, room).await
}
