//! How a conflict is refused.

use std::time::Duration;

use jiff::civil::Date;
use kernel::{Category, Coded, Instant, ScheduleId, UserId, Zone};

use super::{Conflict, Slot};
use crate::calendar::RecurrenceSet;

/// What found no room.
#[derive(Clone, Debug)]
pub enum Wanted {
    /// What happens once, or one occurrence, at some time of the day.
    Once {
        /// From when on.
        start: Instant,
        /// For how long.
        length: Duration,
    },
    /// Whole days.
    Days {
        /// From which one on.
        first: Date,
        /// How many.
        count: usize,
        /// Whose midnights part them.
        zone: Zone,
    },
    /// A series.
    Series(Box<RecurrenceSet>),
}

/// A refusal: the time that was asked for is taken.
#[derive(Clone, Debug, thiserror::Error)]
#[error("this time is taken: choose another one, or send on_conflict=allow to have both; `conflicts` says what is there already")]
pub struct ConflictError {
    /// Whose calendar it is.
    pub owner: UserId,
    /// What is there already.
    pub conflicts: Vec<Conflict>,
    /// Whether there are more.
    pub truncated: bool,
    /// The schedule that was to change, whose present time is no reason against another.
    pub except: Option<ScheduleId>,
    /// What would be left of it beside what was asked for.
    pub part: Option<Box<RecurrenceSet>>,
    /// Whether its occurrences are named by dates, because they last whole days.
    pub by_day: bool,
    /// What was asked for.
    pub wanted: Wanted,
    /// What is free instead, if somebody looked.
    pub free: Vec<Slot>,
}

impl Coded for ConflictError {
    fn code(&self) -> &'static str {
        "schedule.conflict"
    }

    fn category(&self) -> Category {
        Category::Conflict
    }
}
