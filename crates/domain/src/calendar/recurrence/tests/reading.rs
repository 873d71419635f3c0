//! Which texts are rules, and what is said of those that are none.

use kernel::Coded as _;

use super::*;
use crate::calendar::recurrence::{MAX_DATES, MAX_TEXT_BYTES, Reason};

#[test]
fn a_rule_is_printed_in_its_canonical_form() {
    let table = [
        ("FREQ=DAILY", "FREQ=DAILY"),
        ("RRULE:freq=weekly;byday=we,mo,WE;wkst=mo;interval=1", "FREQ=WEEKLY;BYDAY=MO,WE"),
        ("BYDAY=FR,-1MO,+2MO;FREQ=MONTHLY;WKST=SU", "FREQ=MONTHLY;BYDAY=-1MO,2MO,FR;WKST=SU"),
        ("FREQ=DAILY;COUNT=007", "FREQ=DAILY;COUNT=7"),
        ("FREQ=DAILY;UNTIL=20261231", "FREQ=DAILY;UNTIL=20261231"),
        ("FREQ=DAILY;UNTIL=20261231T090000", "FREQ=DAILY;UNTIL=20261231T090000"),
        ("FREQ=DAILY;UNTIL=20261231T090000Z", "FREQ=DAILY;UNTIL=20261231T090000Z"),
        (
            "FREQ=YEARLY;BYSETPOS=-1,1;BYSECOND=0;BYMINUTE=30,0;BYHOUR=9;BYMONTHDAY=-1,1;BYYEARDAY=-1;BYMONTH=12,1",
            "FREQ=YEARLY;BYMONTH=1,12;BYYEARDAY=-1;BYMONTHDAY=-1,1;BYHOUR=9;BYMINUTE=0,30;BYSECOND=0;BYSETPOS=-1,1",
        ),
        ("FREQ=YEARLY;BYWEEKNO=53,-1;BYDAY=SU", "FREQ=YEARLY;BYWEEKNO=-1,53;BYDAY=SU"),
    ];
    for (text, canonical) in table {
        assert_eq!(rule(text).to_string(), canonical);
        assert_eq!(rule(canonical), rule(text));
    }
}

#[test]
fn what_is_wrong_is_named() {
    let table = [
        ("", Reason::Malformed, "NAME=VALUE"),
        ("DAILY", Reason::Malformed, "DAILY"),
        ("FREQ=DAILY;", Reason::Malformed, "NAME=VALUE"),
        ("COUNT=3", Reason::Malformed, "FREQ"),
        ("FREQ=DAILY;FREQ=WEEKLY", Reason::Malformed, "FREQ"),
        ("FREQ=DAILY;BYFULLMOON=1", Reason::Malformed, "BYFULLMOON"),
        ("FREQ=DAILY; COUNT=3", Reason::Malformed, "COUNT"),
        ("FREQ=HOURLY", Reason::Unsupported, "HOURLY"),
        ("FREQ=SECONDLY", Reason::Unsupported, "SECONDLY"),
        ("RSCALE=HEBREW;FREQ=YEARLY", Reason::Unsupported, "RSCALE"),
        ("FREQ=FORTNIGHTLY", Reason::OutOfRange, "FREQ"),
        ("FREQ=DAILY;INTERVAL=0", Reason::OutOfRange, "INTERVAL"),
        ("FREQ=DAILY;INTERVAL=1001", Reason::OutOfRange, "INTERVAL"),
        ("FREQ=DAILY;INTERVAL=-1", Reason::OutOfRange, "INTERVAL"),
        ("FREQ=DAILY;COUNT=0", Reason::OutOfRange, "COUNT"),
        ("FREQ=DAILY;COUNT=1000000000", Reason::OutOfRange, "COUNT"),
        ("FREQ=DAILY;COUNT=99999999999999999999", Reason::OutOfRange, "COUNT"),
        ("FREQ=DAILY;UNTIL=2026-12-31", Reason::OutOfRange, "UNTIL"),
        ("FREQ=DAILY;UNTIL=20260230", Reason::OutOfRange, "UNTIL"),
        ("FREQ=DAILY;UNTIL=99991231T000000Z", Reason::OutOfRange, "UNTIL"),
        ("FREQ=DAILY;UNTIL=20261231T0900", Reason::OutOfRange, "UNTIL"),
        ("FREQ=DAILY;UNTIL=\u{5e74}20261231", Reason::OutOfRange, "UNTIL"),
        ("FREQ=WEEKLY;BYDAY=", Reason::OutOfRange, "BYDAY"),
        ("FREQ=WEEKLY;BYDAY=MO,", Reason::OutOfRange, "BYDAY"),
        ("FREQ=WEEKLY;BYDAY=XX", Reason::OutOfRange, "BYDAY"),
        ("FREQ=WEEKLY;BYDAY=\u{5e74}", Reason::OutOfRange, "BYDAY"),
        ("FREQ=MONTHLY;BYDAY=0MO", Reason::OutOfRange, "BYDAY"),
        ("FREQ=YEARLY;BYDAY=54MO", Reason::OutOfRange, "BYDAY"),
        ("FREQ=MONTHLY;BYMONTHDAY=32", Reason::OutOfRange, "BYMONTHDAY"),
        ("FREQ=MONTHLY;BYMONTHDAY=0", Reason::OutOfRange, "BYMONTHDAY"),
        ("FREQ=MONTHLY;BYMONTH=-1", Reason::OutOfRange, "BYMONTH"),
        ("FREQ=DAILY;BYHOUR=24", Reason::OutOfRange, "BYHOUR"),
        ("FREQ=DAILY;BYSECOND=60", Reason::OutOfRange, "BYSECOND"),
        ("FREQ=DAILY;BYSETPOS=367;BYHOUR=1", Reason::OutOfRange, "BYSETPOS"),
        ("FREQ=DAILY;WKST=8", Reason::OutOfRange, "WKST"),
        ("FREQ=DAILY;COUNT=3;UNTIL=20261231", Reason::Contradictory, "COUNT"),
        ("FREQ=MONTHLY;BYWEEKNO=3", Reason::Contradictory, "BYWEEKNO"),
        ("FREQ=MONTHLY;BYYEARDAY=3", Reason::Contradictory, "BYYEARDAY"),
        ("FREQ=WEEKLY;BYMONTHDAY=3", Reason::Contradictory, "BYMONTHDAY"),
        ("FREQ=WEEKLY;BYDAY=1MO", Reason::Contradictory, "BYDAY"),
        ("FREQ=YEARLY;BYWEEKNO=3;BYDAY=1MO", Reason::Contradictory, "BYDAY"),
        ("FREQ=MONTHLY;BYDAY=6MO", Reason::Contradictory, "BYDAY"),
        ("FREQ=MONTHLY;BYSETPOS=1", Reason::Contradictory, "BYSETPOS"),
    ];
    for (text, reason, part) in table {
        let error = text.parse::<Rule>().expect_err(text).at("/recurrence/rrule");
        assert_eq!(error.reason(), reason, "{text}: {error}");
        assert!(error.to_string().contains(part), "{text}: {error}");
        assert_eq!(error.fields()[0].pointer, "/recurrence/rrule");
    }
}

#[test]
fn everything_that_can_grow_has_a_limit() {
    let too_large = |text: &str| text.parse::<Rule>().expect_err("refused").reason() == Reason::TooLarge;
    assert!(too_large(&format!("FREQ=DAILY;BYMONTH={}1", "1,".repeat(MAX_TEXT_BYTES / 2))));
    let list = |most: u32| (0..most).map(|it| it.to_string()).collect::<Vec<_>>().join(",");
    let minutes = format!("FREQ=DAILY;BYHOUR={};BYMINUTE={}", list(24), list(60));
    assert!(minutes.parse::<Rule>().is_ok(), "each minute of the day");
    assert!(too_large(&format!("{minutes};BYSECOND=0,30")));
    let every_day: Vec<String> = (1..=366).map(|day| day.to_string()).collect();
    assert!(format!("FREQ=YEARLY;BYYEARDAY={}", every_day.join(",")).parse::<Rule>().is_ok());

    let recurrence =
        Recurrence { rule: rule("FREQ=DAILY"), rdates: vec![wall("2026-11-20T09:30:00"); MAX_DATES + 1], exdates: vec![] };
    let error = Series::new(recurrence, wall("2026-11-20T09:30:00"), Zone::utc()).expect_err("too many");
    assert_eq!(error.code(), "schedule.recurrence_too_large");
}

#[test]
fn a_rule_that_meets_no_date_is_refused() {
    let start = "2026-01-30T09:30:00";
    for rrule in [
        "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30",
        "FREQ=MONTHLY;BYMONTH=2;BYMONTHDAY=31",
        "FREQ=DAILY;BYMONTH=4;BYMONTHDAY=31",
        "FREQ=MONTHLY;INTERVAL=12;BYMONTH=2",
        "FREQ=YEARLY;BYYEARDAY=1;BYMONTH=2",
        "FREQ=DAILY;BYMONTH=1;BYHOUR=9;BYSETPOS=2",
        "FREQ=YEARLY;BYDAY=53MO;BYMONTHDAY=1",
    ] {
        let error = build(start, "UTC", rrule, &[], &[]).expect_err(rrule);
        assert_eq!(error.code(), "schedule.recurrence_never_occurs", "{rrule}");
    }
    let none = build(start, "UTC", "FREQ=DAILY;COUNT=2", &[], &[start, "2026-01-31T09:30:00"]).expect("it can be kept");
    assert_eq!(none.asked_for(false).expect_err("nothing is left").code(), "schedule.recurrence_never_occurs");
    let error = build(start, "UTC", "FREQ=DAILY;UNTIL=20260129T235959Z", &[], &[]).expect_err("ends before it starts");
    assert_eq!(error.reason(), Reason::OutOfRange);
}
