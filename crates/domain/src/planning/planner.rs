//! Finding times for work.
//!
//! Everything is decided by comparing, never by weighing, so that the same calendar has the same plan and each choice has a reason
//! that can be said. Wishes are placed one after the other: what others wait for first, then by deadline, importance and difficulty.
//! Each is cut into sessions, and each session goes to the best of the free places on a grid of a quarter of an hour:
//!
//! 1. while its owner is up, if there is any such place,
//! 2. before the deadline,
//! 3. on a day whose goal is not used up,
//! 4. on the earliest such day,
//! 5. there, if the work is hard, in the hours in which most is done,
//! 6. as early as it can be.

use std::{cmp::Reverse, time::Duration};

use kernel::{Instant, Zone};

use super::{Habits, Waking};
use crate::calendar::{conflicts::joined, progress::Days};

/// The longest session; more is cut into several of nearly the same length.
pub const MAX_SESSION: Duration = Duration::from_mins(90);

/// So hard work has its place in the strong hours.
const HARD: i64 = 5;

/// Places lie on quarters of an hour.
const GRID: i64 = 15 * 60 * 1_000_000;

/// Something that wants a time.
#[derive(Clone, Debug)]
pub struct Wish {
    /// How long it takes.
    pub length: Duration,
    /// By when it should be done.
    pub deadline: Option<Instant>,
    /// 1 to 9.
    pub importance: i64,
    /// 1, 2, 3, 5, 8, 13 or 21.
    pub difficulty: i64,
    /// Which of the wishes come before it, by their place in the list.
    pub after: Vec<usize>,
    /// When what comes before it and is planned already is over.
    pub not_before: Option<Instant>,
}

/// What is planned within.
#[derive(Clone, Debug)]
pub struct Frame {
    /// From when to when.
    pub window: (Instant, Instant),
    /// What is taken, by start, what touches as one.
    pub taken: Vec<(Instant, Instant)>,
    /// What is worked and what is planned already, as it counts for the goals of its days. Two at once count twice.
    pub work: Vec<(Instant, Instant)>,
    /// When its owner is up.
    pub waking: Waking,
    /// When they work.
    pub habits: Habits,
    /// How much they mean to work on each day, in seconds; 0 is no goal.
    pub daily_goal_seconds: u32,
    /// Their zone.
    pub zone: Zone,
}

impl Frame {
    /// The days that the window touches.
    pub fn days(&self) -> Days {
        let (from, to) = (self.date(self.window.0), self.date(self.window.1));
        let count = to.since(from).map_or(0, |days| days.get_days());
        Days::from(from, usize::try_from(count).unwrap_or(0) + 1, &self.zone)
    }

    fn date(&self, at: Instant) -> jiff::civil::Date {
        self.zone.wall_at(at).datetime().date()
    }
}

/// Why a place was chosen, as a stable word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// It ends before the deadline.
    BeforeDeadline,
    /// It comes after what it waits for.
    AfterPredecessors,
    /// It is hard, and lies in hours in which much is done.
    StrongHours,
    /// The day's goal has room for it, beside what is worked and planned on that day.
    WithinDailyGoal,
    /// No earlier day had a place as good.
    Earliest,
}

/// What a place does not keep to, as a stable word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Violated {
    /// Its owner sleeps then: there was no other place.
    Asleep,
    /// It ends after the deadline.
    AfterDeadline,
    /// It is more than the goal of its day.
    OverDailyGoal,
}

/// A place for a session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proposal {
    /// For which wish.
    pub wish: usize,
    /// Which of its sessions, from 1 on.
    pub part: usize,
    /// How many it has.
    pub parts: usize,
    /// When it begins.
    pub start: Instant,
    /// When it is over.
    pub end: Instant,
    /// Why there.
    pub reasons: Vec<Reason>,
    /// What it does not keep to.
    pub violated: Vec<Violated>,
}

/// What came of planning.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Plan {
    /// In the order in which they were placed.
    pub proposals: Vec<Proposal>,
    /// Wishes of which nothing, or not everything, found a place; nothing of them is among the proposals.
    pub unplaced: Vec<usize>,
}

/// Places all of `wishes`, each once.
pub fn plan(frame: &Frame, wishes: &[Wish]) -> Plan {
    let mut planner = Planner::new(frame);
    let mut plan = Plan::default();
    let mut ends: Vec<Option<Instant>> = vec![None; wishes.len()];
    let mut open: Vec<usize> = (0..wishes.len()).collect();
    let urgency = |index: usize| {
        let Wish { deadline, importance, difficulty, .. } = &wishes[index];
        (deadline.unwrap_or(Instant::MAX), Reverse(*importance), Reverse(*difficulty), index)
    };
    loop {
        let placed = |index: &usize| ends[*index].is_some();
        let ready = open.iter().copied().filter(|index| wishes[*index].after.iter().all(placed));
        let Some(next) = ready.min_by_key(|index| urgency(*index)) else { break };
        open.retain(|index| *index != next);
        let after = wishes[next].after.iter().filter_map(|index| ends[*index]).chain(wishes[next].not_before).max();
        match planner.place(next, &wishes[next], after) {
            Some(sessions) => {
                ends[next] = sessions.last().map(|session| session.end);
                plan.proposals.extend(sessions);
            }
            None => plan.unplaced.push(next),
        }
    }
    plan.unplaced.extend(open);
    plan.unplaced.sort_unstable();
    plan
}

/// The best places for all of one wish in one piece, at most `limit`, the best first; no two of them overlap.
pub fn alternatives(frame: &Frame, wish: &Wish, limit: usize) -> Vec<Proposal> {
    let mut planner = Planner::new(frame);
    let places = std::iter::from_fn(|| {
        let place = planner.best(0, wish, None, (wish.length, 1, 1))?;
        planner.take(place.start, place.end);
        Some(place)
    });
    places.take(limit).collect()
}

struct Planner<'a> {
    frame: &'a Frame,
    taken: Vec<(Instant, Instant)>,
    nights: Vec<(Instant, Instant)>,
    days: Days,
    /// How many seconds are worked and planned on each of them.
    work: Vec<i64>,
}

/// What makes one place better than another: the smaller.
type Rank = (bool, bool, bool, Option<usize>, u32, Instant);

impl<'a> Planner<'a> {
    fn new(frame: &'a Frame) -> Self {
        let nights = joined(frame.waking.nights(frame.window, &frame.zone).into_iter());
        let days = frame.days();
        let work = vec![0; days.count()];
        let mut planner = Self { frame, taken: frame.taken.clone(), nights, days, work };
        for (start, end) in &frame.work {
            planner.work(*start, *end);
        }
        planner
    }

    /// All sessions of a wish, or nothing.
    fn place(&mut self, index: usize, wish: &Wish, after: Option<Instant>) -> Option<Vec<Proposal>> {
        let before = (self.taken.clone(), self.work.clone());
        let lengths = sessions(wish.length);
        let (mut placed, mut after_own): (Vec<Proposal>, _) = (Vec::new(), after);
        for (part, length) in (1..).zip(&lengths) {
            let Some(mut session) = self.best(index, wish, after_own, (*length, part, lengths.len())) else {
                (self.taken, self.work) = before;
                return None;
            };
            if after.is_none() {
                session.reasons.retain(|reason| *reason != Reason::AfterPredecessors);
            }
            self.take(session.start, session.end);
            self.work(session.start, session.end);
            after_own = Some(session.end);
            placed.push(session);
        }
        Some(placed)
    }

    fn best(
        &self,
        index: usize,
        wish: &Wish,
        after: Option<Instant>,
        (length, part, parts): (Duration, usize, usize),
    ) -> Option<Proposal> {
        let (from, to) = self.frame.window;
        let from = after.map_or(from, |after| after.max(from));
        let free = crate::calendar::conflicts::gaps(&self.taken, self.frame.window, length, usize::MAX);
        let starts = free.iter().flat_map(|gap| {
            let first = gap.start.max(from).as_micros();
            let first = first + (-first).rem_euclid(GRID);
            let last = gap.end.min(to).as_micros() - i64::try_from(length.as_micros()).unwrap_or(i64::MAX);
            (0..).map(move |step| first + step * GRID).take_while(move |start| *start <= last).map(Instant::from_micros)
        });
        let (rank, start) = starts.map(|start| (self.rank(wish, start, length), start)).min()?;
        let (asleep, late, over, _, weakness, _) = rank;
        let hard = wish.difficulty >= HARD && !self.frame.habits.is_empty();
        let reasons = [
            (wish.deadline.is_some() && !late, Reason::BeforeDeadline),
            (after.is_some(), Reason::AfterPredecessors),
            (hard && weakness < 2, Reason::StrongHours),
            (self.frame.daily_goal_seconds > 0 && !over, Reason::WithinDailyGoal),
            (!asleep && !late && !over, Reason::Earliest),
        ];
        let violated = [(asleep, Violated::Asleep), (late, Violated::AfterDeadline), (over, Violated::OverDailyGoal)];
        Some(Proposal {
            wish: index,
            part,
            parts,
            start,
            end: start + length,
            reasons: reasons.into_iter().filter_map(|(holds, reason)| holds.then_some(reason)).collect(),
            violated: violated.into_iter().filter_map(|(holds, it)| holds.then_some(it)).collect(),
        })
    }

    fn rank(&self, wish: &Wish, start: Instant, length: Duration) -> Rank {
        let end = start + length;
        let night = self.nights.partition_point(|(_, up)| *up <= start);
        let asleep = self.nights.get(night).is_some_and(|(asleep, _)| *asleep < end);
        let late = wish.deadline.is_some_and(|deadline| end > deadline);
        let goal = i64::from(self.frame.daily_goal_seconds);
        let over = goal > 0 && self.days.shares(start, end).any(|(day, seconds)| self.work[day] + seconds > goal);
        let hard = wish.difficulty >= HARD;
        let weakness = if hard { 3 - u32::from(self.frame.habits.strength(start, &self.frame.zone)) } else { 0 };
        (asleep, late, over, self.days.day_of(start), weakness, start)
    }

    fn work(&mut self, start: Instant, end: Instant) {
        for (day, seconds) in self.days.shares(start, end) {
            self.work[day] += seconds;
        }
    }

    fn take(&mut self, start: Instant, end: Instant) {
        self.taken.push((start, end));
        self.taken.sort_unstable();
        self.taken = joined(self.taken.iter().copied());
    }
}

/// The sessions that a length is cut into: as few as may be, in whole minutes of nearly the same length.
fn sessions(length: Duration) -> Vec<Duration> {
    let parts = length.as_secs().div_ceil(MAX_SESSION.as_secs()).max(1);
    let each = (length.as_secs() / parts).div_ceil(300) * 300;
    let mut rest = length.as_secs();
    let mut sessions = Vec::new();
    while rest > 0 {
        let next = each.max(1).min(rest);
        sessions.push(Duration::from_secs(next));
        rest -= next;
    }
    sessions
}

#[cfg(test)]
mod tests {
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
        let expected = [(2, "11-23T07:00"), (2, "11-23T08:00"), (1, "11-23T09:00"), (0, "11-23T10:00"), (3, "11-23T11:00")];
        assert_eq!(starts(&plan), pairs(&expected));
        assert_eq!(plan.proposals[4].reasons, [Reason::BeforeDeadline, Reason::AfterPredecessors, Reason::Earliest]);
        assert_eq!(plan.unplaced, Vec::<usize>::new());
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
                wishes.iter().enumerate().map(|(index, (quarters, deadline, importance, difficulty, (after, not_before)))| {
                    Wish {
                        length: Duration::from_mins(15 * quarters),
                        deadline: deadline.map(|hours| at("2026-11-23T00:00:00Z") + HOUR * u32::try_from(hours).unwrap_or(0)),
                        importance: *importance,
                        difficulty: *difficulty,
                        after: after.filter(|after| *after < index).into_iter().collect(),
                        not_before: not_before.map(|hours| at("2026-11-23T00:00:00Z") + HOUR * hours),
                    }
                });
            made.collect()
        })
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
}
