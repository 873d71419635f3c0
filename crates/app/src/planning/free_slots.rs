//! Gaps between what is planned.

use std::time::Duration;

use domain::{
    calendar::conflicts::{Budget, Slot, Stretch, gaps, joined},
    identity::{Caller, IdentityError},
    planning::PlanningError,
};
use kernel::{Cursor, Instant, UserId};
use store::{Tx, UseCase};

use crate::{App, Error, calendar, calendar::Page};

/// How far a search for gaps reaches.
const MAX_RANGE: Duration = Duration::from_hours(92 * 24);

/// Of which hours.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Within {
    /// Those in which the person is up.
    #[default]
    Waking,
    /// All of them.
    Day,
}

/// What gaps are asked for.
#[derive(Clone, Copy, Debug)]
pub struct Asked {
    /// From when on.
    pub from: Instant,
    /// Until when.
    pub to: Instant,
    /// At least how long.
    pub length: Duration,
    /// Of which hours.
    pub within: Within,
    /// The place of the page before.
    pub after: Option<Cursor>,
    /// The most of them.
    pub limit: u32,
}

struct Free(UserId, Asked);

impl UseCase for Free {
    type Out = Vec<Slot>;
    type Error = Error;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Self::Out, Error> {
        let Self(owner, Asked { from, to, length, within, after, limit }) = *self;
        let user = store::identity::users::find(tx, owner).await?.ok_or(IdentityError::Unauthenticated)?;
        let window = (after.map_or(from, |place| from.max(place.at)), to);
        let mut taken = taken(tx, owner, window).await?;
        if within == Within::Waking {
            taken.extend(user.rhythm.waking.nights(window, &user.time_zone));
            taken.sort_unstable();
        }
        Ok(gaps(&joined(taken.into_iter()), window, length, limit as usize + 1))
    }
}

/// What is taken in the calendar of `owner`, in order, what touches as one.
pub(super) async fn taken(tx: &mut Tx<'_>, owner: UserId, window: Stretch) -> Result<Vec<Stretch>, Error> {
    let calendar = calendar::conflicts::calendar(tx, owner, window, None).await?;
    Ok(calendar.taken(window, &mut Budget::default()).map_err(PlanningError::from)?)
}

/// Where the caller has time, by start.
pub async fn free_slots(app: &App, caller: &Caller, asked: Asked) -> Result<Page<Slot>, Error> {
    if asked.to.since(asked.from) > MAX_RANGE {
        return Err(PlanningError::field("/to", "at most 92 days after from").into());
    }
    if asked.length.is_zero() {
        return Err(PlanningError::field("/duration", "longer than nothing").into());
    }
    let found = app.store().read(Free(caller.user, asked)).await?;
    Ok(Page::cut(found, asked.limit, |slot| Cursor::new(slot.end, caller.user.uuid())))
}
