//! A zone as a VTIMEZONE (RFC 5545 §3.6.5), for programs that do not know it by its IANA name.

use std::collections::BTreeMap;

use jiff::{
    Timestamp,
    civil::DateTime,
    tz::{Offset, TimeZone},
};
use kernel::{Instant, Zone};

use super::{Component, Line, write::basic};

/// How many years are looked at. What goes on by one rule at their end goes on by it for ever.
const YEARS: i16 = 30;

/// So many years in a row make a rule.
const ENOUGH: usize = 5;

const WEEKDAYS: [&str; 7] = ["MO", "TU", "WE", "TH", "FR", "SA", "SU"];

/// What an observance is: those that differ in nothing of it are one.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Observance {
    daylight: bool,
    from: Offset,
    to: Offset,
    name: String,
}

/// Zone `zone` from `first` on; `None` for UTC, which needs no description.
pub fn time_zone(zone: &Zone, first: Instant) -> Option<Component> {
    if *zone == Zone::utc() {
        return None;
    }
    let mut component = Component::new("VTIMEZONE");
    component.lines.push(Line::new("TZID", zone.name()));
    for (observance, onsets) in observances(zone.time_zone(), first.timestamp()) {
        let (single, repeated) = onsets.split_at(repeated_from(&onsets));
        if let [begin, others @ ..] = single {
            let mut line = part(&observance, *begin);
            let dates: Vec<String> = others.iter().copied().map(basic).collect();
            if !dates.is_empty() {
                line.lines.push(Line::new("RDATE", dates.join(",")));
            }
            component.components.push(line);
        }
        if let [begin, ..] = repeated {
            let mut line = part(&observance, *begin);
            line.lines.push(Line::new("RRULE", yearly(*begin, repeated)));
            component.components.push(line);
        }
    }
    Some(component)
}

/// When each observance begins, on the clock that shows the time before: the one that holds at `first`, and those of the years
/// after it.
fn observances(zone: &TimeZone, first: Timestamp) -> BTreeMap<Observance, Vec<DateTime>> {
    let mut found: BTreeMap<Observance, Vec<DateTime>> = BTreeMap::new();
    let just_after = first + jiff::SignedDuration::from_micros(1);
    let last_year = zone.to_datetime(first).year().saturating_add(YEARS);
    let began = zone.preceding(just_after).next();
    let mut before = match &began {
        Some(change) => zone.to_offset(change.timestamp() - jiff::SignedDuration::from_micros(1)),
        None => zone.to_offset(first),
    };
    if began.is_none() {
        let info = zone.to_offset_info(first);
        let observance =
            Observance { daylight: info.dst().is_dst(), from: before, to: before, name: info.abbreviation().to_owned() };
        found.insert(observance, vec![jiff::civil::date(1970, 1, 1).at(0, 0, 0, 0)]);
    }
    for change in began.into_iter().chain(zone.following(first)) {
        let onset = before.to_datetime(change.timestamp());
        if onset.year() > last_year {
            break;
        }
        let (to, name) = (change.offset(), change.abbreviation().to_owned());
        let observance = Observance { daylight: change.dst().is_dst(), from: before, to, name };
        found.entry(observance).or_default().push(onset);
        before = to;
    }
    found
}

/// From which onset on they come each year by one rule, up to the end of what was looked at; the number of all if none does.
fn repeated_from(onsets: &[DateTime]) -> usize {
    let Some(last) = onsets.last() else { return 0 };
    let fits = |nth: fn(DateTime) -> i8| {
        let same = |(a, b): (&DateTime, &DateTime)| {
            a.year() + 1 == b.year()
                && (a.month(), a.weekday(), a.time(), nth(*a)) == (last.month(), last.weekday(), last.time(), nth(*last))
                && nth(*last) != 0
        };
        onsets.iter().zip(onsets.iter().skip(1)).rev().take_while(|pair| same(*pair)).count()
    };
    let together = fits(from_the_end).max(fits(from_the_start));
    if together + 1 >= ENOUGH { onsets.len() - together - 1 } else { onsets.len() }
}

/// Which of its weekday it is in its month.
fn from_the_start(day: DateTime) -> i8 {
    (day.day() - 1) / 7 + 1
}

/// −1 if it is the last of its weekday in its month, otherwise 0.
fn from_the_end(day: DateTime) -> i8 {
    if day.day() + 7 > day.date().days_in_month() { -1 } else { 0 }
}

fn yearly(begin: DateTime, onsets: &[DateTime]) -> String {
    let last = onsets.iter().all(|day| from_the_end(*day) == -1);
    let nth = if last { -1 } else { from_the_start(begin) };
    let weekday = WEEKDAYS[usize::try_from(begin.weekday().to_monday_zero_offset()).unwrap_or(0) % 7];
    format!("FREQ=YEARLY;BYMONTH={};BYDAY={nth}{weekday}", begin.month())
}

fn part(observance: &Observance, begin: DateTime) -> Component {
    let Observance { daylight, from, to, name } = observance;
    let mut part = Component::new(if *daylight { "DAYLIGHT" } else { "STANDARD" });
    part.lines = vec![
        Line::new("DTSTART", basic(begin)),
        Line::new("TZOFFSETFROM", offset(*from)),
        Line::new("TZOFFSETTO", offset(*to)),
        Line::text("TZNAME", name),
    ];
    part
}

/// `+0900`, with seconds where there are any.
fn offset(offset: Offset) -> String {
    let seconds = offset.seconds();
    let (sign, all) = (if seconds < 0 { '-' } else { '+' }, seconds.unsigned_abs());
    let (hours, minutes, rest) = (all / 3_600, all / 60 % 60, all % 60);
    if rest == 0 { format!("{sign}{hours:02}{minutes:02}") } else { format!("{sign}{hours:02}{minutes:02}{rest:02}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn described(zone: &str, first: &str) -> String {
        let zone = zone.parse().expect("a zone");
        time_zone(&zone, first.parse().expect("an instant")).expect("a description").to_string().replace("\r\n", "\n")
    }

    #[test]
    fn a_zone_without_daylight_saving_is_one_observance() {
        let seoul = described("Asia/Seoul", "2026-01-01T00:00:00Z");
        assert!(
            seoul.contains("BEGIN:STANDARD\nDTSTART:19881009T030000\nTZOFFSETFROM:+1000\nTZOFFSETTO:+0900\nTZNAME:KST\n"),
            "{seoul}"
        );
        assert_eq!(seoul.matches("BEGIN:").count(), 2, "{seoul}");
        assert_eq!(time_zone(&Zone::utc(), Instant::EPOCH), None);
    }

    #[test]
    fn daylight_saving_that_goes_on_is_a_rule() {
        let york = described("America/New_York", "2026-06-01T00:00:00Z");
        for rule in
            ["DTSTART:20260308T020000\n", "RRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=2SU\n", "RRULE:FREQ=YEARLY;BYMONTH=11;BYDAY=1SU\n"]
        {
            assert!(york.contains(rule), "{rule}\n{york}");
        }
        let berlin = described("Europe/Berlin", "1995-06-01T00:00:00Z");
        assert!(berlin.contains("RRULE:FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU\n"), "{berlin}");
        assert!(berlin.contains("DTSTART:19950924T030000\n"), "until 1995 it ended in September:\n{berlin}");
    }

    #[test]
    fn what_no_rule_says_is_listed() {
        let casablanca = described("Africa/Casablanca", "2026-01-01T00:00:00Z");
        assert!(casablanca.contains("RDATE:") && !casablanca.contains("RRULE"), "{casablanca}");
    }
}
