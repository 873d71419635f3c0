//! Whole days that are free.

use kernel::Zone;

use super::*;

fn shown(slots: &[Slot]) -> Vec<(String, u64)> {
    slots.iter().map(|slot| (slot.start.to_string()[5..13].to_owned(), slot.end.since(slot.start).as_secs() / 3_600)).collect()
}

/// Zone, first day, what is taken, and how many days are asked for; when each run begins, and its hours: of six days.
type Row<'a> = (&'a str, &'a str, &'a [(&'a str, &'a str)], usize, &'a [(&'a str, u64)]);

#[test]
fn runs_of_days_are_free_from_midnight_to_midnight_of_their_zone_also_where_the_clocks_change() {
    let ny = "America/New_York";
    let table: [Row<'_>; 9] = [
        ("UTC", "2026-03-10", &[], 1, &[("03-10T00", 144)]),
        ("UTC", "2026-03-10", &[], 6, &[("03-10T00", 144)]),
        ("UTC", "2026-03-10", &[], 7, &[]),
        // From 15:00 to 16:00 of the next day there is no day.
        ("UTC", "2026-03-10", &[("10T14", "10T15"), ("11T16", "11T17")], 1, &[("03-12T00", 96)]),
        // What touches midnight takes nothing of the next day.
        (
            "UTC",
            "2026-03-10",
            &[("09T00", "10T00"), ("11T00", "12T00"), ("13T23", "15T00")],
            1,
            &[("03-10T00", 24), ("03-12T00", 24), ("03-15T00", 24)],
        ),
        ("UTC", "2026-03-10", &[("11T12", "11T13"), ("15T10", "15T11")], 2, &[("03-12T00", 72)]),
        ("Asia/Seoul", "2026-03-10", &[("09T14", "09T15"), ("10T15", "10T16")], 1, &[("03-09T15", 24), ("03-11T15", 96)]),
        (ny, "2026-03-07", &[("07T15", "07T16"), ("09T04", "09T05")], 1, &[("03-08T05", 23), ("03-10T04", 72)]),
        (ny, "2026-03-07", &[("09T03", "09T04")], 1, &[("03-07T05", 24), ("03-09T04", 96)]),
    ];
    for (zone, first, taken, length, expected) in table {
        let zone: Zone = zone.parse().expect("a zone");
        let taken: Vec<Stretch> = taken.iter().map(|(from, to)| (hour(from), hour(to))).collect();
        let days = days_ahead(first.parse().expect("a date"), 6, &zone, now());
        let expected: Vec<_> = expected.iter().map(|(start, hours)| ((*start).to_owned(), *hours)).collect();
        assert_eq!(shown(&free_days(&taken, &days, length, 5)), expected, "{zone:?} {first} {taken:?} {length}");
    }
    let berlin: Zone = "Europe/Berlin".parse().expect("a zone");
    let long = days_ahead("2026-10-25".parse().expect("a date"), 1, &berlin, now());
    assert_eq!(shown(&free_days(&[], &long, 1, 5)), [("10-24T22".to_owned(), 25)]);
}

#[test]
fn a_day_that_has_begun_is_not_ahead() {
    let zone: Zone = "Asia/Seoul".parse().expect("a zone");
    let first = |day: &str, now: &str| {
        let days = days_ahead(day.parse().expect("a date"), 14, &zone, at(now));
        (days.date(0).to_string(), days.count())
    };
    assert_eq!(first("2026-03-10", "2026-03-01T00:00:00Z"), ("2026-03-10".to_owned(), 14));
    assert_eq!(first("2026-03-10", "2026-03-09T15:00:00Z"), ("2026-03-10".to_owned(), 14), "midnight");
    assert_eq!(first("2026-03-10", "2026-03-09T15:00:01Z"), ("2026-03-11".to_owned(), 14));
    assert_eq!(first("2026-03-10", "2026-04-01T12:00:00Z"), ("2026-04-02".to_owned(), 14));
}

#[test]
fn at_most_so_many_runs_are_answered() {
    let taken: Vec<Stretch> =
        [("10T12", "10T13"), ("12T12", "12T13"), ("14T12", "14T13")].map(|(a, b)| (hour(a), hour(b))).to_vec();
    let days = days_ahead("2026-03-09".parse().expect("a date"), 8, &Zone::utc(), now());
    assert_eq!(free_days(&taken, &days, 1, 2).len(), 2);
    assert_eq!(free_days(&taken, &days, 1, 9).len(), 4);
}

/// `10T14` of March 2026.
fn hour(text: &str) -> Instant {
    at(&format!("2026-03-{text}:00:00Z"))
}
