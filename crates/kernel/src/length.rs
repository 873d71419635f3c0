//! Lengths of time as the contract writes them: ISO 8601 durations.

use std::{fmt, str::FromStr, time::Duration};

/// Why a text is not a length.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a duration: write ISO 8601 with weeks, days, hours, minutes and seconds, such as PT30M, PT1H30M, P1D or P2W")]
pub struct LengthError;

/// A length of elapsed time in whole seconds, written as an ISO 8601 duration (`PT30M`).
///
/// A day is 24 hours and a week seven of them; months and years have no length and are refused, as are signs and fractions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Length {
    seconds: u64,
}

impl Length {
    /// So many seconds.
    pub const fn from_seconds(seconds: u64) -> Self {
        Self { seconds }
    }

    /// In seconds.
    pub const fn seconds(self) -> u64 {
        self.seconds
    }

    /// As a duration.
    pub const fn duration(self) -> Duration {
        Duration::from_secs(self.seconds)
    }
}

impl fmt::Display for Length {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (days, rest) = (self.seconds / 86_400, self.seconds % 86_400);
        let (hours, minutes, seconds) = (rest / 3_600, rest / 60 % 60, rest % 60);
        f.write_str("P")?;
        if days > 0 {
            write!(f, "{days}D")?;
        }
        if rest > 0 || days == 0 {
            f.write_str("T")?;
        }
        for (number, unit) in [(hours, 'H'), (minutes, 'M'), (seconds, 'S')] {
            if number > 0 || (unit == 'S' && self.seconds == 0) {
                write!(f, "{number}{unit}")?;
            }
        }
        Ok(())
    }
}

impl FromStr for Length {
    type Err = LengthError;

    fn from_str(text: &str) -> Result<Self, LengthError> {
        let body = text.strip_prefix('P').ok_or(LengthError)?;
        let (date, time) = match body.split_once('T') {
            Some((_, "")) => return Err(LengthError),
            Some((date, time)) => (date, time),
            None => (body, ""),
        };
        if date.is_empty() && time.is_empty() {
            return Err(LengthError);
        }
        let of_days = sum(date, &[('W', 604_800), ('D', 86_400)])?;
        let of_time = sum(time, &[('H', 3_600), ('M', 60), ('S', 1)])?;
        Ok(Self { seconds: of_days.checked_add(of_time).ok_or(LengthError)? })
    }
}

/// Adds up numbers with units, each unit at most once and in the given order.
fn sum(mut text: &str, units: &[(char, u64)]) -> Result<u64, LengthError> {
    let mut total = 0u64;
    for (unit, seconds) in units {
        let Some((number, rest)) = text.split_once(*unit) else { continue };
        if number.is_empty() || number.len() > 10 || !number.bytes().all(|b| b.is_ascii_digit()) {
            return Err(LengthError);
        }
        let count: u64 = number.parse().map_err(|_| LengthError)?;
        total = total.checked_add(count.checked_mul(*seconds).ok_or(LengthError)?).ok_or(LengthError)?;
        text = rest;
    }
    if text.is_empty() { Ok(total) } else { Err(LengthError) }
}

as_text!(Length);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_length_is_read_and_written_as_iso_8601() {
        let table = [
            ("PT30M", 1_800, "PT30M"),
            ("PT0S", 0, "PT0S"),
            ("P1D", 86_400, "P1D"),
            ("P2W", 1_209_600, "P14D"),
            ("P1DT12H", 129_600, "P1DT12H"),
            ("PT90M", 5_400, "PT1H30M"),
            ("P0D", 0, "PT0S"),
            ("PT1H0M5S", 3_605, "PT1H5S"),
        ];
        for (text, seconds, canonical) in table {
            let length: Length = text.parse().expect(text);
            assert_eq!((length.seconds(), length.to_string()), (seconds, canonical.to_owned()));
        }
    }

    #[test]
    fn what_has_no_length_is_refused() {
        for text in
            ["", "P", "PT", "30M", "P1M", "P1Y", "-PT5M", "PT-5M", "PT1.5H", "PT5M1H", "P1DT", "pt5m", "PT99999999999S", "P1H"]
        {
            assert!(text.parse::<Length>().is_err(), "{text}");
        }
    }
}
