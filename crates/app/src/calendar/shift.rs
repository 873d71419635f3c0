//! What occurrences are called when their series moves, and what goes along with them.

use std::collections::BTreeMap;

use domain::calendar::{Change, RecurrenceSet, Renamed, Schedule, progress::ProgressError};
use kernel::{Instant, WallTime};

/// What occurrences are called when a series moves.
pub(super) struct Shift {
    /// How far on the wall.
    pub(super) by: jiff::SignedDuration,
    /// What is begun or done.
    renamed: BTreeMap<WallTime, WallTime>,
}

impl Shift {
    /// From a series that began at `began` to `now`.
    pub(super) fn of(began: WallTime, now: &RecurrenceSet, renamed: Vec<Renamed>) -> Self {
        let begins = now.schedule.series.as_ref().map_or(began, |_| now.schedule.span.start);
        Self { by: begins.datetime().duration_since(began.datetime()), renamed: renamed.into_iter().collect() }
    }

    /// What an occurrence of `whole` is called.
    pub(super) fn name(&self, whole: &RecurrenceSet, which: WallTime) -> WallTime {
        match self.renamed.get(&which) {
            Some(to) => *to,
            None if whole.progress.contains_key(&which) => which,
            None => which.datetime().checked_add(self.by).map_or(which, WallTime::new),
        }
    }

    /// The first occurrence of `whole` that may be still to come then: of those before it, nobody has to know what was told.
    pub(super) fn first(&self, whole: &RecurrenceSet, now: Instant) -> WallTime {
        let wall = whole.schedule.span.zone.wall_at(now).datetime();
        let regular = WallTime::new(wall.saturating_sub(self.by).saturating_sub(jiff::Span::new().days(1)));
        let ahead = whole.moved().filter(|(_, span)| span.end_at.instant > now).map(|(own, _)| own.recurrence_id);
        ahead.chain([regular]).min().unwrap_or(regular)
    }
}

/// Takes along what single occurrences have of their own; answers which are called otherwise then. What is in progress must not
/// move under the hands of whoever is at it.
pub(super) fn follow(set: &mut RecurrenceSet, change: &mut Change) -> Result<Vec<Renamed>, ProgressError> {
    let span_of = |set: &RecurrenceSet| set.running().and_then(|which| set.occurrence(which)).map(|found| found.schedule.span);
    let before = span_of(set);
    let renamed = set.follow(change);
    if before.is_some() {
        let (span, series) = (change.span.clone(), change.series.clone());
        let schedule = Schedule { span, series, ..set.schedule.clone() };
        if span_of(&RecurrenceSet { schedule, overrides: set.overrides.clone(), progress: set.progress.clone() }) != before {
            return Err(ProgressError::Running);
        }
    }
    Ok(renamed)
}
