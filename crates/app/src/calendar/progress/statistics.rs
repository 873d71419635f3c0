//! Adding up what was worked and completed.

use domain::{
    calendar::progress::{Days, Item, Period, Statistics, Sum},
    identity::{Caller, IdentityError, Rhythm},
};
use jiff::civil::Date;
use kernel::{Instant, UserId, Zone};
use store::{StoreError, Tx, UseCase};

use crate::{App, Error};

/// Rows read at once.
const PAGE: u32 = 1_000;

/// What came together in a period, and how it stands beside the goal and the period before.
#[derive(Clone, Debug)]
pub struct Report {
    /// By day and by kind.
    pub statistics: Statistics,
    /// In the period before.
    pub previous: Sum,
    /// What the owner means to do.
    pub rhythm: Rhythm,
    /// The zone its days are of.
    pub zone: Zone,
    /// Up to when a session that goes on is counted.
    pub as_of: Instant,
}

struct Ask {
    owner: UserId,
    period: Period,
    date: Option<Date>,
    now: Instant,
}

impl UseCase for Ask {
    type Out = Report;
    type Error = Error;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Report, Error> {
        let user = store::identity::users::find(tx, self.owner).await?.ok_or(IdentityError::Unauthenticated)?;
        let (zone, rhythm) = (user.time_zone, user.rhythm);
        let date = self.date.unwrap_or_else(|| zone.wall_at(self.now).datetime().date());
        let days = Days::of(self.period, date, rhythm.week_start, &zone);
        let before = days.before(self.period, rhythm.week_start, &zone);
        let previous = tally(tx, self.owner, before, self.now).await?.total;
        let statistics = tally(tx, self.owner, days, self.now).await?;
        Ok(Report { statistics, previous, rhythm, zone, as_of: self.now })
    }
}

/// What `owner` worked and completed in `days`, by kind. A session that goes on counts up to `now`.
pub(super) async fn tally(tx: &mut Tx<'_>, owner: UserId, days: Days, now: Instant) -> Result<Statistics, StoreError> {
    let mut statistics = Statistics::new(days);
    work(tx, owner, &mut statistics, now).await?;
    completions(tx, owner, &mut statistics).await?;
    Ok(statistics)
}

async fn work(tx: &mut Tx<'_>, owner: UserId, statistics: &mut Statistics, now: Instant) -> Result<(), StoreError> {
    let (begin, end) = (statistics.days.begin(), statistics.days.end());
    let mut from = store::progress::reaching(tx, owner, begin).await?.unwrap_or(begin);
    loop {
        let page = store::progress::worked(tx, owner, (from, end), PAGE).await?;
        let Some(last) = page.last() else { return Ok(()) };
        from = Instant::from_micros(last.started_at.as_micros() + 1);
        for session in page {
            statistics.work(&[Some(session.kind)], session.started_at, session.ended_at.unwrap_or(now));
        }
    }
}

async fn completions(tx: &mut Tx<'_>, owner: UserId, statistics: &mut Statistics) -> Result<(), StoreError> {
    let (mut from, end) = (statistics.days.begin(), statistics.days.end());
    let mut after: Option<Item> = None;
    loop {
        let page = store::progress::completed(tx, owner, (from, end), after.as_ref(), PAGE).await?;
        let Some(last) = page.last() else { return Ok(()) };
        (from, after) = (last.at, Some(last.item.clone()));
        for completed in page {
            statistics.completion(&[Some(completed.kind)], completed.at);
        }
    }
}

/// What the caller worked and completed in the period that `date` lies in; today unless given.
pub async fn statistics(app: &App, caller: &Caller, period: Period, date: Option<Date>) -> Result<Report, Error> {
    app.store().read(Ask { owner: caller.user, period, date, now: app.now() }).await
}
