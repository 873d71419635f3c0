//! Plans for tables of wishes, and for any.

use std::collections::HashMap;

use proptest::{collection::vec, option, prelude::*, sample::select};

use super::*;

const HOUR: Duration = Duration::from_hours(1);

fn at(text: &str) -> Instant {
    text.parse().expect("an instant")
}

/// A week from Monday, 23 November 2026, in UTC, in which nothing is planned.
fn frame() -> Frame {
    Frame {
        window: (at("2026-11-23T00:00:00Z"), at("2026-11-30T00:00:00Z")),
        taken: vec![],
        work: vec![],
        waking: Waking::default(),
        habits: Habits::default(),
        daily_goal_seconds: 0,
        zone: Zone::utc(),
        most: Most { wishes: 50, sessions: 50 },
    }
}

fn wish(length: Duration) -> Wish {
    Wish { length, deadline: None, importance: 5, difficulty: 3, after: vec![], not_before: None }
}

fn starts(plan: &Plan) -> Vec<(usize, String)> {
    plan.proposals.iter().map(|it| (it.wish, it.start.to_string()[5..16].to_owned())).collect()
}

fn pairs(expected: &[(usize, &str)]) -> Vec<(usize, String)> {
    expected.iter().map(|(wish, start)| (*wish, (*start).to_owned())).collect()
}

#[test]
fn work_is_cut_into_sessions_in_waking_hours_the_urgent_before_the_important_before_the_rest() {
    let wishes = [
        wish(HOUR),
        Wish { importance: 9, ..wish(HOUR) },
        Wish { deadline: Some(at("2026-11-25T00:00:00Z")), ..wish(HOUR * 2) },
        Wish { after: vec![0], deadline: Some(at("2026-11-23T12:00:00Z")), ..wish(HOUR) },
    ];
    let plan = plan(&frame(), &wishes);
    let expected = [(0, "11-23T07:00"), (3, "11-23T08:00"), (2, "11-23T09:00"), (2, "11-23T10:00"), (1, "11-23T11:00")];
    assert_eq!(starts(&plan), pairs(&expected));
    assert_eq!(plan.proposals[0].reasons, [Reason::BeforeSuccessors, Reason::Earliest]);
    assert_eq!(plan.proposals[1].reasons, [Reason::BeforeDeadline, Reason::AfterPredecessors, Reason::Earliest]);
    assert_eq!(plan.unplaced, Vec::<usize>::new());
}

#[test]
fn what_others_wait_for_is_done_early_enough_for_their_deadlines() {
    let by = |text: &str| Some(at(&format!("2026-11-{text}:00Z")));
    let friday = Wish { deadline: by("27T17:00"), ..wish(HOUR * 3) };
    let others = [friday.clone(), friday.clone(), friday];
    let due = Wish { deadline: by("23T13:00"), ..wish(HOUR * 3) };
    // What is wished beside three things that are due on Friday; which of it is late.
    let table: [(&str, Vec<Wish>, &[usize]); 6] = [
        ("one before it", vec![wish(HOUR * 3), Wish { after: vec![3], ..due.clone() }], &[]),
        (
            "its own deadline is later",
            vec![Wish { deadline: by("28T00:00"), ..wish(HOUR * 3) }, Wish { after: vec![3], ..due.clone() }],
            &[],
        ),
        (
            "two before it",
            vec![wish(HOUR), Wish { after: vec![3], ..wish(HOUR * 2) }, Wish { after: vec![4], ..due.clone() }],
            &[],
        ),
        ("two beside each other", vec![wish(HOUR), wish(HOUR * 2), Wish { after: vec![3, 4], ..due.clone() }], &[]),
        ("it comes first in the list", vec![Wish { after: vec![4], ..due.clone() }, wish(HOUR * 3)], &[]),
        ("there is no time for both", vec![wish(HOUR * 4), Wish { after: vec![3], ..due }], &[4]),
    ];
    for (what, more, late) in table {
        let wishes = [others.to_vec(), more].concat();
        let plan = plan(&frame(), &wishes);
        let mut found: Vec<usize> =
            plan.proposals.iter().filter(|it| it.violated.contains(&Violated::AfterDeadline)).map(|it| it.wish).collect();
        found.dedup();
        assert_eq!((found.as_slice(), plan.unplaced), (late, vec![]), "{what}");
    }
}

#[test]
fn strong_hours_and_goals_come_behind_the_deadline_of_what_waits() {
    let mut frame = Frame { daily_goal_seconds: 3_600, ..frame() };
    frame.habits.learn((at("2026-11-16T14:00:00Z"), at("2026-11-16T16:00:00Z")), &frame.zone);
    let due = |hour: &str| Some(at(&format!("2026-11-23T{hour}:00:00Z")));
    let hard = Wish { difficulty: 13, ..wish(HOUR) };
    let pair = |hour| [hard.clone(), Wish { after: vec![0], deadline: due(hour), ..wish(HOUR) }];
    assert_eq!(starts(&plan(&frame, &pair("09"))), pairs(&[(0, "11-23T07:00"), (1, "11-23T08:00")]));
    assert_eq!(starts(&plan(&frame, &pair("20"))), pairs(&[(0, "11-23T14:00"), (1, "11-23T15:00")]));
    // Nor does the first half of something lie where the second is late.
    let long = Wish { difficulty: 13, deadline: due("15"), ..wish(HOUR * 3) };
    let both = plan(&Frame { daily_goal_seconds: 0, ..frame }, &[long]);
    assert!(both.proposals.iter().all(|it| it.violated.is_empty()), "{both:?}");
}

#[test]
fn what_is_most_urgent_is_planned_and_the_rest_is_said_to_be_too_much() {
    let due = |day: u32| Some(at(&format!("2026-11-{day}T00:00:00Z")));
    let few = |wishes, sessions| Frame { most: Most { wishes, sessions }, ..frame() };
    let wishes = [
        wish(HOUR),
        Wish { deadline: due(27), ..wish(HOUR * 3) },
        Wish { after: vec![0], importance: 1, ..wish(HOUR) },
        Wish { importance: 9, ..wish(HOUR * 3) },
        Wish { deadline: due(26), ..wish(HOUR) },
    ];
    let planned = |frame: &Frame| {
        let plan = plan(frame, &wishes);
        let placed: Vec<usize> = plan.proposals.iter().filter(|it| it.part == 1).map(|it| it.wish).collect();
        assert_eq!(plan.unplaced, Vec::<usize>::new());
        (placed, plan.over_limit)
    };
    assert_eq!(planned(&few(5, 7)), (vec![4, 1, 3, 0, 2], vec![]));
    assert_eq!(planned(&few(5, 6)), (vec![4, 1, 3, 0], vec![2]));
    assert_eq!(planned(&few(5, 4)), (vec![4, 1, 0], vec![2, 3]), "what is too long leaves room for what is not");
    assert_eq!(planned(&few(3, 50)), (vec![4, 1, 3], vec![0, 2]), "what waits for it as well");
    assert_eq!(planned(&few(0, 50)), (vec![], vec![0, 1, 2, 3, 4]));
}

#[test]
fn hard_work_goes_to_the_strong_hours_of_the_day() {
    let mut frame = frame();
    frame.habits.learn((at("2026-11-16T14:00:00Z"), at("2026-11-16T16:00:00Z")), &frame.zone);
    let plan = plan(&frame, &[Wish { difficulty: 13, ..wish(HOUR) }, wish(HOUR)]);
    assert_eq!(starts(&plan), pairs(&[(0, "11-23T14:00"), (1, "11-23T07:00")]));
    assert!(plan.proposals[0].reasons.contains(&Reason::StrongHours));
}

#[test]
fn a_goal_that_is_used_up_sends_work_to_the_next_day_and_a_deadline_overrules_it() {
    let frame = Frame { daily_goal_seconds: 3_600, ..frame() };
    let soon = Some(at("2026-11-24T00:00:00Z"));
    let plan = plan(&frame, &[wish(HOUR), wish(HOUR), Wish { deadline: soon, ..wish(HOUR) }]);
    assert_eq!(starts(&plan), pairs(&[(2, "11-23T07:00"), (0, "11-24T07:00"), (1, "11-25T07:00")]));
    let twice = super::plan(&frame, &[Wish { deadline: soon, ..wish(HOUR) }, Wish { deadline: soon, ..wish(HOUR) }]);
    assert_eq!(twice.proposals[1].violated, [Violated::OverDailyGoal]);
}

#[test]
fn what_is_worked_and_planned_already_uses_up_the_goal_of_its_day() {
    let wishes = [wish(HOUR)];
    let first = |work: &[(&str, &str)]| {
        let work = work.iter().map(|(start, end)| (at(start), at(end))).collect();
        let plan = plan(&Frame { daily_goal_seconds: 7_200, work, ..frame() }, &wishes);
        (plan.proposals[0].start.to_string()[5..16].to_owned(), plan.proposals[0].reasons.clone())
    };
    let within = vec![Reason::WithinDailyGoal, Reason::Earliest];
    assert_eq!(first(&[("2026-11-23T18:00:00Z", "2026-11-23T19:00:00Z")]), ("11-23T07:00".to_owned(), within.clone()));
    assert_eq!(first(&[("2026-11-23T18:00:00Z", "2026-11-23T19:30:00Z")]), ("11-24T07:00".to_owned(), within.clone()));
    // Of a night's work each day has its own part, and the day before the window none.
    assert_eq!(first(&[("2026-11-22T20:00:00Z", "2026-11-23T01:00:00Z")]).0, "11-23T07:00");
    assert_eq!(first(&[("2026-11-23T22:30:00Z", "2026-11-24T01:30:00Z")]).0, "11-25T07:00");
}

#[test]
fn what_waits_for_sessions_that_are_planned_already_comes_behind_them() {
    let behind = |hour: &str| Some(at(&format!("2026-11-{hour}:00:00Z")));
    let wishes = [Wish { not_before: behind("24T10"), ..wish(HOUR) }, Wish { after: vec![0], ..wish(HOUR) }];
    let made = plan(&frame(), &wishes);
    assert_eq!(starts(&made), pairs(&[(0, "11-24T10:00"), (1, "11-24T11:00")]));
    assert!(made.proposals[0].reasons.contains(&Reason::AfterPredecessors));
    let never = plan(&frame(), &[Wish { not_before: behind("30T00"), ..wish(HOUR) }]);
    assert_eq!((never.proposals.len(), never.unplaced), (0, vec![0]));
}

#[test]
fn a_night_is_taken_only_when_nothing_else_is_left_and_what_has_no_place_is_said() {
    let busy = [("2026-11-23T07:00:00Z", "2026-11-24T01:00:00Z")];
    let taken = busy.iter().map(|(start, end)| (at(start), at(end))).collect();
    let frame = Frame { window: (at("2026-11-23T05:00:00Z"), at("2026-11-24T03:00:00Z")), taken, ..frame() };
    let plan = plan(&frame, &[wish(HOUR), wish(HOUR * 9), Wish { after: vec![1], ..wish(HOUR) }]);
    assert_eq!(starts(&plan), pairs(&[(0, "11-23T05:00")]));
    assert_eq!((plan.proposals[0].violated.as_slice(), plan.unplaced), (&[Violated::Asleep][..], vec![1, 2]));
}

#[test]
fn alternatives_are_the_best_first_and_never_overlap() {
    let found = alternatives(&frame(), &wish(HOUR * 8), 3);
    let starts: Vec<String> = found.iter().map(|it| it.start.to_string()[5..16].to_owned()).collect();
    assert_eq!(starts, ["11-23T07:00", "11-23T15:00", "11-24T07:00"]);
}

fn wishes() -> impl Strategy<Value = Vec<Wish>> {
    let behind = (option::of(0..8usize), option::weighted(0.2, 0..180u32));
    let one = (1..30u64, option::of(0..168u64), 1..10i64, select(vec![1, 3, 8, 21]), behind);
    vec(one, 1..8).prop_map(|wishes| {
        let made =
            wishes.iter().enumerate().map(|(index, (quarters, deadline, importance, difficulty, (after, not_before)))| Wish {
                length: Duration::from_mins(15 * quarters),
                deadline: deadline.map(|hours| at("2026-11-23T00:00:00Z") + HOUR * u32::try_from(hours).unwrap_or(0)),
                importance: *importance,
                difficulty: *difficulty,
                after: after.filter(|after| *after < index).into_iter().collect(),
                not_before: not_before.map(|hours| at("2026-11-23T00:00:00Z") + HOUR * hours),
            });
        made.collect()
    })
}

/// Wishes that can be done one right after the other, of which each may wait for those before it.
fn chained() -> impl Strategy<Value = Vec<Wish>> {
    let one = (select(vec![15u64, 30, 60, 90, 180]), option::of(0..900u64), 1..10i64, vec(0..6usize, 0..2));
    vec(one, 1..6).prop_map(|wishes| {
        let made = wishes.iter().enumerate().map(|(index, (minutes, deadline, importance, after))| Wish {
            deadline: deadline.map(|minutes| at("2026-11-23T00:00:00Z") + Duration::from_mins(minutes)),
            importance: *importance,
            after: after.iter().copied().filter(|after| *after < index).collect(),
            ..wish(Duration::from_mins(*minutes))
        });
        made.collect()
    })
}

/// Whether the rest of `wishes` can be done from `now` on, in whatever order, with no deadline missed.
fn can_be_kept(wishes: &[Wish], done: &mut Vec<usize>, now: Instant) -> bool {
    if done.len() == wishes.len() {
        return true;
    }
    for (index, wish) in wishes.iter().enumerate() {
        let end = now + wish.length;
        let fits = wish.deadline.is_none_or(|deadline| end <= deadline);
        if !done.contains(&index) && fits && wish.after.iter().all(|first| done.contains(first)) {
            done.push(index);
            if can_be_kept(wishes, done, end) {
                return true;
            }
            done.pop();
        }
    }
    false
}

/// Whether a day that `session` touches has more work than the goal, counted by five minutes in UTC.
fn over(work: impl Iterator<Item = (Instant, Instant)>, session: (Instant, Instant), goal: u32) -> bool {
    let minutes = |instant: Instant| instant.as_seconds() / 300;
    let cells = |(start, end): (Instant, Instant)| minutes(start)..minutes(end);
    let mut worked: HashMap<i64, u32> = HashMap::new();
    for cell in work.flat_map(cells) {
        *worked.entry(cell / 288).or_default() += 300;
    }
    goal > 0 && cells(session).any(|cell| worked[&(cell / 288)] > goal)
}

proptest! {
    #[test]
    fn deadlines_that_any_order_keeps_are_kept(wishes in chained()) {
        let never_asleep = Waking::parse("00:00", "00:00").expect("the same time");
        let frame = Frame { waking: never_asleep, ..frame() };
        let kept = plan(&frame, &wishes).proposals.iter().all(|it| it.violated.is_empty());
        prop_assert_eq!(kept, can_be_kept(&wishes, &mut Vec::new(), frame.window.0));
    }

    #[test]
    fn whatever_is_wished_a_plan_keeps_its_promises(
        wishes in wishes(),
        taken in vec((0..600i64, 1..40i64), 0..20),
        work in vec((0..660i64, 1..20i64), 0..12),
        goal in select(vec![0u32, 3_600, 14_400]),
    ) {
        let quarter = |n: i64| Instant::from_micros(at("2026-11-23T00:00:00Z").as_micros() + n * GRID);
        let mut taken: Vec<_> = taken.iter().map(|(start, long)| (quarter(*start), quarter(start + long))).collect();
        taken.sort_unstable();
        let work: Vec<_> = work.iter().map(|(start, long)| (quarter(*start), quarter(start + long))).collect();
        let frame = Frame { taken: joined(taken.into_iter()), work, daily_goal_seconds: goal, ..frame() };
        let made = plan(&frame, &wishes);
        prop_assert_eq!(&made, &plan(&frame, &wishes), "the same answer for the same state");
        let nights = frame.waking.nights(frame.window, &frame.zone);
        for (index, session) in made.proposals.iter().enumerate() {
            let meets = |(start, end): &(Instant, Instant)| *start < session.end && session.start < *end;
            prop_assert!(!frame.taken.iter().any(meets), "{session:?} is taken");
            prop_assert!(session.start >= frame.window.0 && session.end <= frame.window.1);
            let others = made.proposals.iter().enumerate().filter(|(other, _)| *other != index);
            prop_assert!(!others.map(|(_, other)| (other.start, other.end)).any(|it| meets(&it)), "{session:?} overlaps");
            prop_assert_eq!(nights.iter().any(meets), session.violated.contains(&Violated::Asleep));
            let late = wishes[session.wish].deadline.is_some_and(|deadline| session.end > deadline);
            prop_assert_eq!(late, session.violated.contains(&Violated::AfterDeadline));
            let (early, until) = (frame.work.iter().copied(), made.proposals[..=index].iter().map(|it| (it.start, it.end)));
            let over = over(early.chain(until), (session.start, session.end), goal);
            prop_assert_eq!(over, session.violated.contains(&Violated::OverDailyGoal), "{:?}", session);
            prop_assert_eq!(goal > 0 && !over, session.reasons.contains(&Reason::WithinDailyGoal));
            prop_assert!(wishes[session.wish].not_before.is_none_or(|at| at <= session.start));
            for before in &wishes[session.wish].after {
                prop_assert!(made.proposals.iter().filter(|it| it.wish == *before).all(|it| it.end <= session.start));
            }
        }
        for (index, wish) in wishes.iter().enumerate() {
            let planned: Duration = made.proposals.iter().filter(|it| it.wish == index).map(|it| it.end.since(it.start)).sum();
            let whole = if made.unplaced.contains(&index) { Duration::ZERO } else { wish.length };
            prop_assert_eq!(planned, whole, "all of it or nothing");
        }
    }
}
