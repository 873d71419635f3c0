//! Looking for what overlaps.
//!
//! Both sides come by their start and are walked side by side, each once; only what has begun and is not over is held. So the first
//! conflicts are found first, and nothing is looked at behind them.

use std::{collections::VecDeque, iter::Peekable};

use kernel::{Instant, ScheduleId, WallTime};

use super::{Added, Budget, Busy, Calendar, Stretch, TooDense, calendar::Whose};

/// Conflicts that are named; of more it is only said that there are.
pub const MAX_CONFLICTS: usize = 20;

/// Two stretches that have time in common.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Conflict {
    /// What was asked for.
    pub mine: Busy,
    /// What is there already.
    pub other: Busy,
    /// Whose time that is; `None` for an occurrence of the very series that was asked for.
    pub schedule: Option<ScheduleId>,
    /// Its title, where it is known: that of what happens once is not.
    pub title: Option<String>,
    /// Whether that one is named by a date, because its series lasts whole days.
    pub by_day: bool,
}

/// What was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// By the start of what is there already; at most [`MAX_CONFLICTS`].
    pub conflicts: Vec<Conflict>,
    /// Whether there are more.
    pub truncated: bool,
}

/// What of `calendar` has time in common with what is added. Once something is found, the rest need not be known.
pub fn search(added: &Added<'_>, calendar: &Calendar, budget: &mut Budget) -> Result<Found, TooDense> {
    let mut conflicts = Vec::new();
    let whole = added.window().map_or(Ok(()), |window| look(added, calendar, window, &mut conflicts, budget));
    if conflicts.is_empty() {
        whole?;
    }
    conflicts.sort_by_key(key);
    let truncated = whole.is_err() || conflicts.len() > MAX_CONFLICTS;
    conflicts.truncate(MAX_CONFLICTS);
    Ok(Found { conflicts, truncated })
}

/// Puts the conflicts into `found`, one more than are named.
fn look(
    added: &Added<'_>,
    calendar: &Calendar,
    window: Stretch,
    found: &mut Vec<Conflict>,
    budget: &mut Budget,
) -> Result<(), TooDense> {
    let mut mine = Mine { rest: added.each().peekable(), near: VecDeque::new() };
    let mut had = added.had(window);
    let mut others = calendar.walk(added.own(), window);
    while let Some(since) = mine.since() {
        let Some((other, whose)) = others.next(since, budget)? else { return Ok(()) };
        if mine.is_over(other.start) {
            return Ok(());
        }
        had.forget(other.start);
        let own = matches!(whose, Whose::Own(_));
        let mut place = 0;
        while let Some(whole) = mine.beside(&other, place, budget)? {
            place += 1;
            if !whole.meets(other.start, other.end) || own && !comes_before(&other, &whole) {
                continue;
            }
            let common = (whole.start.max(other.start), whole.end.min(other.end));
            if !had.covers(common, own, budget)? {
                found.push(conflict(whole, other, whose));
            }
            if found.len() > MAX_CONFLICTS {
                return Ok(());
            }
        }
    }
    Ok(())
}

/// What is added, as far as a search has come.
struct Mine<I: Iterator> {
    rest: Peekable<I>,
    /// By start: what has begun and may not be over.
    near: VecDeque<Busy>,
}

impl<I: Iterator<Item = Busy>> Mine<I> {
    /// When the first begins that may not be over; `None`: nothing is left.
    fn since(&mut self) -> Option<Instant> {
        self.near.front().or_else(|| self.rest.peek()).map(|whole| whole.start)
    }

    /// Forgets what ended by `at`; whether nothing is left.
    fn is_over(&mut self, at: Instant) -> bool {
        while self.near.front().is_some_and(|whole| whole.end <= at) {
            self.near.pop_front();
        }
        self.near.is_empty() && self.rest.peek().is_none()
    }

    /// The one at `place` of those that begin before `other` is over, which is a step.
    fn beside(&mut self, other: &Busy, place: usize, budget: &mut Budget) -> Result<Option<Busy>, TooDense> {
        if let Some(whole) = self.near.get(place) {
            budget.step()?;
            return Ok((whole.start < other.end).then_some(*whole));
        }
        while let Some(whole) = self.rest.next_if(|whole| whole.start < other.end) {
            budget.step()?;
            if whole.end > other.start {
                self.near.push_back(whole);
                return Ok(Some(whole));
            }
        }
        Ok(None)
    }
}

/// Of two occurrences of one series the earlier is what is there already, so that each pair is found once.
fn comes_before(other: &Busy, whole: &Busy) -> bool {
    let same = || other.start == whole.start && other.recurrence_id() < whole.recurrence_id();
    other.start < whole.start || same()
}

fn conflict(mine: Busy, other: Busy, whose: Whose<'_>) -> Conflict {
    let set = match whose {
        Whose::Once(schedule) => return Conflict { mine, other, schedule: Some(schedule), title: None, by_day: false },
        Whose::Series(set) | Whose::Own(set) => set,
    };
    let schedule = if matches!(whose, Whose::Own(_)) { None } else { Some(set.schedule.id) };
    let own = other.recurrence_id().and_then(|which| set.overrides.get(&which)?.title.as_ref());
    let title = Some(own.unwrap_or(&set.schedule.text.title).clone());
    Conflict { mine, other, schedule, title, by_day: set.schedule.span.all_day }
}

type Key = (Instant, Option<ScheduleId>, Option<WallTime>, Instant, Option<WallTime>);

fn key(conflict: &Conflict) -> Key {
    let Conflict { mine, other, schedule, .. } = conflict;
    (other.start, *schedule, other.recurrence_id(), mine.start, mine.recurrence_id())
}
