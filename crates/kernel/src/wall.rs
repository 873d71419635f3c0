//! Wall times and zones: the truth of a schedule. Instants are derived from them.

use std::{fmt, str::FromStr};

use jiff::{
    civil::{Date, DateTime},
    tz::{AmbiguousOffset, TimeZone},
};
use serde::{Deserialize, Serialize};

use crate::{Instant, ZoneDatabase};

/// Why a text is not a wall time.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a wall time: write 2026-11-20T09:30:00, without an offset, between the years 1970 and 2200")]
pub struct WallTimeError;

/// What a clock on the wall shows: date and time without a zone (`2026-11-20T09:30:00`), to the microsecond.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct WallTime(DateTime);

impl WallTime {
    /// From jiff.
    pub const fn new(datetime: DateTime) -> Self {
        Self(datetime)
    }

    /// To jiff.
    pub const fn datetime(self) -> DateTime {
        self.0
    }

    /// Midnight at the start of `date`.
    pub fn midnight(date: Date) -> Self {
        Self(date.to_datetime(jiff::civil::Time::midnight()))
    }

    /// As people write it: the date alone where it stands for a whole day.
    pub fn named(self, by_day: bool) -> String {
        if by_day { self.0.date().to_string() } else { self.to_string() }
    }
}

impl fmt::Display for WallTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

impl fmt::Debug for WallTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for WallTime {
    type Err = WallTimeError;

    fn from_str(text: &str) -> Result<Self, WallTimeError> {
        let bytes = text.as_bytes();
        let fraction_is_plain = match bytes.get(19..) {
            Some([]) => true,
            Some([b'.', digits @ ..]) => (1..=6).contains(&digits.len()) && digits.iter().all(u8::is_ascii_digit),
            _ => false,
        };
        if !fraction_is_plain || bytes[10] != b'T' || &bytes[17..19] == b"60" {
            return Err(WallTimeError);
        }
        let datetime: DateTime = text.parse().map_err(|_| WallTimeError)?;
        if (1970..=2200).contains(&datetime.year()) { Ok(Self(datetime)) } else { Err(WallTimeError) }
    }
}

as_text!(WallTime);

/// Why a text is not a zone.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("unknown time zone: write an IANA name such as Asia/Seoul or UTC")]
pub struct ZoneError;

/// An IANA time zone out of the database the process goes by ([`ZoneDatabase`]; never the system's, unless an operator says so).
#[derive(Clone, PartialEq, Eq)]
pub struct Zone(TimeZone);

impl Zone {
    pub(crate) const fn of(zone: TimeZone) -> Self {
        Self(zone)
    }

    /// Coordinated universal time.
    pub fn utc() -> Self {
        Self(TimeZone::UTC)
    }

    /// The IANA name.
    pub fn name(&self) -> &str {
        self.0.iana_name().unwrap_or("UTC")
    }

    /// To jiff.
    pub fn time_zone(&self) -> &TimeZone {
        &self.0
    }

    /// What the clocks of this zone show at `instant`.
    pub fn wall_at(&self, instant: Instant) -> WallTime {
        WallTime(self.0.to_datetime(instant.timestamp()))
    }

    /// When the clocks of this zone show `wall`.
    ///
    /// A time that is skipped moves forward by the length of the gap, a repeated one takes the first (RFC 5545 §3.3.5);
    /// which of the two happened is part of the answer.
    pub fn resolve(&self, wall: WallTime) -> Resolved {
        let ambiguous = self.0.to_ambiguous_timestamp(wall.0);
        let resolution = match ambiguous.offset() {
            AmbiguousOffset::Unambiguous { .. } => Resolution::Unique,
            AmbiguousOffset::Gap { .. } => Resolution::Gap,
            AmbiguousOffset::Fold { .. } => Resolution::Fold,
        };
        // "Compatible" is exactly that rule. It can only fail at the ends of jiff's range, far outside 1970–2200.
        let instant = ambiguous.compatible().map_or(Instant::MAX, Instant::from_timestamp);
        Resolved { instant, resolution }
    }
}

/// Whether a wall time exists once in its zone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Resolution {
    /// Exactly once.
    Unique,
    /// Never: the clocks jump over it. Moved forward by the gap.
    Gap,
    /// Twice: the clocks are set back. The first is taken.
    Fold,
}

/// An instant derived from a wall time, and how.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Resolved {
    /// When.
    pub instant: Instant,
    /// Whether the wall time was skipped or repeated there.
    pub resolution: Resolution,
}

impl fmt::Display for Zone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl fmt::Debug for Zone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for Zone {
    type Err = ZoneError;

    fn from_str(text: &str) -> Result<Self, ZoneError> {
        ZoneDatabase::in_use().zone(text)
    }
}

as_text!(Zone);

#[cfg(test)]
mod tests {
    use super::*;

    fn resolve(wall: &str, zone: &str) -> (String, Resolution) {
        let zone: Zone = zone.parse().expect("zone");
        let resolved = zone.resolve(wall.parse().expect("wall"));
        (resolved.instant.to_string(), resolved.resolution)
    }

    #[test]
    fn a_skipped_time_moves_forward_and_a_repeated_one_takes_the_first() {
        let table = [
            ("2026-11-20T09:30:00", "Asia/Seoul", "2026-11-20T00:30:00Z", Resolution::Unique),
            ("2026-03-08T02:30:00", "America/New_York", "2026-03-08T07:30:00Z", Resolution::Gap),
            ("2026-11-01T01:30:00", "America/New_York", "2026-11-01T05:30:00Z", Resolution::Fold),
            // Half an hour of daylight saving, and a midnight that does not exist.
            ("2026-10-04T02:15:00", "Australia/Lord_Howe", "2026-10-03T15:45:00Z", Resolution::Gap),
            ("2026-09-06T00:00:00", "America/Santiago", "2026-09-06T04:00:00Z", Resolution::Gap),
        ];
        for (wall, zone, instant, resolution) in table {
            assert_eq!(resolve(wall, zone), (instant.to_owned(), resolution), "{wall} in {zone}");
        }
    }

    #[test]
    fn only_iana_zones_are_known() {
        for text in ["", "Mars/Olympus", "+09:00", "KST9", "Etc/Unknown", "../../etc/passwd"] {
            assert!(text.parse::<Zone>().is_err(), "{text}");
        }
        assert_eq!("utc".parse::<Zone>().map(|z| z.name().to_owned()), Ok("UTC".to_owned()));
        assert_eq!("asia/seoul".parse::<Zone>().map(|z| z.name().to_owned()), Ok("Asia/Seoul".to_owned()));
    }

    #[test]
    fn a_wall_time_has_no_offset_and_no_leap_second() {
        for text in [
            "2026-11-20T09:30:00Z",
            "2026-11-20T09:30",
            "2026-11-20",
            "2026-02-30T00:00:00",
            "2026-11-20T23:59:60",
            "0000-00-00T00:00:00",
            "2026-11-20T09:30:00.",
            "2026-11-20T09:30:00.1234567",
        ] {
            assert!(text.parse::<WallTime>().is_err(), "{text}");
        }
    }
}
