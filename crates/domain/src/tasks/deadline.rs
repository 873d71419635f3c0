//! By when.
//!
//! A deadline rings like everything else does: it owns a schedule of no length that lies where the deadline is, is shown nowhere, and
//! only carries the reminders. Those before the deadline look at its start, the one that says "overdue" at its end, which is the same
//! instant: that is how they are told apart.

use std::time::Duration;

use jiff::{ToSpan as _, civil::Date};
use kernel::{FieldError, Instant, Resolved, WallTime, Zone};

use crate::{
    alarms::{Anchor, ReminderRule, When},
    calendar::{Moment, Span},
};

/// How far ahead a deadline may lie.
const MAX_AHEAD: Duration = Duration::from_hours(10 * 366 * 24);

/// By when, as people say it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum By {
    /// By the end of this day.
    Date(Date),
    /// By this time.
    Wall(WallTime),
}

impl By {
    /// What the clock on the wall shows then.
    fn wall(self) -> WallTime {
        match self {
            Self::Wall(wall) => wall,
            Self::Date(date) => date.checked_add(1.day()).map_or_else(|_| WallTime::midnight(date), WallTime::midnight),
        }
    }
}

impl std::fmt::Display for By {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Date(date) => date.fmt(f),
            Self::Wall(wall) => wall.fmt(f),
        }
    }
}

impl std::str::FromStr for By {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text.parse()? {
            Moment::Date(date) => Ok(Self::Date(date)),
            Moment::Wall(wall) => Ok(Self::Wall(wall)),
            Moment::Instant(_) => Err("an instant is no wall time"),
        }
    }
}

/// By when, and which instant that is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deadline {
    /// The truth.
    pub by: By,
    /// The zone it is meant in.
    pub zone: Zone,
    /// Derived: the end of that day, or that time.
    pub at: Resolved,
}

impl Deadline {
    /// With its instant.
    pub fn new(by: By, zone: Zone) -> Self {
        let at = zone.resolve(by.wall());
        Self { by, zone, at }
    }

    /// Of what somebody wrote: a date, a wall time in `zone`, or an instant, which becomes one.
    pub fn of(moment: Moment, zone: Zone, now: Instant) -> Result<Self, FieldError> {
        let by = match moment {
            Moment::Date(date) => By::Date(date),
            Moment::Wall(wall) => By::Wall(wall),
            Moment::Instant(instant) => {
                let wall = zone.wall_at(instant);
                if zone.resolve(wall).instant != instant {
                    let detail = "this instant lies in an hour that is repeated in the zone; use time_zone UTC";
                    return Err(FieldError::new("/deadline", detail));
                }
                By::Wall(wall)
            }
        };
        let deadline = Self::new(by, zone);
        if deadline.at.instant > now + MAX_AHEAD {
            return Err(FieldError::new("/deadline", "at most ten years ahead"));
        }
        Ok(deadline)
    }

    /// Where the schedule lies that carries the reminders: without length, at the deadline.
    pub fn span(&self) -> Span {
        let wall = self.by.wall();
        let all_day = matches!(self.by, By::Date(_));
        Span { all_day, zone: self.zone.clone(), start: wall, end: wall, start_at: self.at, end_at: self.at }
    }

    /// What [`Deadline::span`] was made of: the deadline whose schedule starts at `start`.
    pub fn by_of_span(start: WallTime, all_day: bool) -> By {
        if !all_day {
            return By::Wall(start);
        }
        let date = start.datetime().date();
        By::Date(date.checked_sub(1.day()).unwrap_or(date))
    }
}

/// The reminder at the deadline itself, of what is then still open.
pub const fn overdue_rule() -> ReminderRule {
    ReminderRule { when: When::Before { lead_seconds: 0, anchor: Anchor::End }, critical: false }
}

/// All rules of a deadline.
pub fn deadline_rules(mut leads: Vec<ReminderRule>, overdue: bool) -> Vec<ReminderRule> {
    leads.extend(overdue.then(overdue_rule));
    leads
}

#[cfg(test)]
mod tests {
    use super::*;

    fn deadline(by: &str, zone: &str) -> Deadline {
        Deadline::new(by.parse().expect("a deadline"), zone.parse().expect("a zone"))
    }

    #[test]
    fn a_day_ends_at_the_next_midnight_of_its_zone() {
        // (deadline, zone, instant)
        let table = [
            ("2026-11-20", "Asia/Seoul", "2026-11-20T15:00:00Z"),
            ("2026-11-20T17:00:00", "Asia/Seoul", "2026-11-20T08:00:00Z"),
            // Days of 23 and 25 hours.
            ("2026-03-08", "America/New_York", "2026-03-09T04:00:00Z"),
            ("2026-11-01", "America/New_York", "2026-11-02T05:00:00Z"),
            // 02:30 does not exist on that night and moves forward; 01:30 comes twice, and the first is meant.
            ("2026-03-08T02:30:00", "America/New_York", "2026-03-08T07:30:00Z"),
            ("2026-11-01T01:30:00", "America/New_York", "2026-11-01T05:30:00Z"),
            // A midnight that is skipped: the day ends when the next one begins.
            ("2026-09-05", "America/Santiago", "2026-09-06T04:00:00Z"),
        ];
        for (by, zone, instant) in table {
            assert_eq!(deadline(by, zone).at.instant.to_string(), instant, "{by} {zone}");
        }
    }

    #[test]
    fn the_schedule_of_a_deadline_says_which_deadline_it_is() {
        for by in ["2026-11-20", "2026-12-31", "2026-11-20T17:00:00", "2026-11-20T00:00:00"] {
            let span = deadline(by, "Asia/Seoul").span();
            assert_eq!(span.start_at, span.end_at);
            assert_eq!(Deadline::by_of_span(span.start, span.all_day).to_string(), by);
        }
    }

    #[test]
    fn an_instant_becomes_a_wall_time_and_ten_years_are_the_limit() {
        let now = "2026-01-01T00:00:00Z".parse().expect("now");
        let of = |text: &str| Deadline::of(text.parse().expect("a moment"), "Asia/Seoul".parse().expect("a zone"), now);
        assert_eq!(of("2026-11-20T08:00:00Z").expect("a deadline").by.to_string(), "2026-11-20T17:00:00");
        assert_eq!(of("2040-11-20").expect_err("too far").pointer, "/deadline");
        assert!(of("2020-11-20").is_ok(), "what is overdue already may be written down");
    }
}
