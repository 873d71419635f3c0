//! Gaps, folds, UNTIL as an instant, and ranges.

use std::time::Duration;

use kernel::Resolution;

use super::*;
use crate::calendar::recurrence::Last;

const NEW_YORK: &str = "America/New_York";
const HOUR: Extent = Extent::Elapsed(Duration::from_hours(1));

/// Wall time, instant, and what happened to it.
fn seen(series: &Series, from: &str, to: &str, extent: Extent) -> Vec<(String, String, Resolution)> {
    series
        .between(at(from), at(to), extent)
        .map(|it| (it.recurrence_id().to_string(), it.start.instant.to_string(), it.start.resolution))
        .collect()
}

fn is(wall: &str, instant: &str, resolution: Resolution) -> (String, String, Resolution) {
    (wall.to_owned(), instant.to_owned(), resolution)
}

#[test]
fn an_occurrence_in_a_gap_moves_forward_and_keeps_its_name() {
    let daily = series("2026-03-01T02:30:00", NEW_YORK, "FREQ=DAILY");
    assert_eq!(
        seen(&daily, "2026-03-07T00:00:00Z", "2026-03-10T00:00:00Z", POINT),
        [
            is("2026-03-07T02:30:00", "2026-03-07T07:30:00Z", Resolution::Unique),
            is("2026-03-08T02:30:00", "2026-03-08T07:30:00Z", Resolution::Gap),
            is("2026-03-09T02:30:00", "2026-03-09T06:30:00Z", Resolution::Unique),
        ]
    );
    assert!(daily.contains(wall("2026-03-08T02:30:00")) && !daily.contains(wall("2026-03-08T03:30:00")));
    // The second half of it lies behind the range that begins at its moved start.
    assert_eq!(seen(&daily, "2026-03-08T08:00:00Z", "2026-03-08T09:00:00Z", HOUR).len(), 1);
}

#[test]
fn an_occurrence_in_a_fold_takes_the_first() {
    let daily = series("2026-10-01T01:30:00", NEW_YORK, "FREQ=DAILY");
    assert_eq!(
        seen(&daily, "2026-11-01T00:00:00Z", "2026-11-03T00:00:00Z", POINT),
        [
            is("2026-11-01T01:30:00", "2026-11-01T05:30:00Z", Resolution::Fold),
            is("2026-11-02T01:30:00", "2026-11-02T06:30:00Z", Resolution::Unique),
        ]
    );
}

#[test]
fn occurrences_come_in_the_order_in_which_they_happen() {
    // On the night of the gap 02:00 and 02:30 become 03:00 and 03:30, among those that are there already.
    let often = series("2026-03-01T01:00:00", NEW_YORK, "FREQ=DAILY;BYHOUR=1,2,3;BYMINUTE=0,30");
    let found = seen(&often, "2026-03-08T05:00:00Z", "2026-03-09T05:30:00Z", POINT);
    let walls: Vec<&str> = found.iter().map(|(wall, ..)| &wall[8..16]).collect();
    assert_eq!(walls, ["08T01:00", "08T01:30", "08T02:00", "08T03:00", "08T02:30", "08T03:30", "09T01:00"]);
    assert!(found.is_sorted_by(|a, b| a.1 <= b.1));
}

#[test]
fn zones_that_shift_by_half_an_hour_or_a_whole_day_are_followed() {
    let howe = series("2026-09-01T02:15:00", "Australia/Lord_Howe", "FREQ=DAILY");
    assert_eq!(
        seen(&howe, "2026-10-03T00:00:00Z", "2026-10-05T00:00:00Z", POINT),
        [
            is("2026-10-04T02:15:00", "2026-10-03T15:45:00Z", Resolution::Gap),
            is("2026-10-05T02:15:00", "2026-10-04T15:15:00Z", Resolution::Unique),
        ]
    );
    // Samoa had no 30 December 2011: that day's occurrence falls together with the next one's.
    let samoa = series("2011-12-28T10:00:00", "Pacific/Apia", "FREQ=DAILY;COUNT=4");
    assert_eq!(
        seen(&samoa, "2011-12-29T12:00:00Z", "2012-01-10T00:00:00Z", POINT),
        [
            is("2011-12-29T10:00:00", "2011-12-29T20:00:00Z", Resolution::Unique),
            is("2011-12-30T10:00:00", "2011-12-30T20:00:00Z", Resolution::Gap),
            is("2011-12-31T10:00:00", "2011-12-30T20:00:00Z", Resolution::Unique),
        ]
    );
    // A midnight that does not exist.
    let santiago = series("2026-09-05T00:00:00", "America/Santiago", "FREQ=DAILY;COUNT=2");
    assert_eq!(
        seen(&santiago, "2026-09-06T00:00:00Z", "2026-09-07T00:00:00Z", POINT),
        [is("2026-09-06T00:00:00", "2026-09-06T04:00:00Z", Resolution::Gap)]
    );
}

#[test]
fn until_is_an_instant_a_wall_time_or_a_whole_day() {
    let cases = [
        // 09:30 in Seoul is 00:30Z.
        ("FREQ=DAILY;UNTIL=20261122T003000Z", 3),
        ("FREQ=DAILY;UNTIL=20261122T002959Z", 2),
        ("FREQ=DAILY;UNTIL=20261122T093000", 3),
        ("FREQ=DAILY;UNTIL=20261122T092959", 2),
        ("FREQ=DAILY;UNTIL=20261122", 3),
        ("FREQ=DAILY;UNTIL=20261121", 2),
        ("FREQ=DAILY;UNTIL=20261120T003000Z", 1),
    ];
    for (rrule, expected) in cases {
        assert_eq!(first(&series("2026-11-20T09:30:00", "Asia/Seoul", rrule), 9).len(), expected, "{rrule}");
    }
    // The occurrence that the gap moves to 07:30Z is measured where it happens.
    for (until, expected) in [("20260308T072959Z", 1), ("20260308T073000Z", 2)] {
        let rrule = format!("FREQ=DAILY;UNTIL={until}");
        assert_eq!(first(&series("2026-03-07T02:30:00", NEW_YORK, &rrule), 9).len(), expected, "{rrule}");
    }
}

#[test]
fn a_range_is_half_open_and_what_has_no_length_lies_in_its_instant() {
    let daily = series("2026-11-20T09:00:00", "UTC", "FREQ=DAILY");
    let many = |from: &str, to: &str, extent| daily.between(at(from), at(to), extent).count();
    assert_eq!(many("2026-11-21T10:00:00Z", "2026-11-22T09:00:00Z", HOUR), 0);
    assert_eq!(many("2026-11-21T09:59:59Z", "2026-11-22T09:00:01Z", HOUR), 2);
    assert_eq!(many("2026-11-21T09:00:00Z", "2026-11-22T09:00:00Z", POINT), 1);
    assert_eq!(many("2026-11-01T00:00:00Z", "2026-11-20T09:00:00Z", HOUR), 0, "before the start");
    // Longer than the distance between two: all those under way are seen.
    assert_eq!(many("2026-12-01T00:00:00Z", "2026-12-01T01:00:00Z", Extent::Elapsed(Duration::from_hours(72))), 3);
}

#[test]
fn whole_days_end_at_midnight_on_the_wall() {
    let days = series("2026-03-07T00:00:00", NEW_YORK, "FREQ=DAILY");
    let all: Vec<_> = days.between(at("2026-03-08T05:00:00Z"), at("2026-03-10T04:00:00Z"), Extent::Days(1)).collect();
    let lengths: Vec<u64> = all.iter().map(|it| it.end.since(it.start.instant).as_secs() / 3_600).collect();
    assert_eq!(lengths, [23, 24], "the clocks go forward on 8 March");
}

#[test]
fn a_range_far_from_the_start_is_reached() {
    let weekly = series("1970-01-01T09:00:00", "Europe/Berlin", "FREQ=WEEKLY;INTERVAL=3;BYDAY=MO,TH");
    let found = seen(&weekly, "2199-12-01T00:00:00Z", "2199-12-31T00:00:00Z", HOUR);
    assert_eq!(found.len(), 4);
    assert_eq!(weekly.next_after(found_instant(&found[1])).map(|it| it.start.instant), Some(found_instant(&found[2])));
    assert_eq!(weekly.last(), Last::Endless);
}

fn found_instant(found: &(String, String, Resolution)) -> Instant {
    at(&found.1)
}

#[test]
fn added_dates_merge_and_exceptions_take_away() {
    let start = "2026-11-20T09:30:00";
    let rdates = ["2026-11-20T18:00:00", "2026-11-21T09:30:00", "2026-11-01T09:30:00", "2027-01-01T09:30:00"];
    let exdates = ["2026-11-20T09:30:00", "2026-11-22T09:30:00", "2026-11-23T08:00:00", "2027-01-01T09:30:00"];
    let series = build(start, "Asia/Seoul", "FREQ=DAILY;COUNT=4", &rdates, &exdates).expect("a series");
    assert_eq!(
        first(&series, 9),
        ["2026-11-01T09:30:00", "2026-11-20T18:00:00", "2026-11-21T09:30:00", "2026-11-23T09:30:00"],
        "COUNT has counted what was taken away, and not what was added"
    );
    assert!(!series.contains(wall(start)) && series.contains(wall("2026-11-20T18:00:00")));
    assert_eq!(series.after(wall("2026-11-21T09:30:00")), Some(wall("2026-11-23T09:30:00")));
    assert_eq!(series.after(wall("2026-11-23T09:30:00")), None);
    let Last::At(last) = series.last() else { panic!("{:?}", series.last()) };
    assert_eq!(last.recurrence_id(), wall("2026-11-23T09:30:00"));
    let nothing = build(start, "UTC", "FREQ=DAILY;COUNT=1", &[], &[start]).expect("a series");
    assert_eq!((nothing.last(), first(&nothing, 9).len()), (Last::Nothing, 0));
}

#[test]
fn dates_are_sets() {
    let build = |rdates: &[&str], exdates: &[&str]| build("2026-11-20T09:30:00", "Asia/Seoul", "FREQ=WEEKLY", rdates, exdates);
    let (first, second) = ("2026-11-21T09:30:00", "2026-12-01T09:30:00");
    let sorted = build(&[first, second], &[first, second]).expect("a series");
    let muddled = build(&[second, first, second], &[second, second, first]).expect("a series");
    assert_eq!(sorted.recurrence(), muddled.recurrence());
    assert_eq!(sorted, muddled);
}

#[test]
fn the_last_is_the_one_that_starts_last() {
    // 02:30 is moved to 03:30, behind 03:00.
    let night = series("2026-03-01T02:30:00", NEW_YORK, "FREQ=DAILY;BYHOUR=2,3;BYMINUTE=0,30;UNTIL=20260308T030000");
    let Last::At(last) = night.last() else { panic!("{:?}", night.last()) };
    assert_eq!(last.recurrence_id(), wall("2026-03-08T02:30:00"));
}
