//! Which occurrences of a series a change is about.

use domain::calendar::{CalendarError, RecurrenceSet, recurrence::Split};
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

impl Scope {
    /// What is deleted: [`Scope::All`] where "this and the following" begins with the first.
    pub(super) fn in_set(self, set: &RecurrenceSet) -> Self {
        match self {
            Self::Following(from) if set.is_first(from) => Self::All,
            scope => scope,
        }
    }
}

/// The two parts of a series that is cut before an occurrence.
pub(super) fn split(set: &RecurrenceSet, at: WallTime) -> Result<Split, CalendarError> {
    let series = set.schedule.series.as_ref().ok_or_else(happens_once)?;
    Ok(series.split_at(at)?)
}

/// The refusal to treat as a series what is none.
pub(super) fn happens_once() -> CalendarError {
    CalendarError::field("/scope", "this schedule happens once: it has no occurrences to choose from")
}
