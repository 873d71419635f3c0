//! Forgetting what happened in rooms: all of it where they were deleted, and what is more than is kept of any other.
//!
//! Which have too much is found by looking at all of them: once in a run, and on a reader, where nobody waits for it. What comes meanwhile is
//! left to the next run.

use kernel::{Instant, RoomId, StreamId};
use store::{
    Tx, UseCase,
    rooms::{self as rows, comments, publications},
    streams,
};
use uuid::Uuid;

use super::{
    Retention,
    purge::{CHUNK, Round},
};
use crate::{App, Error};

/// What a room has too much of.
#[derive(Clone, Copy)]
enum Excess {
    Events(RoomId),
    /// And how many.
    Comments(RoomId, i64),
}

/// What a run has found to be too much, and has not forgotten yet.
pub(super) struct Found {
    left: Vec<Excess>,
    /// There may be more than was looked for at once.
    goes_on: bool,
}

/// Forgets a chunk of each that there is, and looks what is too much where nothing is known to be.
pub(super) async fn round(app: &App, known: &mut Option<Found>, retention: &Retention, now: Instant) -> Result<Round, Error> {
    let mut found = match known.take() {
        Some(found) => found,
        None => app.store().read(Look(*retention)).await?,
    };
    let excess = found.left.pop();
    let (gone, rest) = app.store().write(Forget { excess, retention: *retention, now }).await?;
    found.left.extend(rest);
    let looks_again = found.left.is_empty() && found.goes_on;
    let goes_on = gone > 0 || looks_again || !found.left.is_empty();
    *known = (!looks_again).then_some(found);
    Ok(Round { gone, next: goes_on.then_some(Uuid::nil()) })
}

struct Look(Retention);

impl UseCase for Look {
    type Out = Found;
    type Error = Error;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Found, Error> {
        let Retention { room_events, room_comments, .. } = self.0;
        let of_events = rows::overfull(tx, room_events, CHUNK).await?;
        let of_comments = comments::overfull(tx, room_comments, CHUNK).await?;
        let goes_on = of_events.len().max(of_comments.len()) >= CHUNK as usize;
        let of_comments = of_comments.into_iter().map(|(room, beyond)| Excess::Comments(room, beyond));
        Ok(Found { left: of_events.into_iter().map(Excess::Events).chain(of_comments).collect(), goes_on })
    }
}

struct Forget {
    excess: Option<Excess>,
    retention: Retention,
    now: Instant,
}

impl UseCase for Forget {
    /// How many rows are gone, and what is still too much.
    type Out = (u64, Option<Excess>);
    type Error = Error;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Self::Out, Error> {
        let mut gone = rows::purge(tx, CHUNK).await?;
        gone += publications::purge(tx, self.now - self.retention.events, CHUNK).await?;
        let (trimmed, rest) = match self.excess {
            Some(Excess::Events(room)) => {
                let trimmed = streams::trim_to(tx, StreamId::from(room), self.retention.room_events, CHUNK).await?;
                (trimmed, (trimmed >= u64::from(CHUNK)).then_some(Excess::Events(room)))
            }
            Some(Excess::Comments(room, beyond)) => {
                let chunk = beyond.min(i64::from(CHUNK));
                (comments::trim(tx, room, chunk).await?, (beyond > chunk).then_some(Excess::Comments(room, beyond - chunk)))
            }
            None => (0, None),
        };
        Ok((gone + trimmed, rest))
    }
}
