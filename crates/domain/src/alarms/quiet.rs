//! Quiet hours: when somebody does not want to be told.
//!
//! They are wall time in the zone of the person: from 22:00 to 07:00 is from the instant the clock shows the one until the instant
//! it shows the other, whatever it does in between. A bound that a change of clocks skips moves forward with it; of one that is
//! shown twice the first is meant.

use std::{fmt, str::FromStr, time::Duration};

use jiff::{ToSpan as _, civil::Date};
use kernel::{FieldError, Instant, WallTime, Zone};

/// So late an alarm still counts as told when it was due: what was due before quiet hours began is not held back because the
/// engine was a moment behind.
const IN_TIME: Duration = Duration::from_mins(1);

/// Words for the days, as they are kept and shown; Monday comes first.
const DAYS: [&str; 7] = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];

/// When somebody does not want to be told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct QuietHours {
    /// In minutes since midnight.
    start: u16,
    /// In minutes since midnight; at or before the start it is that of the next day.
    end: u16,
    /// On which days they begin, Monday first.
    days: [bool; 7],
}

impl QuietHours {
    /// Reads what was sent: `22:00`, `07:00`, and on which days they begin, if not on each.
    pub fn parse(start: &str, end: &str, days: Option<&[String]>) -> Result<Self, Vec<FieldError>> {
        let mut errors = Vec::new();
        let mut time = |pointer: &str, text: &str| {
            let minutes = minutes(text);
            if minutes.is_none() {
                errors.push(FieldError::new(pointer, "write hours and minutes, as in 22:00"));
            }
            minutes.unwrap_or_default()
        };
        let (start, end) = (time("/quiet_hours/start", start), time("/quiet_hours/end", end));
        if errors.is_empty() && start == end {
            errors.push(FieldError::new("/quiet_hours/end", "must be another time than the start"));
        }
        let mut on = [days.is_none(); 7];
        for (index, word) in days.unwrap_or_default().iter().enumerate() {
            match DAYS.iter().position(|day| day == word) {
                Some(day) => on[day] = true,
                None => errors.push(FieldError::new(format!("/quiet_hours/days/{index}"), "write monday, tuesday … sunday")),
            }
        }
        if days.is_some_and(<[String]>::is_empty) {
            errors.push(FieldError::new("/quiet_hours/days", "name at least one day, or leave it out to mean each"));
        }
        if errors.is_empty() { Ok(Self { start, end, days: on }) } else { Err(errors) }
    }

    /// When they begin, as `22:00`.
    pub fn start(&self) -> String {
        clock(self.start)
    }

    /// When they end, as `07:00`.
    pub fn end(&self) -> String {
        clock(self.end)
    }

    /// On which days they begin.
    pub fn days(&self) -> Vec<&'static str> {
        DAYS.into_iter().zip(self.days).filter_map(|(day, on)| on.then_some(day)).collect()
    }

    /// Until when it is quiet in `zone`, if it is at `at`.
    pub fn until(&self, at: Instant, zone: &Zone) -> Option<Instant> {
        let mut until = at;
        // Where the clocks change, one night may reach into the next.
        while let Some(end) = self.end_of(until, zone) {
            until = end;
        }
        (until > at).then_some(until)
    }

    /// Until when an alarm waits that was due at `due` and is found at `now`.
    ///
    /// It waits if it is quiet now, unless it was due before that and is on time. The preview asks the same of the instant it is due.
    pub fn hold(&self, due: Instant, now: Instant, zone: &Zone) -> Option<Instant> {
        let until = self.until(now, zone)?;
        (now.since(due) > IN_TIME || self.until(due, zone).is_some()).then_some(until)
    }

    /// The last end of those quiet hours that `at` lies in.
    fn end_of(&self, at: Instant, zone: &Zone) -> Option<Instant> {
        let today = zone.wall_at(at).datetime().date();
        let days = (-2..=1).filter_map(|days: i64| today.checked_add(days.days()).ok());
        days.filter_map(|day| self.beginning_on(day, zone))
            .filter(|(begin, end)| *begin <= at && at < *end)
            .map(|(_, end)| end)
            .max()
    }

    /// From when to when, if they begin on `day`.
    fn beginning_on(&self, day: Date, zone: &Zone) -> Option<(Instant, Instant)> {
        let on = self.days[usize::from(day.weekday().to_monday_zero_offset().unsigned_abs())];
        let last = if self.end > self.start { day } else { day.tomorrow().ok()? };
        let at = |day: Date, minutes: u16| {
            let (hour, minute) = (i8::try_from(minutes / 60).ok()?, i8::try_from(minutes % 60).ok()?);
            Some(zone.resolve(WallTime::new(day.at(hour, minute, 0, 0))).instant)
        };
        if on { Some((at(day, self.start)?, at(last, self.end)?)) } else { None }
    }
}

/// Minutes since midnight of `22:00`.
/// A time of day such as `22:00`, in minutes since midnight.
pub(crate) fn minutes(text: &str) -> Option<u16> {
    let two = |text: &str| text.parse::<u16>().ok().filter(|_| text.len() == 2 && text.bytes().all(|b| b.is_ascii_digit()));
    let (hours, minutes) = text.split_once(':')?;
    let (hours, minutes) = (two(hours)?, two(minutes)?);
    (hours < 24 && minutes < 60).then_some(hours * 60 + minutes)
}

/// A time of day as it is written.
pub(crate) fn clock(minutes: u16) -> String {
    format!("{:02}:{:02}", minutes / 60, minutes % 60)
}

/// As they are kept: `22:00-07:00`, and on which days they begin if not on each, `22:00-07:00/monday,friday`.
impl fmt::Display for QuietHours {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.start(), self.end())?;
        if self.days == [true; 7] { Ok(()) } else { write!(f, "/{}", self.days().join(",")) }
    }
}

/// The text names no quiet hours.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("unknown quiet hours")]
pub struct UnknownQuietHours;

impl FromStr for QuietHours {
    type Err = UnknownQuietHours;

    fn from_str(text: &str) -> Result<Self, UnknownQuietHours> {
        let (times, days) = text.split_once('/').map_or((text, None), |(times, days)| (times, Some(days)));
        let days: Option<Vec<String>> = days.map(|days| days.split(',').map(str::to_owned).collect());
        let (start, end) = times.split_once('-').ok_or(UnknownQuietHours)?;
        Self::parse(start, end, days.as_deref()).map_err(|_| UnknownQuietHours)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn at(text: &str) -> Instant {
        text.parse().expect("an instant")
    }

    fn zone(name: &str) -> Zone {
        name.parse().expect("a zone")
    }

    fn quiet(text: &str) -> QuietHours {
        text.parse().expect("quiet hours")
    }

    #[test]
    fn a_night_begins_on_one_day_and_ends_on_the_next_whatever_the_clocks_do() {
        // (quiet hours, zone, instant) → until when
        let table = [
            ("22:00-07:00", "Asia/Seoul", "2026-11-20T12:59:59Z", "-"),
            ("22:00-07:00", "Asia/Seoul", "2026-11-20T13:00:00Z", "2026-11-20T22:00:00Z"),
            ("22:00-07:00", "Asia/Seoul", "2026-11-20T21:59:59Z", "2026-11-20T22:00:00Z"),
            ("22:00-07:00", "Asia/Seoul", "2026-11-20T22:00:00Z", "-"),
            ("13:00-14:30", "Asia/Seoul", "2026-11-20T04:15:00Z", "2026-11-20T05:30:00Z"),
            ("13:00-14:30", "Asia/Seoul", "2026-11-20T05:30:00Z", "-"),
            // The night from Friday to Saturday is Friday's.
            ("22:00-07:00/friday", "UTC", "2026-11-21T06:00:00Z", "2026-11-21T07:00:00Z"),
            ("22:00-07:00/friday", "UTC", "2026-11-21T23:00:00Z", "-"),
            ("22:00-07:00/saturday", "UTC", "2026-11-21T06:00:00Z", "-"),
            // Berlin: the night of 29 March is an hour shorter, that of 25 October an hour longer.
            ("22:00-07:00", "Europe/Berlin", "2026-03-28T21:00:00Z", "2026-03-29T05:00:00Z"),
            ("22:00-07:00", "Europe/Berlin", "2026-10-24T20:00:00Z", "2026-10-25T06:00:00Z"),
            // An end that is skipped moves forward by the gap; a start that comes twice is the first.
            ("22:00-02:30", "Europe/Berlin", "2026-03-29T01:15:00Z", "2026-03-29T01:30:00Z"),
            ("02:30-07:00", "Europe/Berlin", "2026-10-25T00:30:00Z", "2026-10-25T06:00:00Z"),
            ("22:00-02:30", "Europe/Berlin", "2026-10-25T00:29:00Z", "2026-10-25T00:30:00Z"),
            // Lord Howe changes by half an hour, at two.
            ("22:00-02:15", "Australia/Lord_Howe", "2026-10-03T15:40:00Z", "2026-10-03T15:45:00Z"),
            // Samoa skipped a whole day: the night goes on in the day after it.
            ("22:00-07:00", "Pacific/Apia", "2011-12-30T09:00:00Z", "2011-12-30T17:00:00Z"),
            // Nearly the whole day.
            ("03:00-02:30", "Europe/Berlin", "2026-03-29T00:59:00Z", "2026-03-30T00:30:00Z"),
        ];
        for (hours, name, instant, until) in table {
            let found = quiet(hours).until(at(instant), &zone(name)).map_or("-".to_owned(), |until| until.to_string());
            assert_eq!(found, until, "{hours} in {name} at {instant}");
        }
    }

    #[test]
    fn what_was_due_before_the_night_is_told_unless_it_is_found_late() {
        let (quiet, zone) = (quiet("22:00-07:00"), Zone::utc());
        let morning = Some(at("2026-11-21T07:00:00Z"));
        // (due, found) → until when it waits
        let table = [
            ("2026-11-20T21:59:59Z", "2026-11-20T22:00:02Z", None),
            ("2026-11-20T21:59:59Z", "2026-11-20T22:01:00Z", morning),
            ("2026-11-20T22:00:00Z", "2026-11-20T22:00:00Z", morning),
            ("2026-11-21T06:59:59Z", "2026-11-21T07:00:00Z", None),
            // Nothing ran during the day.
            ("2026-11-20T09:00:00Z", "2026-11-20T23:00:00Z", morning),
            ("2026-11-20T23:00:00Z", "2026-11-21T09:00:00Z", None),
        ];
        for (due, found, until) in table {
            assert_eq!(quiet.hold(at(due), at(found), &zone), until, "due {due}, found {found}");
        }
    }

    #[test]
    fn quiet_hours_are_kept_as_they_are_written_and_what_is_none_is_named() {
        for text in ["22:00-07:00", "00:00-23:59", "13:00-14:30/monday,sunday"] {
            assert_eq!(quiet(text).to_string(), text);
        }
        let pointers = |start: &str, end: &str, days: Option<&[&str]>| {
            let days: Option<Vec<String>> = days.map(|days| days.iter().map(|day| (*day).to_owned()).collect());
            let wrong = QuietHours::parse(start, end, days.as_deref()).expect_err("wrong");
            wrong.into_iter().map(|wrong| wrong.pointer).collect::<Vec<_>>()
        };
        assert_eq!(pointers("24:00", "7:00", None), ["/quiet_hours/start", "/quiet_hours/end"]);
        assert_eq!(pointers("22:60", "+1:00", None), ["/quiet_hours/start", "/quiet_hours/end"]);
        assert_eq!(pointers("22:00", "22:00", None), ["/quiet_hours/end"]);
        assert_eq!(pointers("22:00", "07:00", Some(&[])), ["/quiet_hours/days"]);
        assert_eq!(pointers("22:00", "07:00", Some(&["monday", "Montag"])), ["/quiet_hours/days/1"]);
    }

    proptest! {
        #[test]
        fn it_is_quiet_when_the_clock_says_so_and_until_it_is_not(
            start in 0u16..1440, length in 1u16..1440, days in proptest::array::uniform7(any::<bool>()),
            second in 1_760_000_000i64..1_860_000_000,
            name in prop::sample::select(vec!["Asia/Seoul", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe"]),
        ) {
            let quiet = QuietHours { start, end: (start + length) % 1440, days };
            let (zone, now) = (zone(name), Instant::from_micros(second * 1_000_000));
            let until = quiet.until(now, &zone);
            if let Some(until) = until {
                prop_assert!(until > now);
                prop_assert_eq!(quiet.until(until, &zone), None, "it ends where it says");
                let middle = Instant::from_micros(i64::midpoint(now.as_micros(), until.as_micros()));
                prop_assert_eq!(quiet.until(middle, &zone), Some(until), "and is quiet all the time until then");
            }
            // Where the clocks stand still for a while, quiet hours are what the clock on the wall shows.
            let offset = |days: i64| {
                let at = Instant::from_micros(now.as_micros() + days * 86_400_000_000);
                zone.wall_at(at).datetime().duration_since(Zone::utc().wall_at(at).datetime())
            };
            if offset(-3) == offset(3) {
                let wall = zone.wall_at(now).datetime();
                let minute = u16::from(wall.hour().unsigned_abs()) * 60 + u16::from(wall.minute().unsigned_abs());
                let today = usize::from(wall.date().weekday().to_monday_zero_offset().unsigned_abs());
                let on = |day: usize| days[day % 7];
                let crosses = quiet.end <= quiet.start;
                let shown = if crosses {
                    (on(today) && minute >= quiet.start) || (on(today + 6) && minute < quiet.end)
                } else {
                    on(today) && minute >= quiet.start && minute < quiet.end
                };
                prop_assert_eq!(until.is_some(), shown);
            }
        }
    }
}
