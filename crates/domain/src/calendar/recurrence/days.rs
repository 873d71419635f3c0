//! Days, months and years as integers.
//!
//! A day is its number since 1970-01-01, a month its number since the year 0 (`12 * year + month - 1`), a wall time the
//! microseconds since 1970-01-01T00:00:00 on the same wall: civil time counted as if there were no zones. All of it is the
//! proleptic Gregorian calendar, as in RFC 5545, and checked against jiff in the tests below.

use jiff::{Timestamp, tz::Offset};
use kernel::WallTime;

/// Microseconds of a day on the wall; a wall has no leap seconds and no daylight saving.
pub(super) const DAY: i64 = 86_400_000_000;

/// The first wall time there is, in microseconds: 1970-01-01T00:00:00.
pub(super) const FIRST: i64 = 0;

/// The last there is: 2200-12-31T23:59:59.999999.
pub(super) const LAST: i64 = 84_371 * DAY - 1;

/// Days before each month of a year that is not a leap year.
const BEFORE_MONTH: [i64; 12] = [0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334];

/// The microseconds of a wall time.
pub(super) fn micros(wall: WallTime) -> i64 {
    // Fails only at the very ends of jiff's range, the years -9999 and 9999.
    Offset::UTC.to_timestamp(wall.datetime()).map_or(LAST, Timestamp::as_microsecond)
}

/// The wall time of so many microseconds.
pub(super) fn wall(micros: i64) -> WallTime {
    WallTime::new(Offset::UTC.to_datetime(Timestamp::from_microsecond(micros).unwrap_or(Timestamp::MAX)))
}

/// The day a wall time lies in.
pub(super) fn day_of(micros: i64) -> i64 {
    micros.div_euclid(DAY)
}

/// 0 for Monday to 6 for Sunday.
pub(super) fn weekday(day: i64) -> i64 {
    (day + 3).rem_euclid(7)
}

/// The first day of a year.
pub(super) fn year_start(year: i64) -> i64 {
    let before = year - 1;
    365 * year + before.div_euclid(4) - before.div_euclid(100) + before.div_euclid(400) - 719_527
}

fn is_leap(year: i64) -> bool {
    year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
}

/// How many days a year has.
pub(super) fn year_length(year: i64) -> i64 {
    if is_leap(year) { 366 } else { 365 }
}

/// The first day of a month.
pub(super) fn month_start(month: i64) -> i64 {
    let (year, month) = (month.div_euclid(12), month.rem_euclid(12));
    year_start(year) + BEFORE_MONTH[index(month)] + i64::from(month > 1 && is_leap(year))
}

/// How many days a month has.
pub(super) fn month_length(month: i64) -> i64 {
    match month.rem_euclid(12) {
        1 => 28 + i64::from(is_leap(month.div_euclid(12))),
        3 | 5 | 8 | 10 => 30,
        _ => 31,
    }
}

/// The month a day lies in, and which day of it, from 0.
pub(super) fn month_of(day: i64) -> (i64, i64) {
    // Years of 365.2425 days that begin in March, so that the leap day is the last (Howard Hinnant, "chrono-compatible
    // low-level date algorithms", civil_from_days).
    let day = day + 719_468;
    let era = day.div_euclid(146_097);
    let of_era = day.rem_euclid(146_097);
    let year = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let from_march = (5 * of_year + 2) / 153;
    let of_month = of_year - (153 * from_march + 2) / 5;
    ((era * 400 + year) * 12 + from_march + 2, of_month)
}

/// A small number that is not negative, as an index.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "days of a year and times of a day, from 0")]
pub(super) fn index(small: i64) -> usize {
    debug_assert!((0..1_000_000).contains(&small), "{small}");
    small as usize
}

/// A small number that is not negative, as the number of a bit.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "days of a year, from 0")]
pub(super) fn bit(small: i64) -> u32 {
    debug_assert!((0..1_000_000).contains(&small), "{small}");
    small as u32
}

/// How many there are of something of which there are few.
pub(super) fn count(few: usize) -> i64 {
    i64::try_from(few).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::{Date, date};

    #[test]
    fn every_day_agrees_with_jiff() {
        let mut date: Date = date(1969, 1, 1);
        let mut day = -365;
        while date.year() < 2202 {
            let (month, of_month) = month_of(day);
            let (year, of_year) = (i64::from(date.year()), i64::from(date.month()) - 1);
            assert_eq!((month, of_month), (year * 12 + of_year, i64::from(date.day()) - 1), "{date}");
            assert_eq!(month_start(month) + of_month, day, "{date}");
            assert_eq!(month_length(month), i64::from(date.days_in_month()), "{date}");
            assert_eq!(year_start(year) + i64::from(date.day_of_year()) - 1, day, "{date}");
            assert_eq!(year_length(year), i64::from(date.days_in_year()), "{date}");
            assert_eq!(weekday(day), i64::from(date.weekday().to_monday_zero_offset()), "{date}");
            assert_eq!(wall(day * DAY), WallTime::midnight(date));
            assert_eq!(micros(WallTime::midnight(date)), day * DAY);
            date = date.tomorrow().expect("tomorrow");
            day += 1;
        }
    }

    #[test]
    fn the_range_is_that_of_wall_times() {
        assert_eq!(wall(FIRST).to_string(), "1970-01-01T00:00:00");
        assert_eq!(wall(LAST).to_string(), "2200-12-31T23:59:59.999999");
    }
}
