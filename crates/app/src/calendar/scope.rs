//! Which occurrences of a series a change is about.

use domain::calendar::{
    CalendarError, Occurrence, RecurrenceSet,
    recurrence::{Series, Split},
};
use kernel::WallTime;

/// Which occurrences of a series a change is about.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Scope {
    /// All of them, or the one time of what happens once.
    #[default]
    All,
    /// This one.
    This(WallTime),
    /// This one and every one after it.
    Following(WallTime),
}

/// The series that a schedule is.
pub(super) fn series(set: &RecurrenceSet) -> Result<&Series, CalendarError> {
    let happens_once = || CalendarError::field("/scope", "this schedule happens once: it has no occurrences to choose from");
    set.schedule.series.as_ref().ok_or_else(happens_once)
}

/// The occurrence `which` of a series.
pub(super) fn occurrence(set: &RecurrenceSet, which: WallTime) -> Result<Occurrence, CalendarError> {
    series(set)?;
    set.occurrence(which).ok_or(CalendarError::NoOccurrence(which))
}

/// The two parts of a series that is cut before an occurrence.
pub(super) fn split(set: &RecurrenceSet, at: WallTime) -> Result<Split, CalendarError> {
    Ok(series(set)?.split_at(at)?)
}
