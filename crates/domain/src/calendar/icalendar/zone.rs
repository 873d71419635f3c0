//! A zone as a VTIMEZONE (RFC 5545 §3.6.5), for programs that do not know it by its IANA name.

use std::collections::BTreeMap;

use jiff::{
    Timestamp,
    civil::DateTime,
    tz::{Offset, TimeZone},
};
use kernel::{Instant, Zone};

use super::{Component, Line, write::basic};

/// How many years are looked at, from today or from what lies later. What goes on by one rule at their end goes on by it for ever.
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

/// Zone `zone` from `first` on, as it is known `now`; `None` for UTC, which needs no description.
pub fn time_zone(zone: &Zone, first: Instant, now: Instant) -> Option<Component> {
    if *zone == Zone::utc() {
        return None;
    }
    let mut component = Component::new("VTIMEZONE");
    component.lines.push(Line::new("TZID", zone.name()));
    let last_year = zone.wall_at(first.max(now)).datetime().year().saturating_add(YEARS);
    for (observance, onsets) in observances(zone.time_zone(), first.timestamp(), last_year) {
        let (single, repeated) = by_rule(&onsets);
        if let [begin, others @ ..] = single.as_slice() {
            let mut line = part(&observance, *begin);
            let dates: Vec<String> = others.iter().copied().map(basic).collect();
            if !dates.is_empty() {
                line.lines.push(Line::new("RDATE", dates.join(",")));
            }
            component.components.push(line);
        }
        for onsets in repeated {
            let [begin, .., end] = onsets else { continue };
            let mut line = part(&observance, *begin);
            let until = (end.year() < last_year).then(|| observance.from.to_timestamp(*end).ok()).flatten();
            line.lines.push(Line::new("RRULE", yearly(*begin, onsets, until)));
            component.components.push(line);
        }
    }
    Some(component)
}

/// When each observance begins, on the clock that shows the time before: the one that holds at `first`, and those after it up to
/// the end of `last_year`.
fn observances(zone: &TimeZone, first: Timestamp, last_year: i16) -> BTreeMap<Observance, Vec<DateTime>> {
    let mut found: BTreeMap<Observance, Vec<DateTime>> = BTreeMap::new();
    let just_after = first + jiff::SignedDuration::from_micros(1);
    let began = zone.preceding(just_after).next();
    let mut before = match &began {
        Some(change) => zone.to_offset(change.timestamp() - jiff::SignedDuration::from_micros(1)),
        None => zone.to_offset(first),
    };
    if began.is_none() {
        let info = zone.to_offset_info(first);
        let observance =
            Observance { daylight: info.dst().is_dst(), from: before, to: before, name: info.abbreviation().to_owned() };
        found.insert(observance, vec![jiff::civil::date(1969, 12, 31).at(0, 0, 0, 0)]);
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

/// The onsets that no rule gives, and those that come each year by one rule, for as long as they do.
fn by_rule(onsets: &[DateTime]) -> (Vec<DateTime>, Vec<&[DateTime]>) {
    let (mut single, mut repeated) = (Vec::new(), Vec::new());
    let mut rest = onsets;
    while let [first, after @ ..] = rest {
        let together = together(rest);
        if together >= ENOUGH {
            let (run, others) = rest.split_at(together);
            repeated.push(run);
            rest = others;
        } else {
            single.push(*first);
            rest = after;
        }
    }
    (single, repeated)
}

/// How many of the first come each year by one rule.
fn together(onsets: &[DateTime]) -> usize {
    let fits = |nth: fn(DateTime) -> i8| {
        let rule = |day: DateTime| (day.month(), day.weekday(), day.time(), nth(day));
        let same = |(a, b): (&DateTime, &DateTime)| a.year() + 1 == b.year() && rule(*a) == rule(*b) && nth(*a) != 0;
        1 + onsets.iter().zip(onsets.iter().skip(1)).take_while(|pair| same(*pair)).count()
    };
    fits(from_the_end).max(fits(from_the_start))
}

/// Which of its weekday it is in its month.
fn from_the_start(day: DateTime) -> i8 {
    (day.day() - 1) / 7 + 1
}

/// −1 if it is the last of its weekday in its month, otherwise 0.
fn from_the_end(day: DateTime) -> i8 {
    if day.day() + 7 > day.date().days_in_month() { -1 } else { 0 }
}

fn yearly(begin: DateTime, onsets: &[DateTime], until: Option<Timestamp>) -> String {
    let last = onsets.iter().all(|day| from_the_end(*day) == -1);
    let nth = if last { -1 } else { from_the_start(begin) };
    let weekday = WEEKDAYS[usize::try_from(begin.weekday().to_monday_zero_offset()).unwrap_or(0) % 7];
    let until = until.map(|until| format!(";UNTIL={}Z", basic(Offset::UTC.to_datetime(until)))).unwrap_or_default();
    format!("FREQ=YEARLY;BYMONTH={};BYDAY={nth}{weekday}{until}", begin.month())
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

    fn instant(text: &str) -> Instant {
        text.parse().expect("an instant")
    }

    fn now() -> Instant {
        instant("2026-11-20T00:00:00Z")
    }

    fn described(zone: &str, first: &str) -> String {
        let zone = zone.parse().expect("a zone");
        time_zone(&zone, instant(first), now()).expect("a description").to_string().replace("\r\n", "\n")
    }

    #[test]
    fn a_zone_without_daylight_saving_is_one_observance() {
        let seoul = described("Asia/Seoul", "2026-01-01T00:00:00Z");
        assert!(
            seoul.contains("BEGIN:STANDARD\nDTSTART:19881009T030000\nTZOFFSETFROM:+1000\nTZOFFSETTO:+0900\nTZNAME:KST\n"),
            "{seoul}"
        );
        assert_eq!(seoul.matches("BEGIN:").count(), 2, "{seoul}");
        assert_eq!(time_zone(&Zone::utc(), Instant::EPOCH, now()), None);
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

    /// What a description says, read by itself: the offsets in order, each with the instant it begins at, up to the end of `year`.
    fn as_read(description: &Component, year: i16) -> Vec<(Timestamp, i32)> {
        let mut found: Vec<(Timestamp, i32)> = Vec::new();
        for part in &description.components {
            let value = |name: &str| part.line(name).map(|line| line.value.as_str());
            let seconds = |name: &str| {
                let text = value(name).expect("an offset");
                let (sign, digits) = text.split_at(1);
                let number = |at: usize| digits.get(at..at + 2).map_or(0, |two| two.parse::<i32>().expect("a number"));
                let all = number(0) * 3_600 + number(2) * 60 + number(4);
                if sign == "-" { -all } else { all }
            };
            let from = Offset::from_seconds(seconds("TZOFFSETFROM")).expect("an offset");
            let wall = |text: &str| DateTime::strptime("%Y%m%dT%H%M%S", text).expect("a wall time");
            let begin = wall(value("DTSTART").expect("a start"));
            let mut onsets = vec![begin];
            onsets.extend(value("RDATE").into_iter().flat_map(|dates| dates.split(',')).map(wall));
            if let Some(rule) = value("RRULE") {
                let word = |name: &str| rule.split(';').find_map(|word| word.strip_prefix(name)?.strip_prefix('='));
                assert_eq!(word("FREQ"), Some("YEARLY"));
                let month: i8 = word("BYMONTH").and_then(|month| month.parse().ok()).expect("a month");
                let (nth, weekday) = word("BYDAY").map(|day| day.split_at(day.len() - 2)).expect("a day");
                let weekday = WEEKDAYS.iter().position(|known| *known == weekday).expect("a weekday");
                let weekday = jiff::civil::Weekday::from_monday_zero_offset(i8::try_from(weekday).expect("small")).expect("one");
                let until =
                    word("UNTIL").map(|until| Offset::UTC.to_timestamp(wall(until.trim_end_matches('Z'))).expect("an end"));
                for year in begin.year() + 1..=year {
                    let month = jiff::civil::date(year, month, 1);
                    let day = month.nth_weekday_of_month(nth.parse().expect("a number"), weekday).expect("a day");
                    let onset = day.to_datetime(begin.time());
                    if until.is_none_or(|until| from.to_timestamp(onset).expect("an instant") <= until) {
                        onsets.push(onset);
                    }
                }
            }
            let to = seconds("TZOFFSETTO");
            found.extend(onsets.into_iter().map(|onset| (from.to_timestamp(onset).expect("an instant"), to)));
        }
        found.sort_unstable();
        found
    }

    #[test]
    fn what_is_described_is_what_the_database_says_in_every_zone_to_2045() {
        let end = instant("2046-01-01T00:00:00Z").timestamp();
        let mut checked = 0;
        for name in jiff::tz::db().available() {
            let Ok(zone) = name.as_str().parse::<Zone>() else { continue };
            for year in [1970, 1990, 2005, 2020] {
                let first = instant(&format!("{year}-01-01T00:00:00Z"));
                let Some(description) = time_zone(&zone, first, now()) else { continue };
                let read = as_read(&description, 2045);
                // Between two changes of either nothing changes: looking right before and at each of them is looking everywhere.
                let changes = zone.time_zone().following(first.timestamp()).map(|change| change.timestamp());
                let mut looked_at: Vec<Timestamp> =
                    changes.take_while(|at| *at < end).chain(read.iter().map(|(at, _)| *at)).collect();
                looked_at.push(first.timestamp());
                let second = jiff::SignedDuration::from_secs(1);
                for at in looked_at.iter().flat_map(|at| [*at - second, *at]).filter(|at| *at >= first.timestamp() && *at < end) {
                    let said = read.partition_point(|(begin, _)| *begin <= at).checked_sub(1).map(|index| read[index].1);
                    let truth = zone.time_zone().to_offset(at).seconds();
                    assert_eq!(said, Some(truth), "{name} from {year} at {at}\n{description}");
                    checked += 1;
                }
            }
        }
        assert!(checked > 10_000, "{checked}");
    }

    #[test]
    fn daylight_saving_that_was_abolished_ends() {
        let mexico = described("America/Mexico_City", "2010-01-01T00:00:00Z");
        for rule in ["BYMONTH=4;BYDAY=1SU;UNTIL=20220403T080000Z\n", "BYMONTH=10;BYDAY=-1SU;UNTIL=20221030T070000Z\n"] {
            assert!(mexico.contains(rule), "{rule}\n{mexico}");
        }
        let berlin = described("Europe/Berlin", "1985-01-01T00:00:00Z");
        assert!(berlin.contains("BYMONTH=9;BYDAY=-1SU;UNTIL=19950924T010000Z\n"), "{berlin}");
        assert!(berlin.contains("DTSTART:19961027T030000\nTZOFFSETFROM:+0200\nTZOFFSETTO:+0100\nTZNAME:CET\nRRULE:FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU\n"), "{berlin}");
    }
}
