//! What is free instead.

use std::time::Duration;

use jiff::civil::Date;
use kernel::{Instant, WallTime, Zone};

use super::{Added, Budget, Calendar, Stretch, TooDense};
use crate::calendar::{Moment, Patch, RecurrenceSet, progress::Days};

/// A stretch of time in which nothing is planned, half open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Slot {
    /// When it begins.
    pub start: Instant,
    /// When the next thing begins, or what was asked about ends.
    pub end: Instant,
}

/// The gaps of `from..to` between what is `taken` (in order, what touches as one) that are at least `length` long, at most `limit`.
pub fn gaps(taken: &[(Instant, Instant)], (from, to): (Instant, Instant), length: Duration, limit: usize) -> Vec<Slot> {
    let mut free = from;
    let behind = taken.iter().copied().chain([(to, to)]);
    let gaps = behind.filter_map(|(start, end)| {
        let slot = Slot { start: free, end: start.min(to) };
        free = free.max(end);
        (slot.start < slot.end && slot.end.since(slot.start) >= length).then_some(slot)
    });
    gaps.take(limit).collect()
}

/// `count` days of `zone` from `first` on, but none that has begun at `now`.
pub fn days_ahead(first: Date, count: usize, zone: &Zone, now: Instant) -> Days {
    let today = Days::from(zone.wall_at(now).datetime().date(), 1, zone);
    let next = today.date(usize::from(today.begin() < now));
    Days::from(first.max(next), count, zone)
}

/// The runs of at least `length` of `days` of which nothing is `taken` (in order, what touches as one), at most `limit`.
pub fn free_days(taken: &[Stretch], days: &Days, length: usize, limit: usize) -> Vec<Slot> {
    let is_free = |(begin, over): Stretch| {
        let next = taken.partition_point(|(_, end)| *end <= begin);
        taken.get(next).is_none_or(|(start, _)| *start >= over)
    };
    let days: Vec<(Slot, bool)> = days.each().map(|day| (Slot { start: day.0, end: day.1 }, is_free(day))).collect();
    let runs = days.chunk_by(|(_, one), (_, other)| one == other).filter(|run| run.len() >= length);
    let free = runs.filter_map(|run| match run {
        [(first, true), .., (last, _)] => Some(Slot { start: first.start, end: last.end }),
        [(only, true)] => Some(*only),
        _ => None,
    });
    free.take(limit).collect()
}

/// How far a series is moved at a time, looking for where it fits.
const STEP_MINUTES: i64 = 30;

/// Other times of the same day at which all of a series that is judged is free, at most `limit`, the nearest first: each is its
/// first occurrence there. What has no time of day has none. All of them are looked for within one budget: where it is used up there
/// are fewer.
pub fn shifts(set: &RecurrenceSet, calendar: &Calendar, now: Instant, limit: usize, budget: &mut Budget) -> Vec<Slot> {
    let Some((from, to)) = Added::by(set, None, now).window() else { return Vec::new() };
    if set.schedule.span.all_day {
        return Vec::new();
    }
    let day = Duration::from_hours(24);
    let Ok(taken) = calendar.taken((from - day, to + day), budget) else { return Vec::new() };
    let start = set.schedule.span.start.datetime();
    let steps = (1..24 * 60 / STEP_MINUTES).flat_map(|step| [step, -step]);
    let moved = steps.filter_map(|step| {
        let wall = start.checked_add(jiff::Span::new().minutes(step * STEP_MINUTES)).ok()?;
        let patch = Patch { start: Some(Moment::Wall(WallTime::new(wall))), ..Patch::default() };
        let mut change = (wall.date() == start.date()).then(|| patch.apply(&set.schedule, now).ok()).flatten()?;
        let mut set = set.clone();
        set.follow(&mut change);
        (set.schedule.span, set.schedule.series) = (change.span, change.series);
        let first = Slot { start: set.schedule.span.start_at.instant, end: set.schedule.span.end_at.instant };
        (first.start >= now && fits(&Added::by(&set, None, now), &taken, budget) == Ok(true)).then_some(first)
    });
    moved.take(limit).collect()
}

/// Whether all that is added is free, of itself as well.
fn fits(added: &Added<'_>, taken: &[Stretch], budget: &mut Budget) -> Result<bool, TooDense> {
    let (mut next, mut over) = (0, Instant::DISTANT_PAST);
    for busy in added.each() {
        budget.step()?;
        next += taken[next..].iter().take_while(|(_, end)| *end <= busy.start).count();
        if busy.start < over || taken.get(next).is_some_and(|(start, _)| *start < busy.end) {
            return Ok(false);
        }
        over = busy.end;
    }
    Ok(true)
}
