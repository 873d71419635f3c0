//! Reading the ledger from its beginning: do the tables, and the statistics made from them, say the same?

use std::collections::{BTreeMap, BTreeSet};

use domain::calendar::progress::{self, Days, Entry, Grouping, Item, Period, Progress, Session, State, Statistics};
use jiff::civil::Date;
use kernel::{Instant, UserId, Zone};
use store::{Store, StoreError, Tx, UseCase};

use super::statistics::{Groups, groups, tally};

/// Differences that are told one by one.
pub const MAX_DIFFERENCES: usize = 20;

/// Owners looked up at once.
const PAGE: u32 = 500;

/// What was found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Audit {
    /// People who have a ledger.
    pub people: u64,
    /// Lines of all ledgers.
    pub entries: u64,
    /// Sessions they tell of.
    pub sessions: u64,
    /// Seconds of those that count.
    pub worked_seconds: i64,
    /// Where a table or the statistics say something else: the first [`MAX_DIFFERENCES`].
    pub differences: Vec<String>,
    /// How many there are.
    pub differing: u64,
}

impl Audit {
    fn differs(&mut self, what: impl FnOnce() -> String) {
        self.differing += 1;
        if self.differences.len() < MAX_DIFFERENCES {
            self.differences.push(what());
        }
    }

    fn add(&mut self, other: Self) {
        self.people += other.people;
        self.entries += other.entries;
        self.sessions += other.sessions;
        self.worked_seconds += other.worked_seconds;
        self.differing += other.differing;
        let room = MAX_DIFFERENCES - self.differences.len();
        self.differences.extend(other.differences.into_iter().take(room));
    }
}

/// Replays every ledger, one owner after the other, each on one snapshot, and compares. It changes nothing.
pub async fn audit(store: &Store, now: Instant) -> Result<Audit, StoreError> {
    let mut audit = Audit::default();
    let mut after = UserId::from_uuid(uuid::Uuid::nil());
    loop {
        let owners = store.read(Owners(after)).await?;
        let Some(last) = owners.last() else { return Ok(audit) };
        after = *last;
        for owner in owners {
            audit.add(store.read(OfOwner { owner, now }).await?);
        }
    }
}

struct Owners(UserId);

impl UseCase for Owners {
    type Out = Vec<UserId>;
    type Error = StoreError;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Self::Out, StoreError> {
        store::progress::owners(tx, self.0, PAGE).await
    }
}

struct OfOwner {
    owner: UserId,
    now: Instant,
}

impl UseCase for OfOwner {
    type Out = Audit;
    type Error = StoreError;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Audit, StoreError> {
        let mut audit = Audit { people: 1, ..Audit::default() };
        let mut items: BTreeMap<Item, Told> = BTreeMap::new();
        for (item, entry) in store::progress::ledger(tx, self.owner).await? {
            items.entry(item).or_default().entries.push(entry);
        }
        for (item, progress) in store::progress::all(tx, self.owner).await? {
            items.entry(item).or_default().progress = progress;
        }
        for (item, session) in store::progress::sessions(tx, self.owner).await? {
            items.entry(item).or_default().sessions.push(session);
        }
        for (item, told) in &items {
            told.check(item, &mut audit);
        }
        self.check_statistics(tx, &items, &mut audit).await?;
        Ok(audit)
    }
}

/// What the database tells of an item.
#[derive(Default)]
struct Told {
    entries: Vec<Entry>,
    progress: Progress,
    sessions: Vec<Session>,
}

impl Told {
    fn check(&self, item: &Item, audit: &mut Audit) {
        audit.entries += self.entries.len() as u64;
        let replayed = progress::sessions(&self.entries);
        audit.sessions += replayed.len() as u64;
        let name = || match item.recurrence_id {
            Some(which) => format!("{} at {which}", item.schedule),
            None => item.schedule.to_string(),
        };
        match progress::progress(&self.entries) {
            Err(flaw) => audit.differs(|| format!("{}: the ledger itself is broken: {flaw}", name())),
            Ok(progress) if progress != self.progress => {
                audit.differs(|| format!("{}: the ledger says {progress:?}, the table {:?}", name(), self.progress));
            }
            Ok(_) => {}
        }
        if replayed != self.sessions {
            audit.differs(|| {
                let first = replayed.iter().zip(&self.sessions).position(|(a, b)| a != b).unwrap_or(0);
                format!(
                    "{}: the ledger tells of {} sessions, the table of {}; look at number {}",
                    name(),
                    replayed.len(),
                    self.sessions.len(),
                    first + 1
                )
            });
        }
    }
}

impl OfOwner {
    /// Compares, month by month, what the API answers with what the ledger adds up to.
    async fn check_statistics(&self, tx: &mut Tx<'_>, items: &BTreeMap<Item, Told>, audit: &mut Audit) -> Result<(), StoreError> {
        let Some(user) = store::identity::users::find(tx, self.owner).await? else { return Ok(()) };
        let kinds = store::progress::kinds(tx, self.owner).await?;
        for by in Grouping::ALL {
            let groups = groups(tx, by, kinds.iter().map(|(id, kind)| (*id, kind))).await?;
            for month in months(items, &user.time_zone, self.now) {
                let days = Days::of(Period::Month, month, user.rhythm.week_start, &user.time_zone);
                let answered = tally(tx, self.owner, days.clone(), by, self.now).await?;
                let replayed = self.replay(items, &groups, days);
                audit.worked_seconds += if by == Grouping::Kind { replayed.total.worked_seconds } else { 0 };
                if answered != replayed {
                    audit.differs(|| {
                        let (said, worked) = (answered.total, replayed.total);
                        format!(
                            "{}, month of {month}, by {by:?}: the ledger adds up to {worked:?}, the statistics say {said:?}",
                            self.owner
                        )
                    });
                }
            }
        }
        Ok(())
    }

    fn replay(&self, items: &BTreeMap<Item, Told>, groups: &Groups, days: Days) -> Statistics {
        let mut statistics = Statistics::new(days);
        for (item, told) in items {
            let Some(groups) = groups.get(&item.schedule) else { continue };
            for session in progress::sessions(&told.entries).iter().filter(|session| session.voided_at.is_none()) {
                statistics.work(groups, session.started_at, session.ended_at.unwrap_or(self.now));
            }
            if let Ok(Progress { state: State::Completed, since: Some(at), .. }) = progress::progress(&told.entries) {
                statistics.completion(groups, at);
            }
        }
        statistics
    }
}

/// The first day of every month that an entry or a session lies in.
fn months(items: &BTreeMap<Item, Told>, zone: &Zone, now: Instant) -> BTreeSet<Date> {
    let month = |at: Instant| zone.wall_at(at).datetime().date().first_of_month();
    let mut months = BTreeSet::new();
    for told in items.values() {
        months.extend(told.entries.iter().map(|entry| month(entry.at)));
        for session in progress::sessions(&told.entries) {
            let last = month(session.ended_at.unwrap_or(now));
            let following = |date: &Date| date.last_of_month().tomorrow().ok();
            months.extend(std::iter::successors(Some(month(session.started_at)), following).take_while(|date| *date <= last));
        }
    }
    months
}
