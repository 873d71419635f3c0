//! Schedules that their owners show in a room: share, list, end; and what a room is told when one of them changes.

use std::sync::Arc;

use domain::{
    calendar::CalendarError,
    identity::Caller,
    rooms::{Deed, RoomError, Share, fit},
};
use kernel::{Entropy, Instant, RoomId, ScheduleId, UserId};
use store::{StoreError, Tx, UseCase, rooms::shares as rows, streams::Draft};

use super::{By, enter, event, follow, look, tell};
use crate::{App, Effects, Error};

struct Put {
    user: UserId,
    room: RoomId,
    schedule: ScheduleId,
    now: Instant,
    entropy: Arc<dyn Entropy>,
}

impl UseCase for Put {
    type Out = (Share, Effects);
    type Error = Error;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Self::Out, Error> {
        let Self { user, room, schedule, now, .. } = *self;
        enter(tx, user, room, Deed::Publish).await?;
        let found = store::calendar::lock(tx, user, schedule).await?;
        found.filter(|found| found.deleted_at.is_none()).ok_or(CalendarError::NotFound)?;
        let is_new = rows::put(tx, (room, schedule), user, now).await?;
        let share = rows::find(tx, room, schedule).await?.ok_or(CalendarError::NotFound)?;
        let mut effects = Effects::default();
        if is_new {
            fit(rows::count(tx, (room, schedule)).await?)?;
            let facts = vec![event::share(&share, "schedule.shared", (now, &*self.entropy))];
            tell(tx, &mut effects, facts, (room, user), now).await?;
        }
        Ok((share, effects))
    }
}

/// Shares a schedule of the caller with a room in which they are a member or an owner; again changes nothing.
pub async fn share(app: &App, caller: &Caller, (room, schedule): (RoomId, ScheduleId)) -> Result<Share, Error> {
    app.commit(Put { user: caller.user, room, schedule, now: app.now(), entropy: app.entropy() }).await
}

struct End {
    user: UserId,
    room: RoomId,
    schedule: ScheduleId,
    now: Instant,
    entropy: Arc<dyn Entropy>,
}

impl UseCase for End {
    type Out = ((), Effects);
    type Error = Error;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Self::Out, Error> {
        let Self { user, room, schedule, now, .. } = *self;
        let (_, standing) = enter(tx, user, room, Deed::Read).await?;
        let share = rows::find(tx, room, schedule).await?.ok_or(RoomError::NothingThere)?;
        share.may_end(user, standing)?;
        if rows::delete(tx, room, &[schedule]).await? == 0 {
            // Its owner deleted the schedule at this moment, and that has been told.
            return Err(RoomError::NothingThere.into());
        }
        let facts = vec![event::unshared((room, schedule), share.by, user, (now, &*self.entropy))];
        let mut effects = Effects::default();
        tell(tx, &mut effects, facts, (room, user), now).await?;
        Ok(((), effects))
    }
}

/// Ends the share of a schedule: the caller its owner, or an owner of the room.
pub async fn end_share(app: &App, caller: &Caller, (room, schedule): (RoomId, ScheduleId)) -> Result<(), Error> {
    app.commit(End { user: caller.user, room, schedule, now: app.now(), entropy: app.entropy() }).await
}

struct List(UserId, RoomId);

impl UseCase for List {
    type Out = Vec<Share>;
    type Error = Error;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Self::Out, Error> {
        look(tx, self.0, self.1, Deed::Read).await?;
        Ok(rows::of_room(tx, self.1).await?)
    }
}

/// The schedules shared with a room the caller is in, the first that was coming first: all of them.
pub async fn shares(app: &App, caller: &Caller, room: RoomId) -> Result<Vec<Share>, Error> {
    app.store().read(List(caller.user, room)).await
}

/// Shares `to`, which is a part of the schedule `from` of `owner`, with the rooms that `from` is shared with and that have a place left.
pub(crate) async fn extend(
    tx: &mut Tx<'_>,
    owner: UserId,
    (from, to): (ScheduleId, ScheduleId),
    at: Instant,
) -> Result<(), StoreError> {
    for share in rows::hold(tx, owner, &[from]).await? {
        let (of_room, of_schedule) = rows::count(tx, (share.room, to)).await?;
        if fit((of_room + 1, of_schedule + 1)).is_ok() {
            rows::put(tx, (share.room, to), owner, at).await?;
        }
    }
    Ok(())
}

/// What became of a schedule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Became {
    /// It is the rest of one that was shared.
    New,
    /// It is another than before.
    Other,
    /// It is no more.
    Gone,
}

/// What rooms are to be told of schedules of `owner` that were written: a share of one that is gone ends. Answers which rooms those are as
/// well; they are told by the streams, and `owner` has read that ([`told`]).
pub(crate) async fn facts(
    tx: &mut Tx<'_>,
    owner: UserId,
    written: &[(ScheduleId, Became)],
    by: By<'_>,
) -> Result<(Vec<RoomId>, Vec<Draft>), StoreError> {
    let ids: Vec<ScheduleId> = written.iter().map(|(id, _)| *id).collect();
    let shared = rows::hold(tx, owner, &ids).await?;
    let (mut rooms, mut facts) = (Vec::new(), Vec::new());
    for (schedule, became) in written {
        for share in shared.iter().filter(|share| share.schedule == *schedule) {
            rooms.push(share.room);
            facts.push(match became {
                Became::New => event::share(share, "schedule.shared", by),
                Became::Other => event::share(share, "schedule.changed", by),
                Became::Gone => {
                    rows::delete(tx, share.room, &[*schedule]).await?;
                    event::unshared((share.room, *schedule), owner, owner, by)
                }
            });
        }
    }
    rooms.sort_unstable();
    rooms.dedup();
    Ok((rooms, facts))
}

/// Whoever changed what they share has read of it in these rooms, if they had read everything before.
pub(crate) async fn told(tx: &mut Tx<'_>, owner: UserId, rooms: &[RoomId], effects: &Effects) -> Result<(), StoreError> {
    for room in rooms {
        follow(tx, effects, (*room, owner)).await?;
    }
    Ok(())
}
