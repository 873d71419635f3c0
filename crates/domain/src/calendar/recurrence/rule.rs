//! A rule as it is meant: the RRULE of RFC 5545, section 3.3.10.

use jiff::civil::Date;
use kernel::{Instant, WallTime};

/// The greatest INTERVAL.
pub const MAX_INTERVAL: u32 = 1_000;

/// The greatest COUNT. A rule that is to go on for longer has an UNTIL, or no end.
pub const MAX_COUNT: u32 = 10_000;

/// How many times a day a rule may name with BYHOUR, BYMINUTE and BYSECOND together: one for each minute.
pub const MAX_TIMES_A_DAY: usize = 1_440;

/// How often a rule repeats, before the BY parts refine it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Frequency {
    /// Each day.
    Daily,
    /// Each week, which begins with WKST.
    Weekly,
    /// Each month.
    Monthly,
    /// Each year.
    Yearly,
}

/// When a rule ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum End {
    /// Not at all; expansion stops with the year 2200.
    Never,
    /// After so many occurrences, of which the start is the first. Those that EXDATE takes away have been counted.
    Count(u32),
    /// With the last occurrence at or before it.
    Until(Until),
}

/// The last moment at which a rule may have an occurrence.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Until {
    /// `20261231T235959Z`: compared with the instant of an occurrence.
    Instant(Instant),
    /// `20261231T235959`: compared with its wall time.
    Wall(WallTime),
    /// `20261231`: to the end of that day on the wall.
    Date(Date),
}

/// A weekday of BYDAY.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct ByDay {
    /// 0 for Monday to 6 for Sunday.
    pub(super) weekday: i64,
    /// The nth of the month or year, from the end if negative; 0 for each of them.
    pub(super) ordinal: i64,
}

/// A recurrence rule. Made from text, printed as its canonical text: reading what is printed gives the same rule.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Rule {
    pub(super) frequency: Frequency,
    pub(super) interval: u32,
    pub(super) end: End,
    pub(super) months: Vec<i64>,
    pub(super) week_numbers: Vec<i64>,
    pub(super) year_days: Vec<i64>,
    pub(super) month_days: Vec<i64>,
    pub(super) week_days: Vec<ByDay>,
    pub(super) hours: Vec<i64>,
    pub(super) minutes: Vec<i64>,
    pub(super) seconds: Vec<i64>,
    pub(super) positions: Vec<i64>,
    /// WKST, 0 for Monday.
    pub(super) week_start: i64,
}

impl Rule {
    /// FREQ.
    pub fn frequency(&self) -> Frequency {
        self.frequency
    }

    /// Whether it says at which times of a day.
    pub(super) fn names_times(&self) -> bool {
        !(self.hours.is_empty() && self.minutes.is_empty() && self.seconds.is_empty())
    }

    /// INTERVAL.
    pub fn interval(&self) -> u32 {
        self.interval
    }

    /// COUNT or UNTIL.
    pub fn end(&self) -> End {
        self.end
    }

    /// The same rule with another end.
    #[must_use]
    pub fn ending(mut self, end: End) -> Self {
        self.end = end;
        self
    }
}
