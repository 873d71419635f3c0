//! Reading schedules.

use domain::{
    calendar::{CalendarError, Key, Occurrence, RecurrenceSet, Schedule},
    identity::Caller,
};
use kernel::{Cursor, Instant, ScheduleId, UserId, WallTime, Zone};
use store::{Tx, UseCase};

use crate::{App, Error};

pub use store::calendar::Range;

/// One page of a list.
#[derive(Clone, Debug)]
pub struct Page<T> {
    /// The rows.
    pub items: Vec<T>,
    /// Where the next page begins, if there is one.
    pub next: Option<Cursor>,
}

impl<T> Page<T> {
    /// The same page of something else.
    #[must_use]
    pub fn map<U>(self, each: impl FnMut(T) -> U) -> Page<U> {
        Page { items: self.items.into_iter().map(each).collect(), next: self.next }
    }

    /// Cuts the one row that was read too many; it only says that there is more.
    pub(crate) fn cut(mut items: Vec<T>, limit: u32, place: impl Fn(&T) -> Cursor) -> Self {
        let limit = limit as usize;
        let more = items.len() > limit;
        items.truncate(limit);
        let next = if more { items.last().map(place) } else { None };
        Self { items, next }
    }
}

struct Find(UserId, ScheduleId);

impl UseCase for Find {
    type Out = Option<RecurrenceSet>;
    type Error = Error;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Self::Out, Error> {
        match store::calendar::find(tx, self.0, self.1).await? {
            Some(schedule) => Ok(Some(store::calendar::set_of(tx, schedule).await?)),
            None => Ok(None),
        }
    }
}

/// One schedule of the caller that is not deleted, or one occurrence of it.
pub async fn get(app: &App, caller: &Caller, id: ScheduleId, which: Option<WallTime>) -> Result<Occurrence, Error> {
    let set = app.store().read(Find(caller.user, id)).await?.ok_or(CalendarError::NotFound)?;
    match which {
        None => Ok(Occurrence::only(set.schedule)),
        Some(which) => set.occurrence(which).ok_or_else(|| CalendarError::NoOccurrence(which).into()),
    }
}

struct Overlapping(UserId, Range);

impl UseCase for Overlapping {
    type Out = Vec<Occurrence>;
    type Error = Error;

    /// One page of what happens once and, of each series, at most as many: merged, the first of them are the page.
    async fn run(&self, tx: &mut Tx<'_>) -> Result<Self::Out, Error> {
        let Range { from, to, after, limit } = self.1;
        let limit = limit as usize + 1;
        let after: Option<Key> = after.map(|place| (place.at, ScheduleId::from_uuid(place.id), place.occurrence));
        let once = store::calendar::overlapping(tx, self.0, Range { limit: self.1.limit + 1, ..self.1 }).await?;
        let mut found: Vec<_> = once.into_iter().map(Occurrence::only).collect();
        for set in store::calendar::series_within(tx, self.0, (from, to)).await? {
            // Cut after each, so that no number of series is held beyond the page.
            found.extend(set.overlapping((from, to), after, limit));
            found.sort_by_key(Occurrence::key);
            found.truncate(limit);
        }
        store::progress::attach_to_occurrences(tx, &mut found).await?;
        Ok(found)
    }
}

/// What of the caller overlaps the range, by start.
pub async fn list(app: &App, caller: &Caller, range: Range) -> Result<Page<Occurrence>, Error> {
    let items = app.store().read(Overlapping(caller.user, range)).await?;
    Ok(Page::cut(items, range.limit, place))
}

/// Where an occurrence stands in a list by start.
pub(super) fn place(occurrence: &Occurrence) -> Cursor {
    let (at, id, occurrence) = occurrence.key();
    Cursor { at, id: id.uuid(), occurrence }
}

struct Deleted(UserId, Option<Cursor>, u32);

impl UseCase for Deleted {
    type Out = Vec<Schedule>;
    type Error = Error;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Self::Out, Error> {
        Ok(store::calendar::deleted(tx, self.0, self.1, self.2 + 1).await?)
    }
}

/// The caller's trash, what was deleted last first.
pub async fn list_deleted(app: &App, caller: &Caller, before: Option<Cursor>, limit: u32) -> Result<Page<Schedule>, Error> {
    let items = app.store().read(Deleted(caller.user, before, limit)).await?;
    Ok(Page::cut(items, limit, |s| Cursor::new(s.deleted_at.unwrap_or(Instant::EPOCH), s.id.uuid())))
}

struct OwnZone(UserId);

impl UseCase for OwnZone {
    type Out = Option<(Zone, u32)>;
    type Error = Error;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Self::Out, Error> {
        Ok(store::calendar::defaults(tx, self.0).await?)
    }
}

/// The zone the caller has chosen for schedules and dates that name none.
pub async fn own_zone(app: &App, caller: &Caller) -> Result<Zone, Error> {
    let defaults = app.store().read(OwnZone(caller.user)).await?;
    defaults.map(|(zone, _)| zone).ok_or_else(|| CalendarError::NotFound.into())
}
