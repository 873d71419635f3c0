//! What somebody's work says of their habits.

use std::time::Duration;

use domain::{
    calendar::conflicts::Stretch,
    identity::{Caller, IdentityError},
    planning::Habits,
};
use kernel::{Instant, UserId, Zone};
use store::{StoreError, Tx, UseCase};

use crate::{App, Effects, Error};

/// So far back habits are learned from: twelve weeks.
const LEARNED: Duration = Duration::from_hours(12 * 7 * 24);

/// Sessions read at once.
const PAGE: u32 = 1_000;

/// What is known of somebody's habits.
#[derive(Clone, Debug)]
pub struct Known {
    /// By hour of the week.
    pub habits: Habits,
    /// From when on their work was counted.
    pub since: Instant,
    /// The zone of the hours.
    pub zone: Zone,
}

/// Learns the habits of `owner` from their sessions of work; one that goes on counts up to `now`.
pub(super) async fn learn(tx: &mut Tx<'_>, owner: UserId, zone: &Zone, now: Instant) -> Result<(Habits, Instant), StoreError> {
    let reset = store::planning::habits_since(tx, owner).await?;
    let since = reset.map_or(now - LEARNED, |reset| reset.max(now - LEARNED));
    let mut habits = Habits::default();
    for stretch in worked(tx, owner, (since, now)).await? {
        habits.learn(stretch, zone);
    }
    Ok((habits, since))
}

/// The work of `owner` that was begun in `from..now`, in order; what goes on counts up to `now`.
pub(super) async fn worked(
    tx: &mut Tx<'_>,
    owner: UserId,
    (mut from, now): (Instant, Instant),
) -> Result<Vec<Stretch>, StoreError> {
    let mut worked = Vec::new();
    loop {
        let page = store::progress::worked(tx, owner, (from, now), PAGE).await?;
        let Some(last) = page.last() else { return Ok(worked) };
        from = Instant::from_micros(last.started_at.as_micros() + 1);
        worked.extend(page.into_iter().map(|session| (session.started_at, session.ended_at.unwrap_or(now))));
    }
}

struct Read(UserId, Instant);

impl UseCase for Read {
    type Out = Known;
    type Error = Error;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Known, Error> {
        let user = store::identity::users::find(tx, self.0).await?.ok_or(IdentityError::Unauthenticated)?;
        let (habits, since) = learn(tx, self.0, &user.time_zone, self.1).await?;
        Ok(Known { habits, since, zone: user.time_zone })
    }
}

struct Forget(UserId, Instant);

impl UseCase for Forget {
    type Out = ((), Effects);
    type Error = Error;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Self::Out, Error> {
        store::planning::forget_habits(tx, self.0, self.1).await?;
        Ok(((), Effects::default()))
    }
}

/// In which hours of the week the caller works.
pub async fn habits(app: &App, caller: &Caller) -> Result<Known, Error> {
    app.store().read(Read(caller.user, app.now())).await
}

/// Forgets the caller's habits: only work from now on counts.
pub async fn forget_habits(app: &App, caller: &Caller) -> Result<(), Error> {
    app.commit(Forget(caller.user, app.now())).await
}
