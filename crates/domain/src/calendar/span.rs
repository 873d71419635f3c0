//! From when to when.

use std::time::Duration;

use jiff::civil::Date;
use kernel::{FieldError, Instant, Resolved, WallTime, Zone};

/// The longest a single schedule may last. Range queries rely on it: what overlaps a range starts at most this long before it.
pub const MAX_SPAN: Duration = Duration::from_hours(366 * 24);

/// How far ahead a schedule may start.
const MAX_AHEAD: Duration = Duration::from_hours(10 * 366 * 24);

/// From when to when, half open: what ends at ten does not overlap what starts at ten.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Span {
    /// Whole days, midnight to midnight in the zone.
    pub all_day: bool,
    /// The zone both ends are meant in.
    pub zone: Zone,
    /// The truth: what the clock on the wall shows.
    pub start: WallTime,
    /// The truth. For whole days, the midnight after the last day.
    pub end: WallTime,
    /// Derived.
    pub start_at: Resolved,
    /// Derived.
    pub end_at: Resolved,
}

/// A moment as people and programs write it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Moment {
    /// `2026-11-20T09:30:00`, meant in the schedule's zone.
    Wall(WallTime),
    /// `2026-11-20T00:30:00Z`, converted to wall time in the schedule's zone.
    Instant(Instant),
    /// `2026-11-20`, for whole days.
    Date(Date),
}

impl std::str::FromStr for Moment {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if let Ok(wall) = text.parse() {
            return Ok(Self::Wall(wall));
        }
        if let Ok(instant) = text.parse() {
            return Ok(Self::Instant(instant));
        }
        match (text.len(), text.parse::<Date>()) {
            (10, Ok(date)) if (1970..=2200).contains(&date.year()) => Ok(Self::Date(date)),
            _ => Err("write 2026-11-20T09:30:00, 2026-11-20T00:30:00Z or, for whole days, 2026-11-20, between 1970 and 2200"),
        }
    }
}

/// What is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SpanDraft {
    /// Whole days.
    pub all_day: bool,
    /// The zone.
    pub zone: Zone,
    /// When it starts.
    pub start: Moment,
    /// When it ends. For whole days: the day after the last one, as in iCalendar.
    pub end: Option<Moment>,
    /// How long it takes, instead of `end`.
    pub duration: Option<Duration>,
}

impl SpanDraft {
    /// Checks the draft and derives its instants.
    pub fn resolve(&self, now: Instant) -> Result<Span, Vec<FieldError>> {
        if self.end.is_some() && self.duration.is_some() {
            return Err(vec![FieldError::new("/duration", "give either end or duration, not both")]);
        }
        let start = self.wall("/start", self.start).map_err(|e| vec![e])?;
        let start_at = self.zone.resolve(start);
        let (end, end_at) = match (self.end, self.duration) {
            // Elapsed time, so that an hour is an hour on the night the clocks change.
            (None, Some(duration)) if !self.all_day => {
                elapsed(&self.zone, start_at.instant, duration.min(MAX_SPAN + Duration::from_hours(24)))
            }
            _ => {
                let end = self.end_wall(start).map_err(|e| vec![e])?;
                (end, self.zone.resolve(end))
            }
        };
        Span { all_day: self.all_day, zone: self.zone.clone(), start, end, start_at, end_at }.check(now)
    }

    /// The end that is not said by elapsed time.
    fn end_wall(&self, start: WallTime) -> Result<WallTime, FieldError> {
        match (self.end, self.duration) {
            (Some(end), _) => self.wall("/end", end),
            (None, Some(duration)) if self.all_day && !duration.as_secs().is_multiple_of(86_400) => {
                Err(FieldError::new("/duration", "whole days last whole days: write P1D, P2D …"))
            }
            (None, Some(duration)) => days_after(start, duration.as_secs() / 86_400),
            (None, None) if self.all_day => days_after(start, 1),
            (None, None) => Ok(start),
        }
    }

    fn wall(&self, pointer: &str, moment: Moment) -> Result<WallTime, FieldError> {
        wall(pointer, moment, self.all_day, &self.zone)
    }
}

/// What the wall shows at `moment` in `zone`; whole days take dates and nothing else does.
fn wall(pointer: &str, moment: Moment, all_day: bool, zone: &Zone) -> Result<WallTime, FieldError> {
    match (moment, all_day) {
        (Moment::Date(date), true) => Ok(WallTime::midnight(date)),
        (Moment::Wall(wall), false) => Ok(wall),
        (Moment::Instant(instant), false) => {
            let wall = zone.wall_at(instant);
            if zone.resolve(wall).instant == instant {
                Ok(wall)
            } else {
                Err(FieldError::new(pointer, "this instant lies in an hour that is repeated in the zone; use time_zone UTC"))
            }
        }
        (_, true) => Err(FieldError::new(pointer, "whole days take dates: write 2026-11-20")),
        (Moment::Date(_), false) => {
            Err(FieldError::new(pointer, "a date needs all_day: true; otherwise write 2026-11-20T09:30:00"))
        }
    }
}

/// What the wall shows so long after `start`, and when that is: of a time that is shown twice the one that is meant, which may be the
/// second.
pub(super) fn elapsed(zone: &Zone, start: Instant, length: Duration) -> (WallTime, Resolved) {
    let instant = start + length;
    let end = zone.wall_at(instant);
    (end, Resolved { instant, resolution: zone.resolve(end).resolution })
}

fn days_after(start: WallTime, days: u64) -> Result<WallTime, FieldError> {
    let days = jiff::Span::new().try_days(i64::try_from(days).unwrap_or(i64::MAX));
    days.and_then(|days| start.datetime().checked_add(days))
        .map(WallTime::new)
        .map_err(|_| FieldError::new("/duration", "too long"))
}

impl Span {
    fn check(self, now: Instant) -> Result<Self, Vec<FieldError>> {
        let (start, end) = (self.start_at.instant, self.end_at.instant);
        let mut errors = Vec::new();
        if end < start || (self.all_day && end == start) {
            errors.push(FieldError::new("/end", "must not lie before the start"));
        }
        if end.since(start) > MAX_SPAN {
            errors.push(FieldError::new("/end", "a schedule lasts at most 366 days"));
        }
        if start > now + MAX_AHEAD {
            errors.push(FieldError::new("/start", "at most ten years ahead"));
        }
        if errors.is_empty() { Ok(self) } else { Err(errors) }
    }

    /// What the wall shows at `moment`, as this span writes it: whole days take dates.
    pub(super) fn wall(&self, pointer: &str, moment: Moment) -> Result<WallTime, FieldError> {
        wall(pointer, moment, self.all_day, &self.zone)
    }

    /// How many days of the calendar lie between its ends: of whole days, how many it lasts.
    pub fn days(&self) -> usize {
        let (start, end) = (self.start.datetime().date(), self.end.datetime().date());
        end.since(start).ok().and_then(|days| usize::try_from(days.get_days()).ok()).unwrap_or(0)
    }

    /// Whether it has time in common with `from..to`. A span without length counts as lying in its instant.
    pub fn overlaps(&self, from: Instant, to: Instant) -> bool {
        let (start, end) = (self.start_at.instant, self.end_at.instant);
        start < to && (end > from || (end == start && start >= from))
    }

    /// Whether it has no length, and so takes no time.
    pub fn is_empty(&self) -> bool {
        self.start_at.instant == self.end_at.instant
    }
}

#[cfg(test)]
mod tests {
    use kernel::Resolution;

    use super::*;

    fn now() -> Instant {
        "2026-01-01T00:00:00Z".parse().expect("now")
    }

    fn draft(start: &str, end: Option<&str>, duration: Option<u64>, zone: &str, all_day: bool) -> SpanDraft {
        SpanDraft {
            all_day,
            zone: zone.parse().expect("zone"),
            start: start.parse().expect("start"),
            end: end.map(|e| e.parse().expect("end")),
            duration: duration.map(Duration::from_secs),
        }
    }

    #[test]
    fn both_ends_follow_the_zone() {
        let span =
            draft("2026-11-20T09:30:00", Some("2026-11-20T10:30:00"), None, "Asia/Seoul", false).resolve(now()).expect("span");
        assert_eq!(span.start_at.instant.to_string(), "2026-11-20T00:30:00Z");
        assert_eq!(span.end_at.instant.to_string(), "2026-11-20T01:30:00Z");
    }

    #[test]
    fn a_duration_is_elapsed_time_on_the_night_the_clocks_change() {
        // New York springs forward at 02:00 on 8 March 2026.
        let span = draft("2026-03-08T01:30:00", None, Some(3600), "America/New_York", false).resolve(now()).expect("span");
        assert_eq!(span.end.to_string(), "2026-03-08T03:30:00");
        let days = draft("2026-03-08", None, Some(86_400), "America/New_York", true).resolve(now()).expect("span");
        assert_eq!(days.end_at.instant.since(days.start_at.instant), Duration::from_hours(23), "a day with 23 hours");
        // And falls back at 02:00 on 1 November: from half past one to half past one, and past it.
        for minutes in [45, 60, 90] {
            let length = Duration::from_mins(minutes);
            let draft = draft("2026-11-01T01:30:00", None, Some(length.as_secs()), "America/New_York", false);
            let span = draft.resolve(now()).expect("span");
            assert_eq!(span.end_at.instant.since(span.start_at.instant), length);
            assert_eq!(span.end, span.zone.wall_at(span.end_at.instant));
        }
    }

    #[test]
    fn a_skipped_start_is_moved_and_says_so() {
        let span = draft("2026-03-08T02:30:00", None, None, "America/New_York", false).resolve(now()).expect("span");
        assert_eq!(
            span.start_at,
            Resolved { instant: "2026-03-08T07:30:00Z".parse().expect("instant"), resolution: Resolution::Gap }
        );
        assert_ne!(span.start_at.resolution, Resolution::Unique);
    }

    #[test]
    fn an_instant_keeps_its_wall_time_unless_that_is_ambiguous() {
        let span = draft("2026-11-20T00:30:00Z", None, None, "Asia/Seoul", false).resolve(now()).expect("span");
        assert_eq!(span.start.to_string(), "2026-11-20T09:30:00");
        // 01:30 comes twice in New York on 1 November 2026; 06:30Z is the second.
        assert!(draft("2026-11-01T05:30:00Z", None, None, "America/New_York", false).resolve(now()).is_ok());
        assert!(draft("2026-11-01T06:30:00Z", None, None, "America/New_York", false).resolve(now()).is_err());
    }

    #[test]
    fn senseless_spans_are_refused_at_the_right_field() {
        let table = [
            (draft("2026-11-20T10:00:00", Some("2026-11-20T09:00:00"), None, "UTC", false), "/end"),
            (draft("2026-11-20T10:00:00", Some("2027-11-30T09:00:00"), None, "UTC", false), "/end"),
            (draft("2026-11-20T10:00:00", Some("2026-11-20T11:00:00"), Some(60), "UTC", false), "/duration"),
            (draft("2040-11-20T10:00:00", None, None, "UTC", false), "/start"),
            (draft("2026-11-20", None, None, "UTC", false), "/start"),
            (draft("2026-11-20T10:00:00", None, None, "UTC", true), "/start"),
            (draft("2026-11-20", None, Some(3600), "UTC", true), "/duration"),
            (draft("2026-11-20", Some("2026-11-20"), None, "UTC", true), "/end"),
        ];
        for (draft, pointer) in table {
            let errors = draft.resolve(now()).expect_err("refused");
            assert_eq!(errors[0].pointer, pointer, "{draft:?}");
        }
    }
}
