//! Finding times for work.
//!
//! Everything is decided by comparing, never by weighing, so that the same calendar has the same plan and each choice has a reason
//! that can be said. Wishes are placed one after the other: what others wait for first, then by deadline, importance and difficulty. What
//! others wait for has their deadlines as well, less the time that they take.
//! Each is cut into sessions, and each session goes to the best of the free places on a grid of a quarter of an hour:
//!
//! 1. while its owner is up, if there is any such place,
//! 2. before the deadline,
//! 3. early enough for what has to come between it and a deadline: the rest of its own, and what waits for it,
//! 4. on a day whose goal is not used up,
//! 5. on the earliest such day,
//! 6. there, if the work is hard, in the hours in which most is done,
//! 7. as early as it can be.

use std::{cmp::Reverse, time::Duration};

use kernel::{Instant, Zone};

use super::{Habits, Waking};
use crate::calendar::{conflicts::joined, progress::Days};

#[cfg(test)]
mod tests;

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
    /// How much is planned at once.
    pub most: Most,
}

/// How much is planned at once.
#[derive(Clone, Copy, Debug)]
pub struct Most {
    /// So many wishes, whether they find a place or not.
    pub wishes: usize,
    /// In so many sessions.
    pub sessions: usize,
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
    /// It ends early enough for the deadline of what waits for it.
    BeforeSuccessors,
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
    /// Wishes for which none was looked for, because others are more urgent and no more is planned at once.
    pub over_limit: Vec<usize>,
}

/// Places all of `wishes`, each once.
pub fn plan(frame: &Frame, wishes: &[Wish]) -> Plan {
    let mut planner = Planner::new(frame);
    let mut plan = Plan::default();
    let mut ends: Vec<Option<Instant>> = vec![None; wishes.len()];
    let mut open: Vec<usize> = (0..wishes.len()).collect();
    let (latest, mut tried) = (latest_ends(wishes), 0);
    let urgency = |index: usize| {
        let Wish { importance, difficulty, .. } = &wishes[index];
        (latest[index].unwrap_or(Instant::MAX), Reverse(*importance), Reverse(*difficulty), index)
    };
    loop {
        let placed = |index: &usize| ends[*index].is_some();
        let ready = open.iter().copied().filter(|index| wishes[*index].after.iter().all(placed));
        let Some(next) = ready.min_by_key(|index| urgency(*index)) else { break };
        open.retain(|index| *index != next);
        if tried == frame.most.wishes || plan.proposals.len() + sessions(wishes[next].length).len() > frame.most.sessions {
            plan.over_limit.push(next);
            continue;
        }
        tried += 1;
        let after = wishes[next].after.iter().filter_map(|index| ends[*index]).chain(wishes[next].not_before).max();
        match planner.place(next, &wishes[next], (after, latest[next])) {
            Some(sessions) => {
                ends[next] = sessions.last().map(|session| session.end);
                plan.proposals.extend(sessions);
            }
            None => plan.unplaced.push(next),
        }
    }
    // What waits for one of those is one of them.
    while let Some(place) = open.iter().position(|index| wishes[*index].after.iter().any(|it| plan.over_limit.contains(it))) {
        plan.over_limit.push(open.remove(place));
    }
    plan.unplaced.extend(open);
    plan.unplaced.sort_unstable();
    plan.over_limit.sort_unstable();
    plan
}

/// By when each wish has to be done for it and everything that waits for it to keep their deadlines, as far as these have any.
fn latest_ends(wishes: &[Wish]) -> Vec<Option<Instant>> {
    let mut latest: Vec<Option<Instant>> = wishes.iter().map(|wish| wish.deadline).collect();
    // Each round reaches at least one wish further, and nobody waits in a circle.
    for _ in wishes {
        let before = latest.clone();
        for (index, wish) in wishes.iter().enumerate() {
            let Some(begin) = latest[index].map(|end| end - wish.length) else { continue };
            for first in &wish.after {
                latest[*first] = Some(latest[*first].map_or(begin, |end| end.min(begin)));
            }
        }
        if latest == before {
            break;
        }
    }
    latest
}

/// The best places for all of one wish in one piece, at most `limit`, the best first; no two of them overlap.
pub fn alternatives(frame: &Frame, wish: &Wish, limit: usize) -> Vec<Proposal> {
    let mut planner = Planner::new(frame);
    let places = std::iter::from_fn(|| {
        let place =
            planner.best(0, wish, None, Session { length: wish.length, part: 1, parts: 1, latest: None, others: None })?;
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
type Rank = (bool, bool, bool, bool, Option<usize>, u32, Instant);

/// A session for which a place is looked for.
#[derive(Clone, Copy)]
struct Session {
    length: Duration,
    part: usize,
    parts: usize,
    /// By when it should be over, for all that comes after it.
    latest: Option<Instant>,
    /// By when all of its wish should be, if that is for what waits for it.
    others: Option<Instant>,
}

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
    fn place(&mut self, index: usize, wish: &Wish, (after, latest): (Option<Instant>, Option<Instant>)) -> Option<Vec<Proposal>> {
        let before = (self.taken.clone(), self.work.clone());
        let lengths = sessions(wish.length);
        let (mut placed, mut after_own, parts): (Vec<Proposal>, _, _) = (Vec::new(), after, lengths.len());
        let others = latest.filter(|latest| wish.deadline.is_none_or(|deadline| *latest < deadline));
        for (part, length) in (1..).zip(lengths.iter().copied()) {
            let rest: Duration = lengths[part..].iter().sum();
            let asked = Session { length, part, parts, latest: latest.map(|latest| latest - rest), others };
            let Some(mut session) = self.best(index, wish, after_own, asked) else {
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

    fn best(&self, index: usize, wish: &Wish, after: Option<Instant>, asked: Session) -> Option<Proposal> {
        let Session { length, part, parts, others, .. } = asked;
        let (from, to) = self.frame.window;
        let from = after.map_or(from, |after| after.max(from));
        let free = crate::calendar::conflicts::gaps(&self.taken, self.frame.window, length, usize::MAX);
        let starts = free.iter().flat_map(|gap| {
            let first = gap.start.max(from).as_micros();
            let first = first + (-first).rem_euclid(GRID);
            let last = gap.end.min(to).as_micros() - i64::try_from(length.as_micros()).unwrap_or(i64::MAX);
            (0..).map(move |step| first + step * GRID).take_while(move |start| *start <= last).map(Instant::from_micros)
        });
        let (rank, start) = starts.map(|start| (self.rank(wish, start, asked), start)).min()?;
        let (asleep, late, _, over, _, weakness, _) = rank;
        let hard = wish.difficulty >= HARD && !self.frame.habits.is_empty();
        let reasons = [
            (wish.deadline.is_some() && !late, Reason::BeforeDeadline),
            (others.is_some_and(|latest| start + length <= latest), Reason::BeforeSuccessors),
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

    fn rank(&self, wish: &Wish, start: Instant, asked: Session) -> Rank {
        let end = start + asked.length;
        let night = self.nights.partition_point(|(_, up)| *up <= start);
        let asleep = self.nights.get(night).is_some_and(|(asleep, _)| *asleep < end);
        let late = wish.deadline.is_some_and(|deadline| end > deadline);
        let tight = asked.latest.is_some_and(|latest| end > latest);
        let goal = i64::from(self.frame.daily_goal_seconds);
        let over = goal > 0 && self.days.shares(start, end).any(|(day, seconds)| self.work[day] + seconds > goal);
        let hard = wish.difficulty >= HARD;
        let weakness = if hard { 3 - u32::from(self.frame.habits.strength(start, &self.frame.zone)) } else { 0 };
        (asleep, late, tight, over, self.days.day_of(start), weakness, start)
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
