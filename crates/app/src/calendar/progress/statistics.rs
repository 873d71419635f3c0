//! Adding up what was worked and completed.

use std::collections::HashMap;

use domain::{
    calendar::progress::{Days, Grouping, Item, Period, Statistics, Sum},
    identity::{Caller, IdentityError, Rhythm},
};
use jiff::civil::Date;
use kernel::{CategoryId, Instant, ScheduleId, TagId, UserId, Zone};
use store::{StoreError, Tx, UseCase};

use crate::{App, Error};

/// Rows read at once.
const PAGE: u32 = 1_000;

/// What came together in a period, and how it stands beside the goal and the period before.
#[derive(Clone, Debug)]
pub struct Report {
    /// By day and by group; the keys of the groups are kinds or ids.
    pub statistics: Statistics,
    /// What the groups are called whose keys are ids.
    pub names: HashMap<String, String>,
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
    by: Grouping,
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
        let previous = tally(tx, self.owner, before, Grouping::Kind, self.now).await?.total;
        let statistics = tally(tx, self.owner, days, self.by, self.now).await?;
        let names = names(tx, &statistics, self.by).await?;
        Ok(Report { statistics, names, previous, rhythm, zone, as_of: self.now })
    }
}

/// What `owner` worked and completed in `days`, in groups. A session that goes on counts up to `now`.
pub(super) async fn tally(
    tx: &mut Tx<'_>,
    owner: UserId,
    days: Days,
    by: Grouping,
    now: Instant,
) -> Result<Statistics, StoreError> {
    let mut statistics = Statistics::new(days);
    work(tx, owner, &mut statistics, by, now).await?;
    completions(tx, owner, &mut statistics, by).await?;
    Ok(statistics)
}

/// The groups each schedule belongs to, by what it is labelled with now. One that has no such label is among those without.
pub(super) type Groups = HashMap<ScheduleId, Vec<Option<String>>>;

/// The groups of schedules of which the kinds are known.
pub(super) async fn groups(
    tx: &mut Tx<'_>,
    by: Grouping,
    schedules: impl IntoIterator<Item = (ScheduleId, &String)>,
) -> Result<Groups, StoreError> {
    let kinds: HashMap<ScheduleId, &String> = schedules.into_iter().collect();
    let ids: Vec<ScheduleId> = kinds.keys().copied().collect();
    let mut groups = Groups::new();
    match by {
        Grouping::Kind => groups.extend(kinds.into_iter().map(|(id, kind)| (id, vec![Some(kind.clone())]))),
        Grouping::Category => {
            let found = store::labels::categories::of_schedules(tx, &ids).await?;
            groups.extend(found.into_iter().map(|(id, category)| (id, vec![category.map(|category| category.to_string())])));
        }
        Grouping::Tag => {
            for (id, tag, _) in store::labels::tags::of_schedules(tx, &ids).await? {
                groups.entry(id).or_default().push(Some(tag.to_string()));
            }
            for id in ids {
                groups.entry(id).or_insert_with(|| vec![None]);
            }
        }
    }
    Ok(groups)
}

/// What the groups are called whose keys are ids.
async fn names(tx: &mut Tx<'_>, statistics: &Statistics, by: Grouping) -> Result<HashMap<String, String>, StoreError> {
    let keys = || statistics.groups.keys().flatten();
    Ok(match by {
        Grouping::Kind => HashMap::new(),
        Grouping::Category => {
            let ids: Vec<CategoryId> = keys().filter_map(|key| key.parse().ok()).collect();
            let found = store::labels::categories::names(tx, &ids).await?;
            found.into_iter().map(|(id, name)| (id.to_string(), name)).collect()
        }
        Grouping::Tag => {
            let ids: Vec<TagId> = keys().filter_map(|key| key.parse().ok()).collect();
            let found = store::labels::tags::names(tx, &ids).await?;
            found.into_iter().map(|(id, name)| (id.to_string(), name)).collect()
        }
    })
}

async fn work(tx: &mut Tx<'_>, owner: UserId, statistics: &mut Statistics, by: Grouping, now: Instant) -> Result<(), StoreError> {
    let (begin, end) = (statistics.days.begin(), statistics.days.end());
    let mut from = store::progress::reaching(tx, owner, begin).await?.unwrap_or(begin);
    loop {
        let page = store::progress::worked(tx, owner, (from, end), PAGE).await?;
        let Some(last) = page.last() else { return Ok(()) };
        from = Instant::from_micros(last.started_at.as_micros() + 1);
        let groups = groups(tx, by, page.iter().map(|session| (session.schedule, &session.kind))).await?;
        for session in page {
            let of = groups.get(&session.schedule).map(Vec::as_slice).unwrap_or_default();
            statistics.work(of, session.started_at, session.ended_at.unwrap_or(now));
        }
    }
}

async fn completions(tx: &mut Tx<'_>, owner: UserId, statistics: &mut Statistics, by: Grouping) -> Result<(), StoreError> {
    let (mut from, end) = (statistics.days.begin(), statistics.days.end());
    let mut after: Option<Item> = None;
    loop {
        let page = store::progress::completed(tx, owner, (from, end), after.as_ref(), PAGE).await?;
        let Some(last) = page.last() else { return Ok(()) };
        (from, after) = (last.at, Some(last.item.clone()));
        let groups = groups(tx, by, page.iter().map(|completed| (completed.item.schedule, &completed.kind))).await?;
        for completed in page {
            let of = groups.get(&completed.item.schedule).map(Vec::as_slice).unwrap_or_default();
            statistics.completion(of, completed.at);
        }
    }
}

/// What the caller worked and completed in the period that `date` lies in; today unless given.
pub async fn statistics(
    app: &App,
    caller: &Caller,
    (period, date): (Period, Option<Date>),
    by: Grouping,
) -> Result<Report, Error> {
    app.store().read(Ask { owner: caller.user, period, date, by, now: app.now() }).await
}
