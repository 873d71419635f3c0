//! From text to rule.
//!
//! Strict where a mistake would change the meaning, lenient where it cannot: upper and lower case are the same, parts and
//! lists may come in any order, and the text may begin with `RRULE:`, as it does in the files it is copied from.

use std::{ops::RangeInclusive, str::FromStr};

use jiff::civil::Date;
use kernel::{Instant, WallTime};

use super::{
    error::{Reason, RecurrenceError},
    rule::{ByDay, End, Frequency, MAX_COUNT, MAX_INTERVAL, MAX_TIMES_A_DAY, Rule, Until},
};

/// The longest text of a rule. The longest that means something has all 366 days of BYYEARDAY.
pub const MAX_TEXT_BYTES: usize = 2_000;

type Refused = RecurrenceError;

const PARTS: [&str; 14] = [
    "FREQ",
    "INTERVAL",
    "COUNT",
    "UNTIL",
    "BYMONTH",
    "BYWEEKNO",
    "BYYEARDAY",
    "BYMONTHDAY",
    "BYDAY",
    "BYHOUR",
    "BYMINUTE",
    "BYSECOND",
    "BYSETPOS",
    "WKST",
];

/// Monday first.
pub(super) const WEEKDAYS: [&str; 7] = ["MO", "TU", "WE", "TH", "FR", "SA", "SU"];

impl FromStr for Rule {
    type Err = RecurrenceError;

    fn from_str(text: &str) -> Result<Self, Refused> {
        if text.len() > MAX_TEXT_BYTES {
            return Err(Refused::of(Reason::TooLarge, format!("a rule has at most {MAX_TEXT_BYTES} bytes")));
        }
        let parts = Parts::split(text)?;
        let rule = Self {
            frequency: frequency(parts.get("FREQ"))?,
            interval: parts.get("INTERVAL").map_or(Ok(1), |value| whole("INTERVAL", value, MAX_INTERVAL))?,
            end: end(parts.get("COUNT"), parts.get("UNTIL"))?,
            months: parts.numbers("BYMONTH", 1..=12, false)?,
            week_numbers: parts.numbers("BYWEEKNO", 1..=53, true)?,
            year_days: parts.numbers("BYYEARDAY", 1..=366, true)?,
            month_days: parts.numbers("BYMONTHDAY", 1..=31, true)?,
            week_days: parts.list("BYDAY", by_day)?,
            hours: parts.numbers("BYHOUR", 0..=23, false)?,
            minutes: parts.numbers("BYMINUTE", 0..=59, false)?,
            seconds: parts.numbers("BYSECOND", 0..=59, false)?,
            positions: parts.numbers("BYSETPOS", 1..=366, true)?,
            week_start: parts
                .get("WKST")
                .map_or(Ok(0), |value| weekday(value).ok_or_else(|| out_of_range("WKST", value, "a weekday such as MO or SU")))?,
        };
        check(&rule)?;
        Ok(rule)
    }
}

/// The value of each part, by its place in [`PARTS`].
struct Parts<'a>([Option<&'a str>; PARTS.len()]);

impl<'a> Parts<'a> {
    fn split(text: &'a str) -> Result<Self, Refused> {
        let mut found = [None; PARTS.len()];
        let body = match text.split_at_checked(6) {
            Some((name, rest)) if name.eq_ignore_ascii_case("RRULE:") => rest,
            _ => text,
        };
        for part in body.split(';') {
            let Some((name, value)) = part.split_once('=') else {
                return Err(malformed(format!("\"{}\" is not NAME=VALUE; write such as FREQ=WEEKLY;BYDAY=MO", shown(part))));
            };
            let Some(at) = PARTS.iter().position(|known| name.eq_ignore_ascii_case(known)) else {
                return Err(unknown(name));
            };
            if found[at].replace(value).is_some() {
                return Err(malformed(format!("{} is given twice; list its values after one, with commas", PARTS[at])));
            }
        }
        Ok(Self(found))
    }

    fn get(&self, name: &str) -> Option<&'a str> {
        PARTS.iter().position(|part| *part == name).and_then(|at| self.0[at])
    }

    /// The values of a list, sorted, each once.
    fn list<T: Ord>(&self, name: &'static str, read: impl Fn(&str) -> Result<T, Refused>) -> Result<Vec<T>, Refused> {
        let Some(value) = self.get(name) else { return Ok(Vec::new()) };
        let mut list = value.split(',').map(read).collect::<Result<Vec<T>, Refused>>()?;
        list.sort_unstable();
        list.dedup();
        Ok(list)
    }

    fn numbers(&self, name: &'static str, range: RangeInclusive<i64>, signed: bool) -> Result<Vec<i64>, Refused> {
        self.list(name, |text| number(text, &range, signed).ok_or_else(|| out_of_range(name, text, &said(&range, signed))))
    }
}

/// What is known of a name that is none of ours.
fn unknown(name: &str) -> Refused {
    let name = shown(name);
    match name.to_ascii_uppercase().as_str() {
        extension @ ("RSCALE" | "SKIP" | "BYEASTER") => Refused::of(
            Reason::Unsupported,
            format!("{extension} is not supported; rules are of RFC 5545, in the Gregorian calendar"),
        ),
        _ => malformed(format!("\"{name}\" is not a part of a rule; there are {}", PARTS.join(", "))),
    }
}

fn malformed(detail: String) -> Refused {
    Refused::of(Reason::Malformed, detail)
}

fn out_of_range(part: &str, value: &str, expected: &str) -> Refused {
    Refused::of(Reason::OutOfRange, format!("{part}: \"{}\" is not {expected}", shown(value)))
}

fn contradictory(detail: &str) -> Refused {
    Refused::of(Reason::Contradictory, detail)
}

/// Enough of somebody's text to find it again.
fn shown(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(30).collect()
}

fn said(range: &RangeInclusive<i64>, signed: bool) -> String {
    let (least, most) = (range.start(), range.end());
    if signed {
        format!("a number from {least} to {most} or from -{most} to -{least}")
    } else {
        format!("a number from {least} to {most}")
    }
}

fn number(text: &str, range: &RangeInclusive<i64>, signed: bool) -> Option<i64> {
    let (negative, digits) = match text.as_bytes().first()? {
        b'-' if signed => (true, &text[1..]),
        b'+' if signed => (false, &text[1..]),
        _ => (false, text),
    };
    if digits.is_empty() || digits.len() > 5 || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let number = digits.parse().ok().filter(|number| range.contains(number))?;
    Some(if negative { -number } else { number })
}

fn whole(part: &'static str, value: &str, most: u32) -> Result<u32, Refused> {
    let range = 1..=i64::from(most);
    number(value, &range, false)
        .and_then(|number| u32::try_from(number).ok())
        .ok_or_else(|| out_of_range(part, value, &said(&range, false)))
}

fn frequency(value: Option<&str>) -> Result<Frequency, Refused> {
    let Some(value) = value else { return Err(malformed("FREQ is missing; write FREQ=DAILY, WEEKLY, MONTHLY or YEARLY".into())) };
    match value.to_ascii_uppercase().as_str() {
        "DAILY" => Ok(Frequency::Daily),
        "WEEKLY" => Ok(Frequency::Weekly),
        "MONTHLY" => Ok(Frequency::Monthly),
        "YEARLY" => Ok(Frequency::Yearly),
        finer @ ("HOURLY" | "MINUTELY" | "SECONDLY") => Err(Refused::of(
            Reason::Unsupported,
            format!("FREQ={finer} is not supported; write FREQ=DAILY and list the times of the day with BYHOUR and BYMINUTE"),
        )),
        _ => Err(out_of_range("FREQ", value, "DAILY, WEEKLY, MONTHLY or YEARLY")),
    }
}

fn end(count: Option<&str>, until: Option<&str>) -> Result<End, Refused> {
    match (count, until) {
        (Some(_), Some(_)) => Err(contradictory("COUNT and UNTIL exclude each other; give one")),
        (Some(count), None) => Ok(End::Count(whole("COUNT", count, MAX_COUNT)?)),
        (None, Some(until)) => read_until(until).map(End::Until).ok_or_else(|| {
            out_of_range("UNTIL", until, "20261231T150000Z, 20261231T150000 or 20261231, between the years 1970 and 2200")
        }),
        (None, None) => Ok(End::Never),
    }
}

fn read_until(text: &str) -> Option<Until> {
    let (date, rest) = text.split_at_checked(8)?;
    if !date.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let date = format!("{}-{}-{}", &date[..4], &date[4..6], &date[6..]);
    if rest.is_empty() {
        return date.parse::<Date>().ok().filter(|date| (1970..=2200).contains(&date.year())).map(Until::Date);
    }
    let rest = rest.strip_prefix(['T', 't'])?;
    let (time, utc) = match rest.strip_suffix(['Z', 'z']) {
        Some(time) => (time, "Z"),
        None => (rest, ""),
    };
    if time.len() != 6 || !time.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let text = format!("{date}T{}:{}:{}{utc}", &time[..2], &time[2..4], &time[4..]);
    if utc.is_empty() { text.parse::<WallTime>().ok().map(Until::Wall) } else { text.parse::<Instant>().ok().map(Until::Instant) }
}

fn weekday(text: &str) -> Option<i64> {
    (0..).zip(WEEKDAYS).find(|(_, name)| text.eq_ignore_ascii_case(name)).map(|(number, _)| number)
}

fn by_day(text: &str) -> Result<ByDay, Refused> {
    let refused = || out_of_range("BYDAY", text, "a weekday such as MO, 1MO or -1FR");
    let at = text.len().checked_sub(2).ok_or_else(refused)?;
    let (ordinal, name) = text.split_at_checked(at).ok_or_else(refused)?;
    let weekday = weekday(name).ok_or_else(refused)?;
    let ordinal = if ordinal.is_empty() { 0 } else { number(ordinal, &(1..=53), true).ok_or_else(refused)? };
    Ok(ByDay { weekday, ordinal })
}

/// What RFC 5545 says must not stand together, and the limits of what may.
fn check(rule: &Rule) -> Result<(), Refused> {
    let of = rule.frequency;
    let yearly = of == Frequency::Yearly;
    if !rule.week_numbers.is_empty() && !yearly {
        return Err(contradictory("BYWEEKNO needs FREQ=YEARLY"));
    }
    if !rule.year_days.is_empty() && !yearly {
        return Err(contradictory("BYYEARDAY needs FREQ=YEARLY"));
    }
    if !rule.month_days.is_empty() && of == Frequency::Weekly {
        return Err(contradictory("BYMONTHDAY does not go with FREQ=WEEKLY; use FREQ=MONTHLY or FREQ=DAILY"));
    }
    let furthest = rule.week_days.iter().map(|day| day.ordinal.abs()).max().unwrap_or(0);
    if furthest > 0 && !yearly && of != Frequency::Monthly {
        return Err(contradictory("BYDAY with a number, such as 1MO, needs FREQ=MONTHLY or FREQ=YEARLY"));
    }
    if furthest > 0 && !rule.week_numbers.is_empty() {
        return Err(contradictory("BYDAY with a number, such as 1MO, does not go with BYWEEKNO"));
    }
    if furthest > 5 && (!yearly || !rule.months.is_empty()) {
        return Err(contradictory("BYDAY: a month has at most five of a weekday"));
    }
    let lists = [&rule.months, &rule.week_numbers, &rule.year_days, &rule.month_days, &rule.hours, &rule.minutes, &rule.seconds];
    if !rule.positions.is_empty() && rule.week_days.is_empty() && lists.iter().all(|list| list.is_empty()) {
        return Err(contradictory("BYSETPOS picks from what other BY parts name, and there is none"));
    }
    let times = [&rule.hours, &rule.minutes, &rule.seconds].iter().map(|list| list.len().max(1)).product::<usize>();
    if times > MAX_TIMES_A_DAY {
        return Err(Refused::of(
            Reason::TooLarge,
            format!("BYHOUR, BYMINUTE and BYSECOND name {times} times a day, and {MAX_TIMES_A_DAY} are the most"),
        ));
    }
    Ok(())
}
