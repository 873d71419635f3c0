//! Putting schedules into the trash, and taking occurrences out of a series.

use std::sync::Arc;

use domain::{
    alarms::{AlarmState, Reason},
    calendar::{
        CalendarError, RecurrenceSet, Schedule,
        progress::{ProgressError, State},
        recurrence::Series,
        search,
    },
    identity::Caller,
};
use kernel::{Entropy, FieldError, Instant, ScheduleId, UserId, WallTime};
use store::{Tx, UseCase};

use super::{
    Expected, Scope, What, arm,
    arm::{Rung, Why},
    changed,
    scope::{series, split},
};
use crate::{Answer, App, Effects, Error, Once, once::Render};

/// Schedules deleted at once.
pub const MAX_BULK: usize = 100;

struct Delete {
    owner: UserId,
    ids: Vec<ScheduleId>,
    expected: Expected,
    now: Instant,
    entropy: Arc<dyn Entropy>,
}

impl UseCase for Delete {
    type Out = ((), Effects);
    type Error = Error;

    /// All or nothing: one that is not there refuses the whole.
    async fn run(&self, tx: &mut Tx<'_>) -> Result<Self::Out, Error> {
        // First all of them are locked: with the first that goes, what its owner holds is.
        let mut going = Vec::with_capacity(self.ids.len());
        for id in &self.ids {
            going.push(present(tx, self.owner, *id, self.expected).await?);
        }
        let mut gone = Vec::with_capacity(going.len());
        for schedule in going {
            gone.push(discard(tx, schedule, Reason::ScheduleDeleted, self.now).await?);
        }
        let mut effects = Effects::default();
        changed(tx, &gone, What::Deleted, &*self.entropy, &mut effects).await?;
        Ok(((), effects))
    }
}

/// The schedule, locked, if it is there in the version that is meant.
async fn present(tx: &mut Tx<'_>, owner: UserId, id: ScheduleId, expected: Expected) -> Result<Schedule, Error> {
    let found = store::calendar::lock(tx, owner, id).await?;
    let schedule = found.filter(|s| s.deleted_at.is_none()).ok_or(CalendarError::NotFound)?;
    expected.check(&schedule, false)?;
    Ok(schedule)
}

/// Puts a schedule into the trash; its overrides stay with it. Its alarms end for `reason`.
pub(crate) async fn discard(tx: &mut Tx<'_>, mut schedule: Schedule, reason: Reason, now: Instant) -> Result<Schedule, Error> {
    if schedule.progress.state == State::InProgress {
        return Err(ProgressError::Running.into());
    }
    schedule.touch(now, false);
    schedule.deleted_at = Some(now);
    let set = store::calendar::set_of(tx, schedule).await?;
    if set.running().is_some() {
        return Err(ProgressError::Running.into());
    }
    store::calendar::update(tx, &set).await?;
    store::alarms::settle_pending(tx, set.schedule.id, AlarmState::Cancelled, reason, now).await?;
    Ok(set.schedule)
}

struct Cut {
    owner: UserId,
    id: ScheduleId,
    scope: Scope,
    expected: Expected,
    now: Instant,
    entropy: Arc<dyn Entropy>,
}

impl UseCase for Cut {
    type Out = ((), Effects);
    type Error = Error;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Self::Out, Error> {
        let schedule = present(tx, self.owner, self.id, self.expected).await?;
        let mut set = store::calendar::set_of(tx, schedule).await?;
        let mut effects = Effects::default();
        let left = match self.scope {
            Scope::All => None,
            Scope::This(which) => Some(without(&set, which)?),
            Scope::Following(first) if set.is_first(first) => Some(only_done(&set)?),
            Scope::Following(from) => split(&set, from)?.before,
        };
        // What lies in the trash does not count: while there is work that does, the schedule stays, if need be without occurrences.
        let left = left.filter(|left| left.first().is_some() || set.begun().next().is_some());
        let what = if let Some(series) = left {
            if set.running().is_some_and(|which| !series.contains(which)) {
                return Err(ProgressError::Running.into());
            }
            let whole = set.clone();
            self.take_out(&mut set, series);
            set.schedule.touch(self.now, true);
            store::calendar::overrides::replace(tx, &set, self.now).await?;
            if !search::are_alike(&whole, &set) {
                store::search::put(tx, &set).await?;
            }
            let by = (self.now, &*self.entropy);
            arm::save(tx, &set, Rung::default(), Why::CANCELLED, by, &mut effects).await?;
            What::Updated
        } else {
            set.schedule = discard(tx, set.schedule, Reason::ScheduleDeleted, self.now).await?;
            What::Deleted
        };
        changed(tx, std::slice::from_ref(&set.schedule), what, &*self.entropy, &mut effects).await?;
        Ok(((), effects))
    }
}

impl Cut {
    /// Leaves what is in `series`. Who deletes an occurrence and all that follow means what is still to be done: of those, what is
    /// completed stays in the calendar as it is.
    fn take_out(&self, set: &mut RecurrenceSet, series: Series) {
        let before = set.clone();
        set.overrides.retain(|own, _| series.contains(*own));
        let done = match self.scope {
            Scope::Following(_) => done(&before).filter(|which| !series.contains(*which)).collect(),
            Scope::All | Scope::This(_) => Vec::new(),
        };
        let left = set.keep(&before, &before.schedule, series, done);
        set.repeat_as(left);
    }
}

/// The occurrences of a series that are completed.
fn done(set: &RecurrenceSet) -> impl Iterator<Item = WallTime> {
    set.standing().filter(|(_, state)| *state == State::Completed).map(|(which, _)| which)
}

/// The series without any occurrence that is still to be done: the first of those that are, or nothing. The others are dates beside it.
fn only_done(set: &RecurrenceSet) -> Result<Series, CalendarError> {
    Ok(series(set)?.only(done(set).next())?)
}

/// The series without one occurrence.
fn without(set: &RecurrenceSet, which: WallTime) -> Result<Series, CalendarError> {
    let series = series(set)?;
    if !series.contains(which) {
        return Err(CalendarError::NoOccurrence(which));
    }
    let mut recurrence = series.recurrence().clone();
    recurrence.exdates.push(which);
    recurrence.exdates.sort_unstable();
    Ok(Series::new(recurrence, series.start(), series.zone().clone())?)
}

/// Takes the occurrences that `scope` names out of a schedule of the caller and cancels their alarms. Where none is left and
/// nothing of it was worked on, the schedule is put into the trash.
pub async fn delete(app: &App, caller: &Caller, id: ScheduleId, scope: Scope, expected: Expected) -> Result<(), Error> {
    app.commit(Cut { owner: caller.user, id, scope, expected, now: app.now(), entropy: app.entropy() }).await
}

/// Puts several schedules of the caller into the trash, all or none.
pub async fn delete_many(
    app: &App,
    caller: &Caller,
    mut ids: Vec<ScheduleId>,
    once: Option<Once>,
    render: Render<()>,
) -> Result<Answer, Error> {
    // In one order, so that two such requests never wait for each other in a circle.
    ids.sort_unstable();
    ids.dedup();
    if ids.is_empty() || ids.len() > MAX_BULK {
        let error = FieldError::new("/ids", format!("name 1 to {MAX_BULK} schedules"));
        return Err(CalendarError::Invalid(vec![error]).into());
    }
    let case = Delete { owner: caller.user, ids, expected: Expected::Unsaid, now: app.now(), entropy: app.entropy() };
    app.commit_once(case, once, render).await
}
