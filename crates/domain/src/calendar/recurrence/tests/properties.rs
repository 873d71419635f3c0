//! What holds for every rule.

use std::{collections::BTreeSet, time::Duration};

use proptest::{
    collection::{btree_set, vec},
    prelude::*,
    sample::{select, subsequence},
};

use super::*;
use crate::calendar::recurrence::{Last, Occurrence, days};

const ZONES: [&str; 6] = ["UTC", "Asia/Seoul", "America/New_York", "Europe/Berlin", "Australia/Lord_Howe", "Africa/Casablanca"];

fn part(name: &'static str, values: impl Strategy<Value = Vec<String>>) -> impl Strategy<Value = String> {
    values.prop_map(move |values| format!(";{name}={}", values.join(",")))
}

fn sometimes(part: impl Strategy<Value = String>) -> impl Strategy<Value = String> {
    proptest::option::weighted(0.3, part).prop_map(Option::unwrap_or_default)
}

fn numbers(range: std::ops::RangeInclusive<i32>, signed: bool, most: usize) -> impl Strategy<Value = Vec<String>> {
    let sign = if signed { 0..2 } else { 0..1 };
    btree_set((range, sign), 1..=most)
        .prop_map(|set| set.into_iter().map(|(number, sign)| (if sign == 1 { -number } else { number }).to_string()).collect())
}

fn names() -> impl Strategy<Value = Vec<String>> {
    subsequence(vec!["MO", "TU", "WE", "TH", "FR", "SA", "SU"], 1..=4)
        .prop_map(|names| names.into_iter().map(str::to_owned).collect())
}

fn numbered() -> impl Strategy<Value = Vec<String>> {
    let name = (proptest::option::of((1..=5, any::<bool>())), select(vec!["MO", "TU", "WE", "TH", "FR", "SA", "SU"]));
    vec(name, 1..4).prop_map(|list| {
        let text = |(ordinal, name): (Option<(i32, bool)>, &str)| match ordinal {
            Some((ordinal, back)) => format!("{}{ordinal}{name}", if back { "-" } else { "" }),
            None => name.to_owned(),
        };
        list.into_iter().map(text).collect()
    })
}

/// Texts that are mostly rules; those that contradict themselves are thrown away by the properties.
fn rules() -> impl Strategy<Value = String> {
    let days = prop_oneof![
        3 => part("BYDAY", names()),
        2 => part("BYDAY", numbered()),
        3 => part("BYMONTHDAY", numbers(1..=31, true, 4)),
        1 => part("BYYEARDAY", numbers(1..=366, true, 4)),
        1 => part("BYWEEKNO", numbers(1..=53, true, 3)),
        2 => Just(String::new()),
    ];
    let end = prop_oneof![
        3 => (1..40).prop_map(|count| format!(";COUNT={count}")),
        1 => (2..9, 1..13, 1..29).prop_map(|(y, m, d)| format!(";UNTIL=202{y}{m:02}{d:02}T120000Z")),
        1 => (2..9, 1..13, 1..29).prop_map(|(y, m, d)| format!(";UNTIL=202{y}{m:02}{d:02}")),
        1 => Just(String::new()),
    ];
    let head = (select(vec!["DAILY", "WEEKLY", "MONTHLY", "YEARLY"]), 1..6)
        .prop_map(|(frequency, interval)| format!("FREQ={frequency};INTERVAL={interval}"));
    (
        head,
        end,
        sometimes(part("BYMONTH", numbers(1..=12, false, 4))),
        days,
        sometimes(part("BYHOUR", numbers(0..=23, false, 4))),
        sometimes(part("BYMINUTE", select(vec!["0", "15", "30", "59"]).prop_map(|it| vec![it.to_owned()]))),
        sometimes(part("BYSETPOS", numbers(1..=5, true, 2))),
        sometimes(part("WKST", select(vec!["SU", "MO", "WE"]).prop_map(|it| vec![it.to_owned()]))),
    )
        .prop_map(|(head, end, month, days, hour, minute, position, week)| {
            [head, end, month, days, hour, minute, position, week].concat()
        })
}

fn some_series() -> impl Strategy<Value = Series> {
    let start = (0..1_500i64, select(vec![0, 3_600, 5_400, 8_100, 9_000, 34_200, 86_399]));
    let dates = || vec((0..1_500i64, select(vec![0, 9_000, 34_200])), 0..4);
    (rules(), start, select(ZONES.to_vec()), dates(), dates()).prop_filter_map(
        "not a series",
        |(rrule, start, name, more, less)| {
            let wall = |(day, second): (i64, i64)| days::wall((18_262 + day) * days::DAY + second * 1_000_000);
            let walls = |list: Vec<(i64, i64)>| list.into_iter().map(wall).collect();
            let recurrence = Recurrence { rule: rrule.parse().ok()?, rdates: walls(more), exdates: walls(less) };
            Series::new(recurrence, wall(start), zone(name)).ok()
        },
    )
}

const HORIZON: &str = "2033-01-01T00:00:00Z";

fn all(series: &Series, extent: Extent) -> Vec<Occurrence> {
    series.between(Instant::EPOCH, at(HORIZON), extent).collect()
}

fn names_of(series: &Series) -> BTreeSet<i64> {
    all(series, POINT).iter().map(|it| days::micros(it.recurrence_id())).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, ..ProptestConfig::default() })]

    #[test]
    fn what_is_printed_reads_as_the_same_rule(text in rules()) {
        if let Ok(rule) = text.parse::<Rule>() {
            prop_assert_eq!(rule.to_string().parse::<Rule>(), Ok(rule));
        }
    }

    #[test]
    fn no_text_makes_the_reader_panic(text in "(FREQ|BYDAY|UNTIL|COUNT|[A-Z]{0,6})[=;:,0-9A-Z+\\-\u{e9}]{0,40}") {
        let _ = text.parse::<Rule>();
        let _ = format!("FREQ=DAILY;{text}").parse::<Rule>();
    }

    #[test]
    fn a_range_holds_what_the_whole_expansion_has_there(
        series in some_series(),
        from in 0..4_000i64,
        length in 0..90i64,
        hours in 0..100u64,
    ) {
        let extent = Extent::Elapsed(Duration::from_hours(hours));
        let from = at("2020-01-01T00:00:00Z") + Duration::from_hours(24 * from.unsigned_abs());
        let to = from + Duration::from_hours(24 * length.unsigned_abs());
        let overlaps = |it: &Occurrence| it.start.instant < to && (it.end > from || it.start.instant >= from);
        let expected: Vec<Occurrence> = all(&series, extent).into_iter().filter(overlaps).collect();
        prop_assert_eq!(series.between(from, to.min(at(HORIZON)), extent).collect::<Vec<_>>(), expected);
    }

    #[test]
    fn occurrences_are_in_order_named_once_and_resolved_as_the_zone_does(series in some_series()) {
        let all = all(&series, POINT);
        prop_assert!(all.is_sorted_by_key(|it| it.start.instant));
        prop_assert_eq!(names_of(&series).len(), all.len());
        for it in &all {
            prop_assert_eq!(it.start, series.zone().resolve(it.recurrence_id()));
            prop_assert!(series.contains(it.recurrence_id()));
        }
    }

    #[test]
    fn each_question_agrees_with_the_whole_expansion(series in some_series(), probe in 0..4_500i64, second in 0..86_400i64) {
        let names = names_of(&series);
        let wall = (18_000 + probe) * days::DAY + second * 1_000_000;
        let next = names.range(wall + 1..).next().copied();
        if next.is_some() {
            prop_assert_eq!(series.after(days::wall(wall)).map(days::micros), next);
        }
        prop_assert_eq!(series.contains(days::wall(wall)), names.contains(&wall));
        let instant = Instant::from_micros(wall);
        let all = all(&series, POINT);
        if let Some(next) = all.iter().find(|it| it.start.instant > instant) {
            prop_assert_eq!(series.next_after(instant), Some(*next));
        }
        match series.last() {
            Last::At(last) if last.start.instant < at(HORIZON) => prop_assert_eq!(Some(&last), all.last()),
            Last::Endless | Last::At(_) => {}
            Last::Nothing => prop_assert!(all.is_empty()),
        }
    }

    #[test]
    fn the_parts_of_a_split_are_the_whole(series in some_series(), at in any::<proptest::sample::Index>()) {
        let names = names_of(&series);
        prop_assume!(!names.is_empty());
        let cut = *at.get(&names.iter().copied().collect::<Vec<_>>());
        let split = series.split_at(days::wall(cut)).expect("a split at an occurrence");
        let before = split.before.as_ref().map(names_of).unwrap_or_default();
        prop_assert_eq!(before, names.range(..cut).copied().collect::<BTreeSet<_>>());
        prop_assert_eq!(names_of(&split.from), names.range(cut..).copied().collect::<BTreeSet<_>>());
    }
}
