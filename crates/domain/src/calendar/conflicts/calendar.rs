//! What else an owner has planned, as one list by start.

use std::{
    cmp::Ordering,
    collections::{BinaryHeap, binary_heap::PeekMut},
    iter::Peekable,
};

use kernel::{Instant, ScheduleId};

use super::{Budget, Busy, Stretch, TooDense, join};
use crate::calendar::{MAX_SPAN, RecurrenceSet};

/// So many schedules that happen once are looked at, the earliest first.
pub const MAX_ONCE: u32 = 20_000;

/// So many series are looked at.
pub const MAX_SERIES: u32 = 2_000;

/// What is busy and happens once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Once {
    /// The schedule.
    pub schedule: ScheduleId,
    /// When it begins.
    pub start: Instant,
    /// When it is over.
    pub end: Instant,
}

/// What else an owner has planned.
#[derive(Clone, Debug)]
pub struct Calendar {
    /// By start.
    pub once: Vec<Once>,
    /// In no order.
    pub series: Vec<RecurrenceSet>,
    /// Nothing is missing that starts before it.
    pub known_until: Instant,
}

impl Calendar {
    /// Of what happens once, by start, and of series. What has as many as are looked at may have more.
    pub fn new(once: Vec<Once>, series: Vec<RecurrenceSet>) -> Self {
        let full = |count: usize, most: u32| u32::try_from(count).is_ok_and(|count| count < most);
        let known_until = match once.last() {
            _ if !full(series.len(), MAX_SERIES) => Instant::DISTANT_PAST,
            Some(last) if !full(once.len(), MAX_ONCE) => last.start,
            _ => Instant::MAX,
        };
        Self { once, series, known_until }
    }

    /// The time that is taken of `from..to`, in order, what touches as one.
    pub fn taken(&self, window: Stretch, budget: &mut Budget) -> Result<Vec<Stretch>, TooDense> {
        let mut walk = self.walk(None, window);
        let mut taken = Vec::new();
        while let Some((busy, _)) = walk.next(budget)? {
            if let Some(apart) = join(taken.last_mut(), (busy.start, busy.end)) {
                taken.push(apart);
            }
        }
        Ok(taken)
    }

    /// What has time in common with `from..to`, and what `own` takes of it as well, by start.
    pub(super) fn walk<'a>(
        &'a self,
        own: Option<&'a RecurrenceSet>,
        (from, to): Stretch,
    ) -> Walk<'a, impl Iterator<Item = (Busy, ScheduleId)>, impl Iterator<Item = Busy>> {
        // Nothing lasts longer than MAX_SPAN.
        let begin = self.once.partition_point(|once| once.start < from - MAX_SPAN);
        let once = self.once[begin..].iter().take_while(move |once| once.start < to);
        let once = once.filter_map(|once| Some((Busy::once(once.start, once.end)?, once.schedule)));
        let once = once.filter(move |(busy, _)| busy.meets(from, to)).peekable();
        let mut series: Vec<_> = self.series.iter().chain(own).map(|set| (set, set.busy((from, to)))).collect();
        let firsts = series.iter_mut().enumerate();
        let next = firsts.filter_map(|(place, (_, busy))| Some(Next { busy: busy.next()?, place })).collect();
        Walk { once, series, next, others: self.series.len(), known_until: self.known_until }
    }
}

/// Whose time something is.
#[derive(Clone, Copy, Debug)]
pub(super) enum Whose<'a> {
    /// Of a schedule that happens once.
    Once(ScheduleId),
    /// Of a series.
    Series(&'a RecurrenceSet),
    /// Of the series that is judged itself.
    Own(&'a RecurrenceSet),
}

/// What is taken, by start.
pub(super) struct Walk<'a, O: Iterator, S> {
    once: Peekable<O>,
    /// First the others, then the one that is judged itself.
    series: Vec<(&'a RecurrenceSet, S)>,
    others: usize,
    /// Of each series the next, the earliest of them on top.
    next: BinaryHeap<Next>,
    known_until: Instant,
}

impl<'a, O: Iterator<Item = (Busy, ScheduleId)>, S: Iterator<Item = Busy>> Walk<'a, O, S> {
    /// The next, which is a step.
    pub(super) fn next(&mut self, budget: &mut Budget) -> Result<Option<(Busy, Whose<'a>)>, TooDense> {
        budget.step()?;
        let first = self.next.peek().map(|next| next.busy.start);
        let earlier = |(busy, _): &(Busy, ScheduleId)| first.is_none_or(|first| busy.start <= first);
        if let Some((busy, schedule)) = self.once.next_if(earlier) {
            return Ok(Some((busy, Whose::Once(schedule))));
        }
        if first.unwrap_or(Instant::MAX) > self.known_until {
            return Err(TooDense);
        }
        let Some(mut top) = self.next.peek_mut() else { return Ok(None) };
        let (set, rest) = &mut self.series[top.place];
        let whose = if top.place < self.others { Whose::Series(set) } else { Whose::Own(set) };
        let busy = top.busy;
        match rest.next() {
            Some(next) => top.busy = next,
            None => _ = PeekMut::pop(top),
        }
        Ok(Some((busy, whose)))
    }
}

/// The next of a series.
struct Next {
    busy: Busy,
    place: usize,
}

impl Next {
    const fn key(&self) -> (Instant, usize) {
        (self.busy.start, self.place)
    }
}

impl Ord for Next {
    /// The greatest is the one that comes first.
    fn cmp(&self, other: &Self) -> Ordering {
        other.key().cmp(&self.key())
    }
}

impl PartialOrd for Next {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Next {
    fn eq(&self, other: &Self) -> bool {
        self.key() == other.key()
    }
}

impl Eq for Next {}
