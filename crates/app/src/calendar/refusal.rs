//! What a change of a whole schedule is refused for before anything is written.

use domain::calendar::{
    CalendarError, Change, RecurrenceSet,
    progress::{ProgressError, State},
};

use super::shift::follow;
use crate::Error;

/// Refuses a change of whether it repeats where something was done already, or where it is a part of something else.
pub(super) fn may_repeat(set: &RecurrenceSet, change: &Change) -> Result<(), CalendarError> {
    let refused = match (&set.schedule.series, &change.series) {
        (Some(_), None) if set.begun().next().is_some() => {
            "an occurrence is begun or done: let the series end instead, or take back that progress first"
        }
        (None, Some(_)) if set.schedule.purpose.session().is_some() => "a session of a task happens once: plan each of them",
        (None, Some(_)) if set.schedule.progress.state != State::NotStarted => {
            "what is begun or done happens once: take back its progress first"
        }
        _ => return Ok(()),
    };
    Err(CalendarError::field("/recurrence", refused))
}

/// Whether a change of the whole that a file asks for can be made: before anything is written, because a file that leaves out what
/// cannot be kept takes over the rest. What is in progress stays where it is.
pub(super) fn may_become(set: &RecurrenceSet, change: &Change) -> Result<(), Error> {
    may_repeat(set, change)?;
    if set.schedule.progress.state == State::InProgress && set.schedule.span != change.span {
        return Err(ProgressError::Running.into());
    }
    if set.schedule.series.is_some() {
        follow(&mut set.clone(), &mut change.clone())?;
    }
    Ok(())
}
