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
        while let Some((busy, _)) = walk.next(Instant::DISTANT_PAST, budget)? {
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
        let lines = self.series.iter().chain(own).filter_map(|set| {
            let mut rest = set.busy((from, to));
            Some(Line { set, next: rest.next()?, rest, own: own.is_some_and(|own| std::ptr::eq(own, set)) })
        });
        let series: Vec<_> = lines.collect();
        let next = series.iter().enumerate().map(|(place, line)| Next { start: line.next.start, place }).collect();
        Walk { once, series, next, known_until: self.known_until }
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
    series: Vec<Line<'a, S>>,
    /// Of each series when its next begins, the earliest of them on top.
    next: BinaryHeap<Next>,
    known_until: Instant,
}

/// What one series takes.
struct Line<'a, S> {
    set: &'a RecurrenceSet,
    next: Busy,
    rest: S,
    /// Whether it is the one that is judged itself.
    own: bool,
}

impl<'a, O: Iterator<Item = (Busy, ScheduleId)>, S: Iterator<Item = Busy>> Walk<'a, O, S> {
    /// The next, which is a step. Some of what is over at `since` may be left out, which is a step each as well.
    pub(super) fn next(&mut self, since: Instant, budget: &mut Budget) -> Result<Option<(Busy, Whose<'a>)>, TooDense> {
        budget.step()?;
        let first = self.next.peek().map(|next| next.start);
        let earlier = |(busy, _): &(Busy, ScheduleId)| first.is_none_or(|first| busy.start <= first);
        if let Some((busy, schedule)) = self.once.next_if(earlier) {
            return Ok(Some((busy, Whose::Once(schedule))));
        }
        if first.unwrap_or(Instant::MAX) > self.known_until {
            return Err(TooDense);
        }
        let Some(mut top) = self.next.peek_mut() else { return Ok(None) };
        let line = &mut self.series[top.place];
        let whose = if line.own { Whose::Own(line.set) } else { Whose::Series(line.set) };
        let busy = line.next;
        // Without putting it in order among the others each time.
        let mut next = line.rest.next();
        while next.is_some_and(|next| next.end <= since) {
            budget.step()?;
            next = line.rest.next();
        }
        match next {
            Some(next) => (line.next, top.start) = (next, next.start),
            None => _ = PeekMut::pop(top),
        }
        Ok(Some((busy, whose)))
    }
}

/// When the next of a series begins.
#[derive(PartialEq, Eq)]
struct Next {
    start: Instant,
    place: usize,
}

impl Ord for Next {
    /// The greatest is the one that comes first.
    fn cmp(&self, other: &Self) -> Ordering {
        (other.start, other.place).cmp(&(self.start, self.place))
    }
}

impl PartialOrd for Next {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}
