//! Looking for what moves. It changes nothing.

use std::time::Duration;

use kernel::{Instant, ScheduleId, ZoneDatabase};
use store::{Store, StoreError, Tx, UseCase, calendar::zones as rows};

use super::{Moved, PAGE, Recorded, recorded};

/// Schedules that are told one by one.
pub const MAX_TOLD: usize = 20;

/// Further than any change of the rules moves an instant: from the east of the date line to its west and back.
const MARGIN: Duration = Duration::from_hours(26);

/// A page of schedules that were looked at.
#[derive(Debug, Default)]
pub(super) struct Page {
    /// How many there were.
    pub(super) looked: usize,
    /// What moves.
    pub(super) moves: Vec<Moved>,
    /// What cannot be read, with the reason.
    pub(super) unreadable: Vec<(ScheduleId, StoreError)>,
    /// The last one, if there may be more behind it.
    pub(super) next: Option<ScheduleId>,
}

/// Looks at the page behind `after`.
pub(super) async fn look(store: &Store, after: Option<ScheduleId>, limit: u32, now: Instant) -> Result<Page, StoreError> {
    let ids = store.read(Ids { after, since: now - MARGIN, limit }).await?;
    let next = ids.last().copied().filter(|_| ids.len() == limit as usize);
    let mut page = Page { looked: ids.len(), next, ..Page::default() };
    match store.read(Look { ids: ids.clone(), now }).await {
        Ok(moves) => page.moves = moves,
        Err(error) if error.is_transient() => return Err(error),
        // One that cannot be read must not keep the others from being looked at.
        Err(_) => {
            for id in ids {
                match store.read(Look { ids: vec![id], now }).await {
                    Ok(moves) => page.moves.extend(moves),
                    Err(error) if error.is_transient() => return Err(error),
                    Err(error) => page.unreadable.push((id, error)),
                }
            }
        }
    }
    Ok(page)
}

struct Ids {
    after: Option<ScheduleId>,
    since: Instant,
    limit: u32,
}

impl UseCase for Ids {
    type Out = Vec<ScheduleId>;
    type Error = StoreError;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Self::Out, StoreError> {
        rows::page(tx, self.after, self.since, self.limit).await
    }
}

struct Look {
    ids: Vec<ScheduleId>,
    now: Instant,
}

impl UseCase for Look {
    type Out = Vec<Moved>;
    type Error = StoreError;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Self::Out, StoreError> {
        let derived = rows::derived(tx, &self.ids).await?;
        let sets = rows::sets(tx, &self.ids).await?;
        let moved = sets.iter().filter_map(|set| {
            let (from, to) = set.moves(derived.get(&set.schedule.id)?, self.now)?;
            let (schedule, owner, deadline_of) = (set.schedule.id, set.schedule.owner, set.schedule.purpose.deadline());
            Some(Moved { schedule, owner, deadline_of, from, to })
        });
        Ok(moved.collect())
    }
}

/// What a look at everything found.
#[derive(Debug)]
pub struct Survey {
    /// The version of the database in use.
    pub version: String,
    /// By which one everything was derived.
    pub recorded: Option<Recorded>,
    /// Schedules that are not over.
    pub looked: u64,
    /// Of these so many move.
    pub moving: u64,
    /// The first [`MAX_TOLD`] of them.
    pub moves: Vec<Moved>,
    /// So many cannot be read.
    pub unreadable: u64,
}

/// Looks at all schedules that are not over at `now`.
pub async fn survey(store: &Store, now: Instant) -> Result<Survey, StoreError> {
    let (version, recorded) = (ZoneDatabase::in_use().version().to_owned(), recorded(store).await?);
    let mut survey = Survey { version, recorded, looked: 0, moving: 0, moves: Vec::new(), unreadable: 0 };
    let mut after = None;
    loop {
        let page = look(store, after, PAGE, now).await?;
        survey.looked += page.looked as u64;
        survey.moving += page.moves.len() as u64;
        survey.unreadable += page.unreadable.len() as u64;
        let room = MAX_TOLD - survey.moves.len();
        survey.moves.extend(page.moves.into_iter().take(room));
        after = page.next;
        if after.is_none() {
            return Ok(survey);
        }
    }
}
