//! An instant: microseconds since 1970 in UTC.

use std::{
    fmt,
    ops::{Add, Sub},
    str::FromStr,
    time::Duration,
};

use jiff::{Timestamp, tz::TimeZone};

/// Why a text or a number is not an instant this product keeps.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InstantError {
    /// Not RFC 3339 with an offset.
    #[error("not an instant: write RFC 3339 with an offset, such as 2026-11-20T00:30:00Z")]
    Syntax,
    /// Outside the years 1970 to 2200.
    #[error("the instant lies outside the years 1970 to 2200")]
    Range,
}

/// A point in time, to the microsecond, between 1970 and the end of 2200.
///
/// Written as RFC 3339 in UTC (`2026-11-20T00:30:00Z`), kept as integer microseconds in SQLite and `timestamptz` in
/// PostgreSQL. Both keep exactly what is in here.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Instant(i64);

impl Instant {
    /// 1970-01-01T00:00:00Z.
    pub const EPOCH: Self = Self(0);
    /// 2200-12-31T23:59:59Z, the last instant accepted from outside.
    pub const MAX: Self = Self(7_289_654_399_000_000);

    /// 1900-01-01T00:00:00Z: before everything this product keeps, and a date in every database.
    pub const DISTANT_PAST: Self = Self(-2_208_988_800_000_000);

    /// From microseconds since 1970.
    pub const fn from_micros(micros: i64) -> Self {
        Self(micros)
    }

    /// Microseconds since 1970.
    pub const fn as_micros(self) -> i64 {
        self.0
    }

    /// Whole seconds since 1970, rounded down.
    pub const fn as_seconds(self) -> i64 {
        self.0.div_euclid(1_000_000)
    }

    /// `self − earlier`, zero if `earlier` is later.
    pub fn since(self, earlier: Self) -> Duration {
        Duration::from_micros(u64::try_from(self.0.saturating_sub(earlier.0)).unwrap_or(0))
    }

    /// `self + duration`, stopping at the largest representable instant.
    #[must_use]
    pub fn saturating_add(self, duration: Duration) -> Self {
        Self(self.0.saturating_add(i64::try_from(duration.as_micros()).unwrap_or(i64::MAX)))
    }

    /// `self − duration`, stopping at the smallest representable instant.
    #[must_use]
    pub fn saturating_sub(self, duration: Duration) -> Self {
        Self(self.0.saturating_sub(i64::try_from(duration.as_micros()).unwrap_or(i64::MAX)))
    }

    /// From jiff, rounding towards the past.
    pub fn from_timestamp(timestamp: Timestamp) -> Self {
        let nanos = timestamp.as_nanosecond();
        Self(i64::try_from(nanos.div_euclid(1_000)).unwrap_or(i64::MAX))
    }

    /// To jiff. Everything accepted from outside fits; what does not is clamped.
    pub fn timestamp(self) -> Timestamp {
        Timestamp::from_microsecond(self.0).unwrap_or(if self.0 < 0 { Timestamp::MIN } else { Timestamp::MAX })
    }
}

impl Add<Duration> for Instant {
    type Output = Self;
    fn add(self, duration: Duration) -> Self {
        self.saturating_add(duration)
    }
}

impl Sub<Duration> for Instant {
    type Output = Self;
    fn sub(self, duration: Duration) -> Self {
        self.saturating_sub(duration)
    }
}

impl fmt::Display for Instant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let civil = self.timestamp().to_zoned(TimeZone::UTC).datetime();
        write!(f, "{civil}Z")
    }
}

impl fmt::Debug for Instant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for Instant {
    type Err = InstantError;

    fn from_str(text: &str) -> Result<Self, InstantError> {
        // jiff reads more than RFC 3339 (a space for the T, [zone] annotations, second 60): the contract does not.
        let bytes = text.as_bytes();
        let shaped = bytes.len() >= 20 && bytes[10] == b'T' && text.is_ascii() && !text.contains(['[', ',', 't', 'z']);
        let leap_second = shaped && &bytes[17..19] == b"60";
        if !shaped || leap_second || !offset_is_rfc3339(&text[19..]) {
            return Err(InstantError::Syntax);
        }
        let instant = Self::from_timestamp(text.parse::<Timestamp>().map_err(|_| InstantError::Syntax)?);
        if (Self::EPOCH..=Self::MAX).contains(&instant) { Ok(instant) } else { Err(InstantError::Range) }
    }
}

/// `tail` is what follows the seconds: an optional fraction, then `Z` or `±hh:mm`.
fn offset_is_rfc3339(tail: &str) -> bool {
    let offset = tail.trim_start_matches(|c: char| c == '.' || c.is_ascii_digit());
    match offset.as_bytes() {
        [b'Z'] => true,
        [b'+' | b'-', h1, h2, b':', m1, m2] => [h1, h2, m1, m2].iter().all(|b| b.is_ascii_digit()),
        _ => false,
    }
}

as_text!(Instant);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_instant_is_written_as_it_was_read_to_the_microsecond() {
        for text in ["2026-11-20T00:30:00Z", "2026-11-20T00:30:00.123456Z", "1970-01-01T00:00:00Z", "2200-12-31T23:59:59Z"] {
            assert_eq!(text.parse::<Instant>().map(|i| i.to_string()), Ok(text.to_owned()));
        }
        assert_eq!("2026-11-20T09:30:00+09:00".parse::<Instant>(), "2026-11-20T00:30:00Z".parse());
    }

    #[test]
    fn a_text_without_offset_or_out_of_range_is_refused() {
        for text in [
            "2026-11-20T00:30:00",
            "2026-11-20",
            "2026-02-30T00:00:00Z",
            "0000-00-00T00:00:00Z",
            "2026-11-20T23:59:60Z",
            "2026-11-20 00:30:00Z",
            "2026-11-20T00:30:00+09",
            "2026-11-20T00:30:00Z[Asia/Seoul]",
            "",
            "now",
        ] {
            assert_eq!(text.parse::<Instant>(), Err(InstantError::Syntax), "{text}");
        }
        assert_eq!("1969-12-31T23:59:59Z".parse::<Instant>(), Err(InstantError::Range));
        assert_eq!("9999-01-01T00:00:00Z".parse::<Instant>(), Err(InstantError::Range));
    }
}
