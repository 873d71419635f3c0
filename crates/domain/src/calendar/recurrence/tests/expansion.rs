//! Which occurrences a rule gives: by tables of cases picked by hand.

use super::*;

/// Start, rule, and the dates that follow; the time of day is that of the start unless it is written out.
type Case = (&'static str, &'static str, &'static [&'static str]);

fn check(cases: &[Case]) {
    for (start, rrule, expected) in cases {
        let found = first(&series(start, "UTC", rrule), expected.len());
        let expected: Vec<String> = expected
            .iter()
            .map(|text| if text.contains('T') { (*text).to_owned() } else { format!("{text}{}", &start[10..]) })
            .collect();
        assert_eq!(found, expected, "{rrule} from {start}");
    }
}

#[test]
fn days_weeks_months_and_years_repeat_with_an_interval() {
    check(&[
        ("2026-11-20T09:30:00", "FREQ=DAILY", &["2026-11-20", "2026-11-21", "2026-11-22"]),
        ("2026-11-20T09:30:00", "FREQ=DAILY;INTERVAL=10", &["2026-11-20", "2026-11-30", "2026-12-10"]),
        ("2026-11-20T09:30:00", "FREQ=DAILY;INTERVAL=100", &["2026-11-20", "2027-02-28", "2027-06-08"]),
        ("2026-11-20T09:30:00", "FREQ=WEEKLY", &["2026-11-20", "2026-11-27", "2026-12-04"]),
        ("2026-11-20T09:30:00", "FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,FR", &["2026-11-20", "2026-11-30", "2026-12-04"]),
        ("2026-11-20T09:30:00", "FREQ=MONTHLY;INTERVAL=5", &["2026-11-20", "2027-04-20", "2027-09-20"]),
        ("2026-01-31T09:30:00", "FREQ=MONTHLY", &["2026-01-31", "2026-03-31", "2026-05-31"]),
        ("2026-11-20T09:30:00", "FREQ=YEARLY", &["2026-11-20", "2027-11-20"]),
        ("2024-02-29T09:30:00", "FREQ=YEARLY", &["2024-02-29", "2028-02-29", "2032-02-29"]),
        ("2096-02-29T09:30:00", "FREQ=YEARLY", &["2096-02-29", "2104-02-29"]),
    ]);
}

#[test]
fn the_parts_of_a_rule_choose_days() {
    check(&[
        // The last Friday, and the last weekday of a month.
        ("2026-11-27T18:00:00", "FREQ=MONTHLY;BYDAY=-1FR", &["2026-11-27", "2026-12-25", "2027-01-29"]),
        ("2026-11-30T18:00:00", "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1", &["2026-11-30", "2026-12-31", "2027-01-29"]),
        // The last day of each month, and the third last.
        ("2026-11-30T18:00:00", "FREQ=MONTHLY;BYMONTHDAY=-1", &["2026-11-30", "2026-12-31", "2027-01-31", "2027-02-28"]),
        ("2026-11-28T18:00:00", "FREQ=MONTHLY;BYMONTHDAY=-3", &["2026-11-28", "2026-12-29", "2027-01-29", "2027-02-26"]),
        // Friday the 13th.
        ("2026-11-13T18:00:00", "FREQ=MONTHLY;BYMONTHDAY=13;BYDAY=FR", &["2026-11-13", "2027-08-13", "2028-10-13"]),
        // A plain weekday beside a numbered one is a union.
        ("2026-12-01T18:00:00", "FREQ=MONTHLY;BYDAY=1TU,SU", &["2026-12-01", "2026-12-06", "2026-12-13", "2026-12-20"]),
        ("2026-01-05T18:00:00", "FREQ=YEARLY;BYDAY=1MO,-1MO", &["2026-01-05", "2026-12-28", "2027-01-04", "2027-12-27"]),
        ("2026-04-10T18:00:00", "FREQ=YEARLY;BYYEARDAY=100,-1", &["2026-04-10", "2026-12-31", "2027-04-10"]),
        (
            "2026-03-09T18:00:00",
            "FREQ=DAILY;BYMONTH=3;BYDAY=MO",
            &["2026-03-09", "2026-03-16", "2026-03-23", "2026-03-30", "2027-03-01"],
        ),
        ("2026-03-30T18:00:00", "FREQ=WEEKLY;BYMONTH=3;BYDAY=MO,WE", &["2026-03-30", "2027-03-01", "2027-03-03"]),
    ]);
}

#[test]
fn the_week_begins_where_wkst_says() {
    // The example of RFC 5545, 3.8.5.3.
    check(&[
        (
            "1997-08-05T09:00:00",
            "FREQ=WEEKLY;INTERVAL=2;COUNT=4;BYDAY=TU,SU;WKST=MO",
            &["1997-08-05", "1997-08-10", "1997-08-19", "1997-08-24"],
        ),
        (
            "1997-08-05T09:00:00",
            "FREQ=WEEKLY;INTERVAL=2;COUNT=4;BYDAY=TU,SU;WKST=SU",
            &["1997-08-05", "1997-08-17", "1997-08-19", "1997-08-31"],
        ),
    ]);
}

#[test]
fn week_numbers_reach_over_new_year() {
    check(&[
        // Week 1 of 2025 begins on 30 December 2024; week 53 of 2026 ends on 3 January 2027.
        ("2024-01-01T09:00:00", "FREQ=YEARLY;BYWEEKNO=1;BYDAY=MO", &["2024-01-01", "2024-12-30", "2025-12-29", "2027-01-04"]),
        ("2026-12-28T09:00:00", "FREQ=YEARLY;BYWEEKNO=53;BYDAY=MO,SU", &["2026-12-28", "2027-01-03", "2032-12-27", "2033-01-02"]),
        ("2026-05-11T09:00:00", "FREQ=YEARLY;BYWEEKNO=20", &["2026-05-11", "2027-05-17", "2028-05-15"]),
        // From the end: the 53rd last week is the first one of years with 53 weeks.
        ("2026-01-01T09:00:00", "FREQ=YEARLY;BYWEEKNO=-53;BYDAY=TH", &["2026-01-01", "2032-01-01", "2037-01-01"]),
    ]);
}

#[test]
fn positions_choose_from_a_period() {
    check(&[
        (
            "2026-11-20T09:00:00",
            "FREQ=MONTHLY;BYMONTHDAY=20,25;BYHOUR=9,18;BYSETPOS=1,-1",
            &["2026-11-20", "2026-11-25T18:00:00", "2026-12-20", "2026-12-25T18:00:00"],
        ),
        (
            "2026-11-20T09:00:00",
            "FREQ=DAILY;BYHOUR=9,12,18;BYSETPOS=1,3",
            &["2026-11-20", "2026-11-20T18:00:00", "2026-11-21", "2026-11-21T18:00:00"],
        ),
        // The whole week counts, also that part of it before the start: Friday the 20th is its third.
        ("2026-11-20T09:00:00", "FREQ=WEEKLY;BYDAY=MO,WE,FR;BYSETPOS=3", &["2026-11-20", "2026-11-27"]),
        ("2026-12-25T09:00:00", "FREQ=YEARLY;BYDAY=FR;BYSETPOS=-1", &["2026-12-25", "2027-12-31", "2028-12-29"]),
    ]);
}

#[test]
fn the_start_comes_first_and_is_counted_whether_the_rule_meets_it_or_not() {
    let found = |rrule| first(&series("2026-11-20T09:30:00", "UTC", rrule), 9);
    assert_eq!(found("FREQ=WEEKLY;BYDAY=MO;COUNT=3"), ["2026-11-20T09:30:00", "2026-11-23T09:30:00", "2026-11-30T09:30:00"]);
    assert_eq!(found("FREQ=WEEKLY;BYDAY=FR,MO;COUNT=3"), ["2026-11-20T09:30:00", "2026-11-23T09:30:00", "2026-11-27T09:30:00"]);
    assert_eq!(found("FREQ=WEEKLY;BYDAY=MO;COUNT=1"), ["2026-11-20T09:30:00"]);
}

#[test]
fn a_count_is_found_by_division_as_by_counting() {
    for rrule in [
        "FREQ=DAILY;INTERVAL=3",
        "FREQ=DAILY;BYHOUR=8,9,10",
        "FREQ=WEEKLY;INTERVAL=2;BYDAY=TU,TH,SA;WKST=SU",
        "FREQ=WEEKLY;BYDAY=MO,FR;BYHOUR=9,18",
        "FREQ=MONTHLY;BYMONTHDAY=-1,31",
        "FREQ=MONTHLY;BYDAY=MO,TU;BYSETPOS=2,-2",
    ] {
        let endless = first(&series("2026-11-20T09:30:00", "UTC", rrule), 500);
        for count in [1, 2, 3, 7, 100, 499, 500] {
            let counted = series("2026-11-20T09:30:00", "UTC", &format!("{rrule};COUNT={count}"));
            assert_eq!(first(&counted, 501), endless[..count], "{rrule};COUNT={count}");
        }
    }
}
