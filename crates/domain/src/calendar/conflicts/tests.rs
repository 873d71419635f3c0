//! Conflicts against a calendar that is drawn cell by cell, and a table of what counts.

mod days;
mod dense;

use std::{collections::BTreeSet, time::Duration};

use kernel::{Entropy, Instant, ScheduleId, UserId, WallTime};
use proptest::{collection::vec, option, prelude::*, sample::select};

use super::*;
use crate::{
    alarms::LatePolicy,
    calendar::{
        Moment, Occurrence, Override, Patch, RecurrenceSet, RepeatDraft, Schedule, ScheduleText, Span, SpanDraft,
        progress::Progress,
    },
};

const QUARTER: i64 = 15;
const ZONES: [&str; 4] = ["UTC", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe"];
const RULES: [&str; 6] = [
    "FREQ=DAILY;COUNT=30",
    "FREQ=WEEKLY;COUNT=8",
    "FREQ=WEEKLY;BYDAY=MO,WE,FR;COUNT=20",
    "FREQ=DAILY;INTERVAL=3;COUNT=12",
    "FREQ=MONTHLY;COUNT=4",
    "FREQ=DAILY;BYHOUR=1,9,17;COUNT=25",
];

fn at(text: &str) -> Instant {
    text.parse().expect("an instant")
}

fn wall(text: &str) -> WallTime {
    text.parse().expect("a wall time")
}

fn now() -> Instant {
    at("2026-03-01T00:00:00Z")
}

struct Numbered(u8);

impl Entropy for Numbered {
    fn fill(&self, bytes: &mut [u8]) {
        bytes.fill(self.0);
    }
}

fn id(number: u8) -> ScheduleId {
    ScheduleId::mint(now(), &Numbered(number))
}

fn span(start: WallTime, quarters: u64, zone: &str, all_day: bool) -> Span {
    let start = if all_day { Moment::Date(start.datetime().date()) } else { Moment::Wall(start) };
    let duration = (!all_day).then(|| Duration::from_mins(15 * quarters));
    let draft = SpanDraft { all_day, zone: zone.parse().expect("a zone"), start, end: None, duration };
    draft.resolve(now()).expect("a span")
}

/// An item that is busy, in New York unless said otherwise.
fn item(number: u8, span: Span, rule: Option<&str>) -> RecurrenceSet {
    // Whole days have no times of a day.
    let rule = rule.filter(|rule| !(span.all_day && rule.contains("BYHOUR")));
    let repeat = rule.map(|rrule| RepeatDraft { rrule: rrule.to_owned(), rdates: vec![], exdates: vec![] });
    let text = |text: &str| text.to_owned();
    let schedule = Schedule {
        id: id(number),
        owner: UserId::mint(now(), &Numbered(0)),
        purpose: crate::calendar::Purpose::Event,
        text: ScheduleText { title: text("x"), description: text(""), location: text(""), kind: text("event"), busy: true },
        series: repeat.map(|repeat| repeat.resolve(&span).expect("a series")),
        span,
        labels: crate::calendar::labels::Labels::default(),
        late: LatePolicy::default(),
        reminders: vec![],
        progress: Progress::default(),
        generation: 1,
        version: 1,
        created_at: now(),
        updated_at: now(),
        deleted_at: None,
    };
    RecurrenceSet::new(schedule, [])
}

fn own(recurrence_id: WallTime, busy: Option<bool>, span: Option<Span>) -> Override {
    Override { recurrence_id, title: None, description: None, location: None, kind: None, busy, span, reminders: None }
}

fn calendar(sets: &[RecurrenceSet]) -> Calendar {
    let (series, once): (Vec<_>, Vec<_>) = sets.iter().cloned().partition(|set| set.schedule.series.is_some());
    let once = once.iter().filter(|set| set.schedule.text.busy).map(|set| {
        let Schedule { id, span, .. } = &set.schedule;
        Once { schedule: *id, start: span.start_at.instant, end: span.end_at.instant }
    });
    let mut once: Vec<Once> = once.collect();
    once.sort_by_key(|once| once.start);
    Calendar::new(once, series)
}

fn look(added: &Added<'_>, others: &[RecurrenceSet]) -> Found {
    search(added, &calendar(others), &mut Budget::default()).expect("all of it is looked at")
}

fn clashes(mine: &RecurrenceSet, others: &[RecurrenceSet]) -> Vec<(String, String)> {
    let found = look(&Added::by(mine, None, now()), others);
    assert!(!found.truncated);
    found.conflicts.iter().map(|it| (it.mine.start.to_string(), it.other.start.to_string())).collect()
}

fn ny(start: &str, quarters: u64) -> Span {
    span(wall(start), quarters, "America/New_York", false)
}

#[test]
fn what_touches_is_free_or_has_no_length_takes_no_time_from_another() {
    let lunch = item(1, ny("2026-03-10T12:00:00", 4), None);
    let takes = |set: RecurrenceSet| !clashes(&set, std::slice::from_ref(&lunch)).is_empty();
    assert!(takes(item(2, ny("2026-03-10T12:45:00", 4), None)));
    assert!(takes(item(2, ny("2026-03-10T11:00:00", 40), None)), "around it");
    assert!(takes(item(2, ny("2026-03-10T12:15:00", 1), None)), "within it");
    assert!(takes(item(2, span(wall("2026-03-10T00:00:00"), 0, "America/New_York", true), None)), "the whole day");
    assert!(!takes(item(2, ny("2026-03-10T13:00:00", 4), None)));
    assert!(!takes(item(2, ny("2026-03-10T11:00:00", 4), None)));
    assert!(!takes(item(2, ny("2026-03-10T12:30:00", 0), None)), "no length");
    assert!(!takes(item(2, span(wall("2026-03-10T00:00:00"), 0, "Pacific/Kiritimati", true), None)), "its day there");
    let mut free = item(2, ny("2026-03-10T12:00:00", 4), None);
    free.schedule.text.busy = false;
    assert!(!takes(free.clone()));
    assert_eq!(clashes(&item(3, ny("2026-03-10T12:00:00", 4), None), &[free]), []);
}

#[test]
fn an_occurrence_counts_where_it_was_moved_to_and_as_it_was_made() {
    let mut daily = item(1, ny("2026-03-10T09:00:00", 4), Some("FREQ=DAILY;COUNT=5"));
    let [second, third] = [wall("2026-03-11T09:00:00"), wall("2026-03-12T09:00:00")];
    daily.overrides.insert(second, own(second, None, Some(ny("2026-03-20T15:00:00", 4))));
    daily.overrides.insert(third, own(third, Some(false), None));
    let at_nine = |day: &str| clashes(&item(2, ny(&format!("2026-03-{day}T09:30:00"), 4), None), &[daily.clone()]).len();
    assert_eq!(["10", "11", "12", "13", "14", "15"].map(at_nine), [1, 0, 0, 1, 1, 0]);
    let moved = clashes(&item(2, ny("2026-03-20T15:30:00", 4), None), &[daily.clone()]);
    assert_eq!(moved, [("2026-03-20T19:30:00Z".to_owned(), "2026-03-20T19:00:00Z".to_owned())]);
    daily.schedule.text.busy = false;
    daily.overrides.insert(third, own(third, Some(true), None));
    assert_eq!(
        ["10", "11", "12", "13"]
            .map(|day| clashes(&item(2, ny(&format!("2026-03-{day}T09:30:00"), 4), None), &[daily.clone()]).len()),
        [0, 0, 1, 0]
    );
}

#[test]
fn two_series_meet_only_in_the_weeks_in_which_their_zones_changed_their_clocks_apart() {
    // New York springs forward on 8 March, Berlin on the 29th.
    let here = item(1, ny("2026-03-02T09:00:00", 4), Some("FREQ=WEEKLY"));
    let there = item(2, span(wall("2026-03-02T14:00:00"), 4, "Europe/Berlin", false), Some("FREQ=WEEKLY;UNTIL=20261001"));
    let found = clashes(&there, &[here]);
    let starts: Vec<&str> = found.iter().map(|(mine, _)| mine.as_str()).collect();
    assert_eq!(starts, ["2026-03-09T13:00:00Z", "2026-03-16T13:00:00Z", "2026-03-23T13:00:00Z"]);
}

#[test]
fn of_a_series_what_is_over_is_not_judged_and_nothing_beyond_the_horizon() {
    let late = at("2026-06-01T00:00:00Z");
    let weekly = item(1, ny("2026-03-02T09:00:00", 4), Some("FREQ=WEEKLY"));
    let on = |day: &str| item(2, ny(&format!("{day}T09:00:00"), 4), None);
    let found = |other: RecurrenceSet| look(&Added::by(&weekly, None, late), &[other]).conflicts.len();
    assert_eq!(["2026-05-25", "2026-06-01", "2028-05-29", "2028-06-05"].map(|day| found(on(day))), [0, 1, 1, 0]);
    // What happens once is judged wherever it lies.
    assert_eq!(look(&Added::by(&on("2026-05-25"), None, late), std::slice::from_ref(&weekly)).conflicts.len(), 1);
    assert_eq!(look(&Added::by(&on("2034-06-05"), None, late), &[weekly]).conflicts.len(), 1);
}

#[test]
fn only_the_time_that_a_change_adds_is_judged() {
    let before = item(1, ny("2026-03-10T09:00:00", 8), None);
    let other = item(2, ny("2026-03-10T10:00:00", 8), None);
    let adds = |start: &str, quarters: u64| {
        let after = item(1, ny(start, quarters), None);
        look(&Added::by(&after, Some(&before), now()), std::slice::from_ref(&other)).conflicts.len()
    };
    assert_eq!(adds("2026-03-10T09:00:00", 8), 0, "the same");
    assert_eq!(adds("2026-03-10T09:30:00", 6), 0, "shorter, within an overlap that was allowed");
    assert_eq!(adds("2026-03-10T08:00:00", 12), 0, "longer where nothing is");
    assert_eq!(adds("2026-03-10T09:00:00", 9), 1, "longer into the other");
    assert_eq!(adds("2026-03-10T09:15:00", 8), 1, "later");
}

#[test]
fn many_conflicts_are_named_up_to_twenty() {
    let daily = item(1, ny("2026-03-10T09:00:00", 4), Some("FREQ=DAILY"));
    let other = item(2, ny("2026-03-10T09:30:00", 4), Some("FREQ=DAILY;COUNT=30"));
    let found = look(&Added::by(&daily, None, now()), std::slice::from_ref(&other));
    assert_eq!((found.conflicts.len(), found.truncated), (MAX_CONFLICTS, true));
    let few = item(2, ny("2026-03-10T09:30:00", 4), Some("FREQ=DAILY;COUNT=20"));
    let found = look(&Added::by(&daily, None, now()), &[few]);
    assert_eq!((found.conflicts.len(), found.truncated), (MAX_CONFLICTS, false));
}

#[test]
fn a_series_that_does_not_fit_is_offered_the_nearest_times_of_its_day_that_do() {
    let weekly = item(1, ny("2026-03-10T09:00:00", 4), Some("FREQ=WEEKLY"));
    let others =
        [item(2, ny("2026-03-10T09:00:00", 4), Some("FREQ=WEEKLY;INTERVAL=2")), item(3, ny("2026-11-24T10:00:00", 4), None)];
    let free = shifts(&weekly, &calendar(&others), now(), 3, &mut Budget::default());
    let starts: Vec<String> = free.iter().map(|slot| slot.start.to_string()).collect();
    // 08:00, 07:30 and 11:00: at ten the dentist waits in November.
    assert_eq!(starts, ["2026-03-10T12:00:00Z", "2026-03-10T11:30:00Z", "2026-03-10T15:00:00Z"]);
}

#[test]
fn a_series_meets_itself_where_its_occurrences_are_longer_than_they_are_apart() {
    let long = item(1, ny("2026-03-10T09:00:00", 120), Some("FREQ=DAILY;COUNT=3"));
    let starts = ["2026-03-10T13:00:00Z", "2026-03-11T13:00:00Z", "2026-03-12T13:00:00Z"].map(str::to_owned);
    let [first, second, third] = &starts;
    assert_eq!(clashes(&long, &[]), [(second.clone(), first.clone()), (third.clone(), second.clone())]);
    // Once that is allowed, it stays so; only more of it is judged.
    let after = |quarters| item(1, ny("2026-03-10T09:00:00", quarters), Some("FREQ=DAILY;COUNT=3"));
    let adds = |quarters| look(&Added::by(&after(quarters), Some(&long), now()), &[]).conflicts.len();
    assert_eq!([96, 110, 120, 121].map(adds), [0, 0, 0, 2]);
    assert_eq!(shifts(&long, &calendar(&[]), now(), 5, &mut Budget::default()), [], "no other time of the day helps");
}

#[test]
fn an_occurrence_that_moves_meets_the_others_of_its_series() {
    let daily = item(1, ny("2026-03-10T09:00:00", 4), Some("FREQ=DAILY;COUNT=3"));
    let which = wall("2026-03-11T09:00:00");
    let moved_to = |start: &str| {
        let mut set = daily.clone();
        set.overrides.insert(which, own(which, None, Some(ny(start, 4))));
        let (before, after) = (daily.at(which), set.at(which));
        let found = look(&Added::by_one(&after, &before), &[set.without(which)]).conflicts;
        found.iter().map(|it| it.other.recurrence_id().expect("one of a series").to_string()).collect::<Vec<_>>()
    };
    assert_eq!(moved_to("2026-03-12T09:30:00"), ["2026-03-12T09:00:00"]);
    assert_eq!(moved_to("2026-03-11T09:30:00"), Vec::<String>::new(), "its own place");
    assert_eq!(moved_to("2026-03-12T10:00:00"), Vec::<String>::new());
}

/// Which occurrence was changed by hand, where it was moved to, and whether it is busy.
type Hand = (usize, Option<(i64, i64)>, Option<bool>);

#[derive(Clone, Debug)]
struct Sketch {
    start: (i64, i64),
    quarters: u64,
    zone: &'static str,
    all_day: bool,
    busy: bool,
    rule: Option<&'static str>,
    own: Vec<Hand>,
}

fn sketch() -> impl Strategy<Value = Sketch> {
    let moment = || (0..40i64, 0..96i64);
    let own = vec((0..10usize, option::of(moment()), option::of(any::<bool>())), 0..4);
    let all_day = prop::bool::weighted(0.1);
    let busy = prop::bool::weighted(0.9);
    // Also longer than the days are apart.
    let quarters = prop_oneof![9 => 0..14u64, 1 => 90..200u64];
    (moment(), quarters, select(ZONES.to_vec()), all_day, busy, option::of(select(RULES.to_vec())), own)
        .prop_map(|(start, quarters, zone, all_day, busy, rule, own)| Sketch { start, quarters, zone, all_day, busy, rule, own })
}

fn moment((day, quarter): (i64, i64)) -> WallTime {
    let midnight = wall("2026-03-02T00:00:00").datetime();
    let by = jiff::Span::new().days(day).minutes(quarter * QUARTER);
    WallTime::new(midnight.checked_add(by).expect("a wall time"))
}

fn drawn(number: u8, sketch: &Sketch) -> RecurrenceSet {
    let span_at = |start| span(moment(start), sketch.quarters, sketch.zone, sketch.all_day);
    let mut set = item(number, span_at(sketch.start), sketch.rule);
    set.schedule.text.busy = sketch.busy;
    let names: Vec<WallTime> = set.regular(now()).take(10).map(|it| it.recurrence_id()).collect();
    for (nth, to, busy) in &sketch.own {
        if let Some(name) = names.get(*nth) {
            set.overrides.insert(*name, own(*name, *busy, to.map(span_at)));
        }
    }
    set
}

fn occurrences(set: &RecurrenceSet) -> Vec<Occurrence> {
    set.overlapping((at("2026-01-01T00:00:00Z"), at("2027-06-01T00:00:00Z")), None, 1_000)
}

/// The cells of a quarter of an hour that an occurrence fills.
fn cells(occurrence: &Occurrence) -> BTreeSet<i64> {
    let Schedule { text, span, .. } = &occurrence.schedule;
    let quarter = |instant: Instant| instant.as_seconds() / (60 * QUARTER);
    if text.busy { (quarter(span.start_at.instant)..quarter(span.end_at.instant)).collect() } else { BTreeSet::new() }
}

fn all_cells(set: &RecurrenceSet) -> BTreeSet<i64> {
    occurrences(set).iter().flat_map(cells).collect()
}

type Named = (Instant, Option<ScheduleId>, Option<WallTime>, Instant, Option<WallTime>);

fn named(mine: &Occurrence, other: &Occurrence, own: bool) -> Named {
    let start = |of: &Occurrence| of.schedule.span.start_at.instant;
    (start(other), (!own).then_some(other.schedule.id), other.recurrence_id, start(mine), mine.recurrence_id)
}

/// The cells that at least two occurrences fill.
fn double_cells(set: &RecurrenceSet) -> BTreeSet<i64> {
    let (mut once, mut twice) = (BTreeSet::new(), BTreeSet::new());
    for cell in occurrences(set).iter().flat_map(cells) {
        if !once.insert(cell) {
            twice.insert(cell);
        }
    }
    twice
}

fn expected(after: &RecurrenceSet, before: Option<&RecurrenceSet>, others: &[RecurrenceSet]) -> BTreeSet<Named> {
    let (had, had_twice) = (before.map(all_cells).unwrap_or_default(), before.map(double_cells).unwrap_or_default());
    let others: Vec<Occurrence> = others.iter().flat_map(occurrences).collect();
    let own = occurrences(after);
    let mut expected = BTreeSet::new();
    for mine in &own {
        let added: BTreeSet<i64> = cells(mine).difference(&had).copied().collect();
        let met = others.iter().filter(|other| !cells(other).is_disjoint(&added));
        expected.extend(met.map(|other| named(mine, other, false)));
        // Of its own series: those before it, where the two did not meet already.
        let key = |of: &Occurrence| (of.schedule.span.start_at.instant, of.recurrence_id);
        let added: BTreeSet<i64> = cells(mine).difference(&had_twice).copied().collect();
        let met = own.iter().filter(|other| key(other) < key(mine) && !cells(other).is_disjoint(&added));
        expected.extend(met.map(|other| named(mine, other, true)));
    }
    expected
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 160, ..ProptestConfig::default() })]

    #[test]
    fn what_is_found_is_what_a_calendar_drawn_cell_by_cell_shows(
        after in sketch(),
        before in option::of(sketch()),
        others in vec(sketch(), 0..5),
    ) {
        let (after, before) = (drawn(0, &after), before.map(|before| drawn(0, &before)));
        let others: Vec<RecurrenceSet> = (1..).zip(&others).map(|(number, it)| drawn(number, it)).collect();
        let expected = expected(&after, before.as_ref(), &others);
        let found = look(&Added::by(&after, before.as_ref(), now()), &others);
        let names: Vec<Named> = found.conflicts.iter()
            .map(|it| (it.other.start, it.schedule, it.other.recurrence_id(), it.mine.start, it.mine.recurrence_id()))
            .collect();
        prop_assert_eq!(found.truncated, expected.len() > MAX_CONFLICTS);
        if found.truncated {
            prop_assert_eq!(names.len(), MAX_CONFLICTS);
            prop_assert!(names.iter().all(|name| expected.contains(name)));
            prop_assert!(names.is_sorted_by(|a, b| a < b));
        } else {
            prop_assert_eq!(names, Vec::from_iter(expected));
        }
    }

    #[test]
    fn gaps_are_the_cells_that_nothing_fills(others in vec(sketch(), 0..5), quarters in 1..20u64) {
        let others: Vec<RecurrenceSet> = (1..).zip(&others).map(|(number, it)| drawn(number, it)).collect();
        let (from, to) = (at("2026-03-05T00:00:00Z"), at("2026-03-19T00:00:00Z"));
        let taken: BTreeSet<i64> = others.iter().flat_map(all_cells).collect();
        let quarter = |instant: Instant| instant.as_seconds() / (60 * QUARTER);
        let taken_then = calendar(&others).taken((from, to), &mut Budget::default()).expect("few");
        let found = gaps(&taken_then, (from, to), Duration::from_mins(15 * quarters), usize::MAX);
        let mut free = BTreeSet::new();
        for slot in &found {
            prop_assert!(slot.start >= from && slot.end <= to && slot.end.since(slot.start) >= Duration::from_mins(15 * quarters));
            free.extend(quarter(slot.start)..quarter(slot.end));
        }
        prop_assert!(free.is_disjoint(&taken));
        let mut run = 0;
        for cell in quarter(from)..=quarter(to) {
            if taken.contains(&cell) || cell == quarter(to) {
                prop_assert!(run < quarters, "a gap was overlooked before {cell}");
                run = 0;
            } else if !free.contains(&cell) {
                run += 1;
            }
        }
    }

    #[test]
    fn a_shift_that_is_offered_is_free(mine in sketch(), others in vec(sketch(), 0..4)) {
        let mine = drawn(0, &Sketch { busy: true, own: vec![], rule: mine.rule.or(Some(RULES[1])), ..mine });
        let others: Vec<RecurrenceSet> = (1..).zip(&others).map(|(number, it)| drawn(number, it)).collect();
        let taken: BTreeSet<i64> = others.iter().flat_map(all_cells).collect();
        for slot in shifts(&mine, &calendar(&others), now(), 5, &mut Budget::default()) {
            let start = mine.schedule.span.zone.wall_at(slot.start);
            let patch = Patch { start: Some(Moment::Wall(start)), ..Patch::default() };
            let change = patch.apply(&mine.schedule, now()).expect("it moves");
            let moved = RecurrenceSet::new(Schedule { span: change.span, series: change.series, ..mine.schedule.clone() }, []);
            prop_assert!(all_cells(&moved).is_disjoint(&taken), "{slot:?}");
            prop_assert!(double_cells(&moved).is_empty(), "{slot:?} meets itself");
        }
    }
}
