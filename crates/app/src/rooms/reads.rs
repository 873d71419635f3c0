//! How far people have read the rooms they are in.
//!
//! What is unread is not counted anywhere: it is what the stream of a room has after the position of its reader. So no counter can
//! disagree with the log. A mark is answered once it is on disk, and the same mark again changes nothing, so one whose answer got lost is
//! repeated without harm; on SQLite marks of many share one commit as everything does.

use std::sync::Arc;

use domain::{
    identity::Caller,
    rooms::{Deed, RoomError},
};
use kernel::{Entropy, FieldError, Instant, Position, RoomId, StreamId, UserId};
use store::{Tx, UseCase, rooms::reads as rows, streams};

use super::{event, hold, look};
use crate::{App, Effects, Error};

/// How far somebody has read a room, after they said so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Marked {
    /// Which room.
    pub room: RoomId,
    /// Up to where; further on than asked for, if it was already.
    pub up_to: Position,
    /// What comes after it.
    pub unread: i64,
    /// Grows with every mark of this user: of two, the higher one is the newer.
    pub version: i64,
}

struct Mark {
    user: UserId,
    room: RoomId,
    up_to: Position,
    now: Instant,
    entropy: Arc<dyn Entropy>,
}

impl UseCase for Mark {
    type Out = (Marked, Effects);
    type Error = Error;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Self::Out, Error> {
        let (user, room) = (self.user, self.room);
        // Held first: who is taken out at this moment waits for this, or this finds them gone.
        hold(tx, user, room).await?;
        // One after the other from here on: of what two devices mark at once, what is said last is what holds.
        let version = rows::lock(tx, user).await?;
        let before = look(tx, user, room, Deed::Read).await?;
        let extent = streams::extent(tx, StreamId::from(room)).await?.ok_or(RoomError::NotFound)?;
        let head = extent.head;
        if self.up_to.epoch != head.epoch || self.up_to.seq > head.seq {
            let wrong = FieldError::new("/up_to", "this is no position of what happened in the room so far");
            return Err(RoomError::Invalid(vec![wrong]).into());
        }
        let present = rows::find(tx, room, user).await?.filter(|place| place.epoch == head.epoch && place.seq >= self.up_to.seq);
        if let Some(up_to) = present {
            return Ok((Marked { room, up_to, unread: before.unread, version }, Effects::default()));
        }
        let unread = head.seq - self.up_to.seq.max(extent.low - 1);
        let version = version + 1;
        rows::set_version(tx, user, version).await?;
        let marked = Marked { room, up_to: self.up_to, unread, version };
        let mut effects = Effects::default();
        effects.append(tx, vec![event::read(user, marked, (self.now, &*self.entropy))], self.now).await?;
        rows::put(tx, room, user, self.up_to).await?;
        Ok((marked, effects))
    }
}

/// Notes that the caller has read a room up to `up_to`. It never goes back. The caller's other devices are told.
pub async fn mark(app: &App, caller: &Caller, room: RoomId, up_to: Position) -> Result<Marked, Error> {
    app.commit(Mark { user: caller.user, room, up_to, now: app.now(), entropy: app.entropy() }).await
}

/// What somebody has not read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unread {
    /// In all rooms together.
    pub total: i64,
    /// As of [`Marked`].
    pub version: i64,
    /// Of each room in which there is something.
    pub rooms: Vec<(RoomId, i64)>,
}

struct Count(UserId);

impl UseCase for Count {
    type Out = Unread;
    type Error = Error;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Unread, Error> {
        let version = rows::version(tx, self.0).await?;
        let mut rooms = rows::unread(tx, self.0).await?;
        rooms.retain(|(_, unread)| *unread > 0);
        Ok(Unread { total: rooms.iter().map(|(_, unread)| unread).sum(), version, rooms })
    }
}

/// What the caller has not read in their rooms.
pub async fn unread(app: &App, caller: &Caller) -> Result<Unread, Error> {
    app.store().read(Count(caller.user)).await
}
