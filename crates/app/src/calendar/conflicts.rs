//! Refusing time that is taken.
//!
//! Whoever may add busy time locks the calendar of its owner first, and looks before writing: two that want the same hour come one
//! after the other, and the second finds the first. Who allows overlaps needs neither. What is free instead is looked up after the
//! refusal, outside of the transaction, because it is advice and nobody shall wait for it.

use std::time::Duration;

use domain::calendar::{
    CalendarError, Occurrence, Patch, RecurrenceSet, RepeatChange, Span,
    conflicts::{
        Added, Budget, Calendar, ConflictError, Found, MAX_ONCE, MAX_SERIES, Slot, Stretch, Wanted, days_ahead, free_days, gaps,
        search, shifts,
    },
};
use kernel::{Instant, ScheduleId, UserId, Zone};
use store::{StoreError, Tx, UseCase};

use crate::{Answer, App, Effects, Error, Once, once::Render};

/// What becomes of a change whose time is taken.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OnConflict {
    /// It is refused.
    #[default]
    Reject,
    /// Both stand.
    Allow,
}

/// How far ahead a free place is looked for.
const AHEAD: Duration = Duration::from_hours(14 * 24);

/// How many days are looked at for whole ones.
const DAYS_AHEAD: usize = 14;

/// Free places that are offered.
const OFFERED: usize = 5;

impl OnConflict {
    /// The defaults of `owner`; their calendar is locked if time is going to be judged.
    pub(super) async fn defaults(self, tx: &mut Tx<'_>, owner: UserId, takes_time: bool) -> Result<(Zone, u32), Error> {
        let found = match self {
            Self::Reject if takes_time => store::calendar::lock_calendar(tx, owner).await?,
            _ => store::calendar::defaults(tx, owner).await?,
        };
        found.ok_or_else(|| CalendarError::NotFound.into())
    }

    /// Locks the calendar of `owner` if `takes_time` is going to be judged; answers whether it is.
    pub(super) async fn judges(self, tx: &mut Tx<'_>, owner: UserId, takes_time: bool) -> Result<bool, Error> {
        if self == Self::Allow || !takes_time {
            return Ok(false);
        }
        store::calendar::lock_calendar(tx, owner).await?.ok_or(CalendarError::NotFound)?;
        Ok(true)
    }
}

/// Whether a patch can make something take time that it did not.
pub(super) fn may_take_time(patch: &Patch) -> bool {
    patch.names_time() || patch.busy == Some(true) || patch.repeat != RepeatChange::Keep
}

/// In whose calendar to look, and beside what.
#[derive(Clone, Copy, Debug)]
pub(super) struct Beside<'a> {
    pub(super) owner: UserId,
    /// The schedule that changes, as the database has it: what it was does not meet what it becomes.
    pub(super) except: Option<ScheduleId>,
    /// Whether its occurrences are named by dates.
    pub(super) by_day: bool,
    /// What the change leaves of it beside what it is about: the part that ends, or the other occurrences.
    pub(super) part: Option<&'a RecurrenceSet>,
}

impl Beside<'_> {
    /// The rest of the calendar of its owner, where `set` is written in the place of `except`.
    pub(super) fn of(set: &RecurrenceSet, except: Option<ScheduleId>) -> Self {
        Self { owner: set.schedule.owner, except, by_day: set.schedule.span.all_day, part: None }
    }

    /// As [`Beside::refuse`], where all the time of `set` is added.
    pub(super) async fn refuse_all(self, tx: &mut Tx<'_>, set: &RecurrenceSet, now: Instant) -> Result<(), Error> {
        self.refuse(tx, &Added::by(set, None, now), || wanted(set)).await
    }

    /// Refuses if some of the time that is added is taken, or if there is too much to look at. The calendar must be locked.
    pub(super) async fn refuse(self, tx: &mut Tx<'_>, added: &Added<'_>, wanted: impl FnOnce() -> Wanted) -> Result<(), Error> {
        let Some(window) = added.window() else { return Ok(()) };
        let mut calendar = calendar(tx, self.owner, window, self.except).await?;
        calendar.series.extend(self.part.cloned());
        let Found { mut conflicts, truncated } = search(added, &calendar, &mut Budget::default())?;
        if conflicts.is_empty() {
            return Ok(());
        }
        let nameless: Vec<ScheduleId> = conflicts.iter().filter(|it| it.title.is_none()).filter_map(|it| it.schedule).collect();
        let titles = store::calendar::busy::titles(tx, self.owner, &nameless).await?;
        for conflict in &mut conflicts {
            conflict.title = conflict.title.take().or_else(|| titles.get(&conflict.schedule?).cloned());
        }
        let Self { owner, except, by_day, part } = self;
        let part = part.cloned().map(Box::new);
        Err(ConflictError { owner, conflicts, truncated, except, part, by_day, wanted: wanted(), free: Vec::new() }.into())
    }
}

/// What is taken in the calendar of `owner` within a window.
pub(crate) async fn calendar(
    tx: &mut Tx<'_>,
    owner: UserId,
    window: (Instant, Instant),
    except: Option<ScheduleId>,
) -> Result<Calendar, StoreError> {
    let (once, series) = store::calendar::busy::within(tx, owner, window, (MAX_ONCE, MAX_SERIES)).await?;
    let mut calendar = Calendar::new(once, series);
    if let Some(except) = except {
        calendar.once.retain(|it| it.schedule != except);
        calendar.series.retain(|it| it.schedule.id != except);
    }
    Ok(calendar)
}

/// What is asked for: one stretch, or all of a series.
pub(super) fn wanted(set: &RecurrenceSet) -> Wanted {
    match set.schedule.series {
        Some(_) => Wanted::Series(Box::new(set.clone())),
        None => once(&set.schedule.span),
    }
}

/// What is asked for of one occurrence.
pub(super) fn wanted_one(occurrence: &Occurrence) -> Wanted {
    once(&occurrence.schedule.span)
}

fn once(span: &Span) -> Wanted {
    if span.all_day {
        let (first, zone) = (span.start.datetime().date(), span.zone.clone());
        return Wanted::Days { first, count: span.days(), zone };
    }
    let (start, end) = (span.start_at.instant, span.end_at.instant);
    Wanted::Once { start, length: end.since(start) }
}

struct Free {
    refused: ConflictError,
    now: Instant,
}

impl UseCase for Free {
    type Out = Vec<Slot>;
    type Error = Error;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Self::Out, Error> {
        let mut budget = Budget::default();
        match &self.refused.wanted {
            Wanted::Once { start, length } => {
                let window = ((*start).max(self.now), (*start).max(self.now) + AHEAD);
                let calendar = self.calendar(tx, window).await?;
                Ok(gaps(&calendar.taken(window, &mut budget)?, window, *length, OFFERED))
            }
            Wanted::Days { first, count, zone } => {
                let days = days_ahead(*first, DAYS_AHEAD, zone, self.now);
                let window = (days.begin(), days.end());
                let calendar = self.calendar(tx, window).await?;
                Ok(free_days(&calendar.taken(window, &mut budget)?, &days, *count, OFFERED))
            }
            Wanted::Series(set) => {
                let Some((from, to)) = Added::by(set, None, self.now).window() else { return Ok(Vec::new()) };
                let day = Duration::from_hours(24);
                let calendar = self.calendar(tx, (from - day, to + day)).await?;
                Ok(shifts(set, &calendar, self.now, OFFERED, &mut budget))
            }
        }
    }
}

impl Free {
    /// What was looked at when it was refused, as it is by now.
    async fn calendar(&self, tx: &mut Tx<'_>, window: Stretch) -> Result<Calendar, StoreError> {
        let ConflictError { owner, except, part, .. } = &self.refused;
        let mut calendar = calendar(tx, *owner, window, *except).await?;
        calendar.series.extend(part.as_deref().cloned());
        Ok(calendar)
    }
}

/// Runs `case`; a conflict is refused with what is free instead.
pub(crate) async fn commit<C, T>(app: &App, case: C, once: Option<Once>, render: Render<T>) -> Result<Answer, Error>
where
    C: UseCase<Out = (T, Effects), Error = Error>,
    T: Send + Sync + 'static,
{
    let error = match app.commit_once(case, once, render).await {
        Err(error) => error,
        done => return done,
    };
    let Some(refused) = error.downcast_ref::<ConflictError>().cloned() else { return Err(error) };
    match app.store().read(Free { refused: refused.clone(), now: app.now() }).await {
        Ok(free) => Err(ConflictError { free, ..refused }.into()),
        Err(_) => Err(error),
    }
}
