//! A calendar of extreme density: nobody waits for it, and nothing is let in that was not looked at.

use super::*;
use crate::calendar::recurrence::walked;

/// Every minute of every day, for half of it.
const EVERY_MINUTE: &str = "FREQ=DAILY;BYHOUR=0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23;BYMINUTE=0,1,2,3,4,5,6,7,8,\
     9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31,32,33,34,35,36,37,38,39,40,41,42,43,44,45,46,47,48,49,50,51,\
     52,53,54,55,56,57,58,59";

fn seconds(number: u8, start: &str, seconds: u64, rule: &str) -> RecurrenceSet {
    let start = Moment::Wall(wall(start));
    let zone = "America/New_York".parse().expect("a zone");
    let draft = SpanDraft { all_day: false, zone, start, end: None, duration: Some(Duration::from_secs(seconds)) };
    item(number, draft.resolve(now()).expect("a span"), Some(rule))
}

fn minutely(number: u8, length: u64) -> RecurrenceSet {
    seconds(number, "2026-03-10T00:00:00", length, EVERY_MINUTE)
}

/// What came of a search, and how many occurrences were really walked past for it.
fn measured(added: &Added<'_>, others: &[RecurrenceSet]) -> (Result<usize, TooDense>, u64) {
    let (mut budget, before) = (Budget::default(), walked());
    let found = search(added, &calendar(others), &mut budget).map(|found| found.conflicts.len());
    assert!(budget.taken() <= MAX_STEPS);
    (found, walked() - before)
}

/// Beginning to walk passes over a little that is over already, in every series.
const BEGINNING: u64 = 10_000;

#[test]
fn nothing_is_walked_past_beyond_the_budget_and_what_is_not_known_is_refused() {
    let dense = minutely(1, 30);
    // Half a minute later they touch and do not meet, for two years.
    let beside = seconds(2, "2026-03-10T00:00:30", 30, EVERY_MINUTE);
    let daily = item(3, ny("2026-03-10T09:00:00", 4), Some("FREQ=DAILY"));
    let free = seconds(4, "2026-03-10T00:00:30", 30, "FREQ=DAILY");
    let before = Some(&dense);
    for (after, before, others) in [
        (&dense, None, vec![]),
        (&dense, None, vec![beside.clone()]),
        (&dense, before, vec![beside.clone()]),
        (&free, None, vec![dense.clone()]),
        (&free, None, (10..60).map(|number| minutely(number, 30)).collect()),
    ] {
        let (found, walked) = measured(&Added::by(after, before, now()), &others);
        assert_eq!(found, Err(TooDense));
        assert!(walked <= u64::from(MAX_STEPS) + BEGINNING, "{walked} for {} others", others.len());
    }
    // What meets is found at once, however much there is.
    for (after, others) in [(&daily, vec![dense.clone(), beside]), (&dense, vec![daily.clone()])] {
        let (found, walked) = measured(&Added::by(after, None, now()), &others);
        assert_eq!(found, Ok(MAX_CONFLICTS));
        assert!(walked <= 50_000, "{walked}");
    }
    // And what happens once looks only where it is.
    let call = item(5, ny("2026-03-10T08:00:00", 4), None);
    let (found, walked) = measured(&Added::by(&call, None, now()), &[dense]);
    assert!(found == Ok(MAX_CONFLICTS) && walked < BEGINNING, "{walked}");
}

#[test]
fn what_takes_no_time_is_not_walked_past() {
    let mut free = minutely(1, 30);
    free.schedule.text.busy = false;
    let named = wall("2026-06-10T09:00:00");
    free.overrides.insert(named, own(named, Some(true), None));
    let none = wall("2026-06-10T09:00:20");
    free.overrides.insert(none, own(none, Some(true), None));
    let point = minutely(2, 0);
    let daily = item(3, ny("2026-03-10T09:00:00", 4), Some("FREQ=DAILY"));
    let (found, walked) = measured(&Added::by(&daily, None, now()), &[free.clone(), point.clone()]);
    assert_eq!(found, Ok(1), "the one that was made busy");
    assert!(walked < BEGINNING, "{walked}");
    for nothing in [free, point] {
        let (found, walked) = measured(&Added::by(&nothing, None, now()), std::slice::from_ref(&daily));
        assert!(found.is_ok() && walked < BEGINNING, "{walked}");
    }
}

#[test]
fn all_places_for_a_series_are_looked_for_within_one_budget() {
    let daily = item(3, ny("2026-03-10T09:00:00", 4), Some("FREQ=DAILY"));
    let mut budget = Budget::default();
    let before = walked();
    assert_eq!(shifts(&daily, &calendar(&[minutely(1, 30)]), now(), 5, &mut budget), []);
    assert!(walked() - before <= u64::from(MAX_STEPS) + BEGINNING);
    // 405 a day, all of them between nine and ten, leave steps for a few places.
    let list = |count: u32| (0..count).map(|n| n.to_string()).collect::<Vec<_>>().join(",");
    let often = format!("FREQ=DAILY;BYHOUR=9;BYMINUTE={};BYSECOND=0,10,20,30,40,50", list(60));
    let other = format!("FREQ=DAILY;BYHOUR=9;BYMINUTE={};BYSECOND=5", list(45));
    let others = [seconds(1, "2026-03-10T09:00:00", 1, &often), seconds(2, "2026-03-10T09:00:05", 1, &other)];
    let (mut budget, before) = (Budget::default(), walked());
    let offered = shifts(&daily, &calendar(&others), now(), 5, &mut budget);
    assert!((1..5).contains(&offered.len()), "{offered:?}");
    assert!(walked() - before <= u64::from(MAX_STEPS) + 47 * 100);
    assert_eq!(budget.taken(), MAX_STEPS);
    assert_eq!(shifts(&daily, &calendar(&others[1..]), now(), 5, &mut Budget::default()).len(), 5);
}

#[test]
fn what_was_not_read_is_not_taken_for_free() {
    let call = |start: &str| item(1, ny(start, 4), None);
    let lunch = item(2, ny("2026-03-10T12:00:00", 4), None);
    let full = |known_until: &str| Calendar { known_until: at(known_until), ..calendar(std::slice::from_ref(&lunch)) };
    let asked = |start: &str, calendar: &Calendar| {
        let found = search(&Added::by(&call(start), None, now()), calendar, &mut Budget::default());
        found.map(|found| (found.conflicts.len(), found.truncated))
    };
    assert_eq!(asked("2026-03-10T10:00:00", &full("2026-03-10T16:00:00Z")), Err(TooDense));
    assert_eq!(asked("2026-03-10T12:30:00", &full("2026-03-10T16:00:00Z")), Ok((1, true)));
    assert_eq!(asked("2026-03-10T12:30:00", &full("2000-01-01T00:00:00Z")), Ok((1, true)));
    assert_eq!(asked("2026-03-10T10:00:00", &calendar(std::slice::from_ref(&lunch))), Ok((0, false)));
    let most = usize::try_from(MAX_SERIES).expect("few");
    let series = vec![item(3, ny("2026-03-10T12:00:00", 4), Some("FREQ=DAILY")); most];
    assert_eq!(Calendar::new(vec![], series[1..].to_vec()).known_until, Instant::MAX);
    assert_eq!(Calendar::new(vec![], series).known_until, Instant::DISTANT_PAST);
    let once = calendar(&[lunch]).once;
    let once = once.repeat(usize::try_from(MAX_ONCE).expect("few"));
    assert_eq!(Calendar::new(once[1..].to_vec(), vec![]).known_until, Instant::MAX);
    assert_eq!(Calendar::new(once, vec![]).known_until, at("2026-03-10T16:00:00Z"));
}
