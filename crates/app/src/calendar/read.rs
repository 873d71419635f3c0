//! Reading schedules.

use domain::{
    calendar::{CalendarError, Draft, Occurrence, RecurrenceSet, Schedule, Span},
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

/// When what is drafted would take place, before it is made: see [`Draft::occurrences`].
pub fn preview(app: &App, draft: &Draft, limit: usize) -> Result<(Vec<(WallTime, Span)>, bool), Error> {
    Ok(draft.occurrences(app.now(), limit)?)
}
