//! Cutting a series in two.

use std::time::Duration;

use kernel::Coded as _;

use super::*;
use crate::calendar::recurrence::walked;

fn text(series: &Series) -> String {
    format!("{} {}", series.start(), series.recurrence().rule)
}

#[test]
fn both_parts_keep_the_rule_and_share_its_end() {
    let table = [
        (
            "FREQ=DAILY;INTERVAL=2;COUNT=5",
            "2026-11-24T09:30:00",
            "2026-11-20T09:30:00 FREQ=DAILY;INTERVAL=2;COUNT=2",
            "2026-11-24T09:30:00 FREQ=DAILY;INTERVAL=2;COUNT=3",
        ),
        (
            "FREQ=WEEKLY",
            "2026-12-04T09:30:00",
            "2026-11-20T09:30:00 FREQ=WEEKLY;UNTIL=20261127T093000",
            "2026-12-04T09:30:00 FREQ=WEEKLY",
        ),
        (
            "FREQ=DAILY;UNTIL=20261231",
            "2026-11-24T09:30:00",
            "2026-11-20T09:30:00 FREQ=DAILY;UNTIL=20261123",
            "2026-11-24T09:30:00 FREQ=DAILY;UNTIL=20261231",
        ),
        (
            "FREQ=DAILY;BYHOUR=9,18;UNTIL=20261231",
            "2026-11-21T18:30:00",
            "2026-11-20T09:30:00 FREQ=DAILY;UNTIL=20261121T093000;BYHOUR=9,18",
            "2026-11-21T18:30:00 FREQ=DAILY;UNTIL=20261231;BYHOUR=9,18",
        ),
        // 20 November is a Friday: the start is counted, though the rule does not meet it.
        (
            "FREQ=WEEKLY;BYDAY=MO;COUNT=4",
            "2026-11-30T09:30:00",
            "2026-11-20T09:30:00 FREQ=WEEKLY;COUNT=2;BYDAY=MO",
            "2026-11-30T09:30:00 FREQ=WEEKLY;COUNT=2;BYDAY=MO",
        ),
    ];
    for (rrule, cut, before, from) in table {
        let split = series("2026-11-20T09:30:00", "Asia/Seoul", rrule).split_at(wall(cut)).expect(rrule);
        assert_eq!(split.before.as_ref().map(text).as_deref(), Some(before), "{rrule}");
        assert_eq!(text(&split.from), from, "{rrule}");
    }
}

#[test]
fn dates_go_to_the_part_they_lie_in() {
    let rdates = ["2026-11-21T18:00:00", "2026-12-24T18:00:00"];
    let exdates = ["2026-11-22T09:30:00", "2026-11-25T09:30:00"];
    let series = build("2026-11-20T09:30:00", "UTC", "FREQ=DAILY", &rdates, &exdates).expect("a series");
    let split = series.split_at(wall("2026-11-24T09:30:00")).expect("a split");
    let before = split.before.expect("a part before");
    assert_eq!((&before.recurrence().rdates, &before.recurrence().exdates), (&dates(&rdates[..1]), &dates(&exdates[..1])));
    assert_eq!(
        (&split.from.recurrence().rdates, &split.from.recurrence().exdates),
        (&dates(&rdates[1..]), &dates(&exdates[1..]))
    );
}

#[test]
fn a_cut_at_an_added_date_keeps_the_steps_of_the_rule() {
    let series = build("2026-11-20T09:30:00", "UTC", "FREQ=WEEKLY;INTERVAL=2", &["2026-11-25T18:00:00"], &[]).expect("a series");
    let split = series.split_at(wall("2026-11-25T18:00:00")).expect("a split");
    assert_eq!(split.before.as_ref().map(|part| first(part, 9)), Some(vec!["2026-11-20T09:30:00".to_owned()]));
    assert_eq!(first(&split.from, 3), ["2026-11-25T18:00:00", "2026-12-04T09:30:00", "2026-12-18T09:30:00"]);
}

#[test]
fn a_cut_at_the_first_leaves_nothing_before() {
    let series = series("2026-11-20T09:30:00", "UTC", "FREQ=DAILY;COUNT=3");
    let split = series.split_at(wall("2026-11-20T09:30:00")).expect("a split");
    assert!(split.before.is_none());
    assert_eq!(text(&split.from), text(&series));
    let error = series.split_at(wall("2026-11-20T10:00:00")).expect_err("no such occurrence");
    assert_eq!(error.code(), "schedule.not_an_occurrence");
}

#[test]
fn what_is_far_away_is_reached_without_walking_there() {
    let times = |count: u32| (0..count).map(|time| time.to_string()).collect::<Vec<_>>().join(",");
    let every_minute = format!("BYHOUR={};BYMINUTE={}", times(24), times(60));
    for rule in ["FREQ=DAILY", "FREQ=YEARLY;BYDAY=MO,TU,WE,TH,FR,SA,SU", "FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR,SA,SU"] {
        let series = series("2026-11-20T00:00:00", "Asia/Seoul", &format!("{rule};{every_minute}"));
        let before = walked();
        let from = at("2199-12-31T00:00:00Z");
        let first = series.between(from, Instant::MAX, Extent::Elapsed(Duration::ZERO)).next().expect("one");
        assert_eq!(first.start.instant, from);
        // A day and a little: no zone moves its clocks by more.
        assert!(walked() - before <= 3 * 1_440, "{rule}: {} until then", walked() - before);
        let before = walked();
        let split = series.split_at(first.recurrence_id()).expect("a split");
        assert_eq!(
            split.before.map(|before| text(&before)).expect("a part before").split("UNTIL=").nth(1).map(|end| &end[..15]),
            Some("21991231T085900")
        );
        // One period of the rule and a day: a year at most.
        assert!(walked() - before <= 368 * 1_440, "{rule}: {} to cut it", walked() - before);
    }
}
