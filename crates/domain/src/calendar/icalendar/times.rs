//! Dates, times and zones as they are written in a file.

use std::{collections::BTreeMap, time::Duration};

use jiff::civil::Date;
use kernel::{Instant, Length, WallTime, Zone};

use super::{Component, Line, windows};
use crate::calendar::Span;

/// The zones of a file, by the names it uses.
#[derive(Debug, Default)]
pub(super) struct Zones(BTreeMap<String, Zone>);

/// A moment as a file writes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Stamp {
    /// A date.
    Date(Date),
    /// A wall time; without a zone, it is meant wherever the reader is.
    Wall(WallTime, Option<Zone>),
    /// An instant, in UTC.
    Utc(Instant),
}

impl Zones {
    /// What the VTIMEZONEs of a calendar are called. Only their names count: the rules come from the database of this program.
    pub(super) fn of(calendar: &Component) -> Self {
        let described = calendar.components.iter().filter(|component| component.name == "VTIMEZONE");
        let zone = |component: &Component| {
            let id = component.line("TZID")?.plain();
            let known = |name: &str| component.line(name).and_then(|line| zone(&line.plain()));
            let zone = zone(&id).or_else(|| known("X-LIC-LOCATION"))?;
            Some((id, zone))
        };
        Self(described.filter_map(zone).collect())
    }

    /// The zone a file calls `id`.
    pub(super) fn get(&self, id: &str) -> Option<Zone> {
        self.0.get(id).cloned().or_else(|| zone(id))
    }

    /// The moment of a line such as DTSTART.
    pub(super) fn stamp(&self, line: &Line) -> Result<Stamp, String> {
        self.stamp_of(line, &line.value)
    }

    /// The moments of a line such as EXDATE.
    pub(super) fn stamps(&self, line: &Line) -> Result<Vec<Stamp>, String> {
        line.value.split(',').map(|value| self.stamp_of(line, value)).collect()
    }

    fn stamp_of(&self, line: &Line, value: &str) -> Result<Stamp, String> {
        let value = value.trim();
        let kind = line.parameter("VALUE").map(str::to_ascii_uppercase);
        match kind.as_deref() {
            // A date is told by its length where nobody says so: old Outlooks do not.
            Some("DATE") => return date(value).map(Stamp::Date).ok_or_else(|| not_a_date(value)),
            None if value.len() == 8 => return date(value).map(Stamp::Date).ok_or_else(|| not_a_date(value)),
            None | Some("DATE-TIME") => {}
            Some(other) => return Err(format!("VALUE={other} is not supported; write a date, or a date and a time")),
        }
        let (wall, utc) = match value.strip_suffix(['Z', 'z']) {
            Some(wall) => (wall, true),
            None => (value, false),
        };
        let wall = wall_time(wall).ok_or_else(|| not_a_time(value))?;
        if utc {
            return Ok(Stamp::Utc(Zone::utc().resolve(wall).instant));
        }
        let zone = line.parameter("TZID").map(|id| {
            let unknown = || format!("the zone \"{}\" is neither of the IANA database nor a known name of Windows", shown(id));
            self.get(id).ok_or_else(unknown)
        });
        Ok(Stamp::Wall(wall, zone.transpose()?))
    }
}

impl Stamp {
    /// The zone it is meant in: UTC, its own, or where the reader is.
    pub(super) fn zone(&self, here: &Zone) -> Zone {
        match self {
            Self::Utc(_) => Zone::utc(),
            Self::Wall(_, Some(zone)) => zone.clone(),
            Self::Wall(_, None) | Self::Date(_) => here.clone(),
        }
    }

    /// When it is. A date begins at midnight.
    pub(super) fn instant(&self, here: &Zone) -> Instant {
        match self {
            Self::Utc(instant) => *instant,
            Self::Wall(wall, zone) => zone.as_ref().unwrap_or(here).resolve(*wall).instant,
            Self::Date(date) => here.resolve(WallTime::midnight(*date)).instant,
        }
    }

    /// Which occurrence of a series with the first occurrence `first` it means: by its date among whole days, and by the time
    /// of the others where it has only a date.
    pub(super) fn occurrence(&self, first: &Span, here: &Zone) -> WallTime {
        let wall = match self {
            Self::Date(date) if first.all_day => WallTime::midnight(*date),
            Self::Date(date) => WallTime::new(date.to_datetime(first.start.datetime().time())),
            Self::Wall(wall, zone) if zone.as_ref().unwrap_or(here) == &first.zone || first.all_day => *wall,
            other => first.zone.wall_at(other.instant(here)),
        };
        if first.all_day { WallTime::midnight(wall.datetime().date()) } else { wall }
    }
}

/// A length such as `PT1H` or `-P2D`: its amount, and whether it is negative.
pub(super) fn length(value: &str) -> Result<(Duration, bool), String> {
    let value = value.trim().to_ascii_uppercase();
    let (amount, negative) = match value.strip_prefix('-') {
        Some(amount) => (amount, true),
        None => (value.strip_prefix('+').unwrap_or(&value), false),
    };
    // Some write an empty time, as in P1DT.
    let amount = amount.strip_suffix('T').unwrap_or(amount);
    let length: Length = amount.parse().map_err(|_| format!("\"{}\" is no duration such as PT30M", shown(&value)))?;
    Ok((length.duration(), negative))
}

/// The zone of this name: an IANA name, one behind somebody's prefix, or one of Windows.
pub(super) fn zone(id: &str) -> Option<Zone> {
    let id = id.trim();
    if let Ok(zone) = id.parse() {
        return Some(zone);
    }
    if let Some(city) = windows::iana(id) {
        return city.parse().ok();
    }
    // /softwarestudio.org/Olson_20011030_5/America/Chicago
    let parts: Vec<&str> = id.strip_prefix('/')?.split('/').collect();
    (1..parts.len()).find_map(|at| parts[at..].join("/").parse().ok())
}

fn date(text: &str) -> Option<Date> {
    let digits = text.len() == 8 && text.bytes().all(|byte| byte.is_ascii_digit());
    let date: Date = digits.then(|| format!("{}-{}-{}", &text[..4], &text[4..6], &text[6..]))?.parse().ok()?;
    (1970..=2200).contains(&date.year()).then_some(date)
}

fn wall_time(text: &str) -> Option<WallTime> {
    let (day, time) = text.split_once(['T', 't'])?;
    let date = date(day)?;
    let digits = time.len() == 6 && time.bytes().all(|byte| byte.is_ascii_digit());
    digits.then(|| format!("{date}T{}:{}:{}", &time[..2], &time[2..4], &time[4..]))?.parse().ok()
}

fn not_a_date(value: &str) -> String {
    format!("\"{}\" is no date such as 20261120, between 1970 and 2200", shown(value))
}

fn not_a_time(value: &str) -> String {
    format!("\"{}\" is no time such as 20261120T093000 or 20261120T003000Z, between 1970 and 2200", shown(value))
}

/// Enough of somebody's text to find it again.
pub(super) fn shown(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(40).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zones_are_known_by_many_names() {
        for (id, name) in [
            ("Asia/Seoul", "Asia/Seoul"),
            ("korea standard time", "Asia/Seoul"),
            ("/mozilla.org/20050126_1/Europe/Berlin", "Europe/Berlin"),
            ("/freeassociation.sourceforge.net/Tzfile/America/Argentina/Ushuaia", "America/Argentina/Ushuaia"),
            ("UTC", "UTC"),
        ] {
            assert_eq!(zone(id).map(|zone| zone.name().to_owned()).as_deref(), Some(name), "{id}");
        }
        for id in ["", "/", "Customized Time Zone", "+09:00", "//a/b"] {
            assert_eq!(zone(id), None, "{id}");
        }
    }

    #[test]
    fn moments_are_read_strictly() {
        let read = |text: &str| Zones::default().stamp(&Line::read(text, 1).expect(text));
        let wall = |text: &str| text.parse::<WallTime>().expect("a wall time");
        assert_eq!(read("X:20261120T093000"), Ok(Stamp::Wall(wall("2026-11-20T09:30:00"), None)));
        assert_eq!(read("X;VALUE=DATE:20261120"), Ok(Stamp::Date(jiff::civil::date(2026, 11, 20))));
        assert_eq!(read("X:20261120"), read("X;VALUE=DATE:20261120"));
        assert_eq!(
            read("X:20261120T003000Z").map(|stamp| stamp.instant(&Zone::utc()).to_string()),
            Ok("2026-11-20T00:30:00Z".into())
        );
        for wrong in [
            "X:20261120T0930xx",
            "X:20261120T093000+0900",
            "X:20261320T093000",
            "X:20260230",
            "X:2026",
            "X:",
            "X:20261120T250000",
            "X;TZID=Mars:20261120T093000",
            "X;VALUE=PERIOD:20261120T093000Z/PT1H",
            "X:19691231T235959Z",
            "X:99991231T000000",
            "X:20261120T093060",
        ] {
            assert!(read(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn lengths_are_read_with_their_sign() {
        assert_eq!(length("-PT15M"), Ok((Duration::from_mins(15), true)));
        assert_eq!(length("P1DT"), Ok((Duration::from_hours(24), false)));
        for wrong in ["", "P", "PT", "15M", "P1Y", "PT-5M", "P99999999999999999999D"] {
            assert!(length(wrong).is_err(), "{wrong}");
        }
    }
}
