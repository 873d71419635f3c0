//! The time that a change adds.

use std::{
    collections::VecDeque,
    iter::{Fuse, Peekable},
    time::Duration,
};

use kernel::Instant;

use super::{Budget, Busy, Stretch, TooDense};
use crate::calendar::{Occurrence, RecurrenceSet};

/// How far a series is judged, from the later of now and its start: two years.
pub const HORIZON: Duration = Duration::from_hours(2 * 366 * 24);

/// The time that a change adds to what a schedule takes. What it had before is not judged again: an overlap that somebody allowed
/// does not forbid to change the rest.
#[derive(Clone, Copy, Debug)]
pub struct Added<'a> {
    after: Takes<'a>,
    before: Takes<'a>,
    judged: Stretch,
}

/// What takes time.
#[derive(Clone, Copy, Debug)]
enum Takes<'a> {
    One(Option<Busy>),
    Set(&'a RecurrenceSet),
}

impl<'a> Takes<'a> {
    fn busy(self, window: Stretch) -> impl Iterator<Item = Busy> + use<'a> {
        let (one, set) = match self {
            Self::One(busy) => (busy, None),
            Self::Set(set) => (None, Some(set)),
        };
        one.into_iter().chain(set.into_iter().flat_map(move |set| set.busy(window)))
    }

    fn series(self) -> Option<&'a RecurrenceSet> {
        match self {
            Self::Set(set) if set.schedule.series.is_some() => Some(set),
            _ => None,
        }
    }
}

impl<'a> Added<'a> {
    /// What `after` takes and `before` did not.
    pub fn by(after: &'a RecurrenceSet, before: Option<&'a RecurrenceSet>, now: Instant) -> Self {
        let judged = if after.schedule.series.is_some() {
            let from = after.reach().from.max(now);
            (from, from + HORIZON)
        } else {
            let span = &after.schedule.span;
            (span.start_at.instant, span.end_at.instant)
        };
        Self { after: Takes::Set(after), before: before.map_or(Takes::One(None), Takes::Set), judged }
    }

    /// What one occurrence takes more than it did.
    pub fn by_one(after: &Occurrence, before: &Occurrence) -> Self {
        let (after, before) = (Busy::of(after), Busy::of(before));
        let judged = after.map_or((Instant::EPOCH, Instant::EPOCH), |busy| (busy.start, busy.end));
        Self { after: Takes::One(after), before: Takes::One(before), judged }
    }

    /// From when to when there may be something to judge; `None`: no time is taken at all.
    pub fn window(&self) -> Option<Stretch> {
        let (_, to) = self.judged;
        let from = self.each().next()?.start;
        // What begins before the horizon is judged to its end.
        Some((from, self.own().map_or(to, |set| to + set.longest())))
    }

    /// Everything that is taken after the change, by start.
    pub(super) fn each(&self) -> impl Iterator<Item = Busy> + use<'a> {
        self.after.busy(self.judged)
    }

    /// The series that may meet itself.
    pub(super) fn own(&self) -> Option<&'a RecurrenceSet> {
        self.after.series()
    }

    /// What was taken before.
    pub(super) fn had(&self, window: Stretch) -> Had<impl Iterator<Item = Busy> + use<'a>> {
        Had { rest: self.before.busy(window).fuse().peekable(), once: VecDeque::new(), twice: VecDeque::new() }
    }
}

/// What was taken before a change, walked along beside a search.
pub(super) struct Had<I: Iterator> {
    rest: Peekable<Fuse<I>>,
    /// What was taken, in order, what touches as one.
    once: VecDeque<Stretch>,
    /// What was taken by two occurrences and more.
    twice: VecDeque<Stretch>,
}

impl<I: Iterator<Item = Busy>> Had<I> {
    /// Forgets what ended by `at`.
    pub(super) fn forget(&mut self, at: Instant) {
        for list in [&mut self.once, &mut self.twice] {
            while list.front().is_some_and(|(_, end)| *end <= at) {
                list.pop_front();
            }
        }
    }

    /// Whether all of `from..to` was taken before; where it is `own`, by two occurrences, as they meet there now.
    pub(super) fn covers(&mut self, (from, to): Stretch, own: bool, budget: &mut Budget) -> Result<bool, TooDense> {
        // Also what only begins where it ends: it may be one with what is before.
        while let Some(Busy { start, end, .. }) = self.rest.next_if(|busy| busy.start <= to) {
            budget.step()?;
            let last = self.once.back().map_or(start, |(_, last)| end.min(*last));
            if start < last {
                let apart = join(self.twice.back_mut(), (start, last));
                self.twice.extend(apart);
            }
            let apart = join(self.once.back_mut(), (start, end));
            self.once.extend(apart);
        }
        let list = if own { &self.twice } else { &self.once };
        let begun = list.partition_point(|(start, _)| *start <= from);
        Ok(begun.checked_sub(1).and_then(|last| list.get(last)).is_some_and(|(_, end)| *end >= to))
    }
}

/// Makes `next`, which does not begin before `last`, one with it where they touch; otherwise it comes back.
pub(super) fn join(last: Option<&mut Stretch>, next: Stretch) -> Option<Stretch> {
    let Some((_, end)) = last.filter(|(_, end)| next.0 <= *end) else { return Some(next) };
    *end = next.1.max(*end);
    None
}

/// Stretches by start as the fewest that cover the same time: what touches is one.
pub fn joined(stretches: impl Iterator<Item = Stretch>) -> Vec<Stretch> {
    let mut joined: Vec<Stretch> = Vec::new();
    for next in stretches {
        let apart = join(joined.last_mut(), next);
        joined.extend(apart);
    }
    joined
}
