//! The time that a schedule takes.

use std::time::Duration;

use kernel::{Instant, WallTime};

use crate::calendar::{
    Occurrence, Override, RecurrenceSet, Schedule, Span,
    recurrence::{self, Extent},
};

/// A stretch of time that is taken: half open, and never empty.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Busy {
    /// When it begins.
    pub start: Instant,
    /// When it is over.
    pub end: Instant,
    name: Name,
}

/// Which occurrence takes it. That of a rule is asked for its wall time only where somebody wants to know.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Name {
    Once,
    Rule(recurrence::Occurrence),
    Known(WallTime),
}

impl Busy {
    /// What happens once from `start` to `end`; nothing if that has no length.
    pub fn once(start: Instant, end: Instant) -> Option<Self> {
        Self { start, end, name: Name::Once }.unless_empty()
    }

    /// What an occurrence takes, if it is busy and has a length.
    pub fn of(occurrence: &Occurrence) -> Option<Self> {
        let name = occurrence.recurrence_id.map_or(Name::Once, Name::Known);
        let schedule = &occurrence.schedule;
        if schedule.text.busy { Self::over(&schedule.span, name) } else { None }
    }

    fn over(span: &Span, name: Name) -> Option<Self> {
        Self { start: span.start_at.instant, end: span.end_at.instant, name }.unless_empty()
    }

    fn unless_empty(self) -> Option<Self> {
        (self.start < self.end).then_some(self)
    }

    /// Which occurrence of a series it is; `None` for what happens once.
    pub fn recurrence_id(&self) -> Option<WallTime> {
        match self.name {
            Name::Once => None,
            Name::Rule(occurrence) => Some(occurrence.recurrence_id()),
            Name::Known(wall) => Some(wall),
        }
    }

    /// Whether it has time in common with `from..to`.
    pub fn meets(&self, from: Instant, to: Instant) -> bool {
        self.start < to && self.end > from
    }
}

impl RecurrenceSet {
    /// The time it takes of `from..to`, by start. Each stretch is whole, also where it begins before or ends after. Whatever it
    /// passes over on the way was changed by hand, so that it costs what it answers.
    pub fn busy(&self, (from, to): (Instant, Instant)) -> impl Iterator<Item = Busy> {
        let schedule = &self.schedule;
        let once = if schedule.series.is_none() && schedule.text.busy { Busy::over(&schedule.span, Name::Once) } else { None };
        let takes = schedule.text.busy && schedule.extent() != Extent::Elapsed(Duration::ZERO);
        let series = schedule.series.iter().filter(move |_| takes);
        let regular = series.flat_map(move |series| series.between(from, to, schedule.extent())).filter_map(|occurrence| {
            let here = self.overrides.is_empty() || {
                let own = self.overrides.get(&occurrence.recurrence_id());
                own.is_none_or(|own| own.span.is_none()) && self.is_busy(own)
            };
            let busy = Busy { start: occurrence.start.instant, end: occurrence.end, name: Name::Rule(occurrence) };
            if here { busy.unless_empty() } else { None }
        });
        let mut by_hand: Vec<Busy> = self.busy_by_hand().filter(|busy| busy.meets(from, to)).collect();
        by_hand.sort_unstable_by_key(|busy| busy.start);
        let all = merged(once.into_iter().chain(regular), by_hand.into_iter());
        all.filter(move |busy| busy.meets(from, to))
    }

    /// What was moved, and what is busy in a series that is free.
    fn busy_by_hand(&self) -> impl Iterator<Item = Busy> {
        let Schedule { series, text, .. } = &self.schedule;
        let own = series.iter().flat_map(|_| self.overrides.values()).filter(|own| self.is_busy(Some(own)));
        own.filter_map(move |own| {
            let name = Name::Known(own.recurrence_id);
            match &own.span {
                Some(span) => Busy::over(span, name),
                None if text.busy || !series.as_ref()?.contains(own.recurrence_id) => None,
                None => Busy::over(&self.schedule.span_at(own.recurrence_id), name),
            }
        })
    }

    /// The others of a series: the same one, in which `which` takes no time.
    #[must_use]
    pub fn without(&self, which: WallTime) -> Self {
        let mut others = self.clone();
        others.overrides.entry(which).or_insert_with(|| Override::like_the_rest(which)).busy = Some(false);
        others
    }

    /// Longer than every stretch it takes, whatever the clocks do.
    pub(super) fn longest(&self) -> Duration {
        let length = |span: &Span| span.end_at.instant.since(span.start_at.instant);
        let moved = self.moved().map(|(_, span)| length(span)).max();
        moved.max(Some(length(&self.schedule.span))).unwrap_or_default() + Duration::from_hours(26)
    }

    fn is_busy(&self, own: Option<&Override>) -> bool {
        own.and_then(|own| own.busy).unwrap_or(self.schedule.text.busy)
    }
}

/// Two lists by start as one.
fn merged(left: impl Iterator<Item = Busy>, right: impl Iterator<Item = Busy>) -> impl Iterator<Item = Busy> {
    let (mut left, mut right) = (left.peekable(), right.peekable());
    std::iter::from_fn(move || match (left.peek(), right.peek()) {
        (Some(one), Some(other)) if other.start < one.start => right.next(),
        (None, _) => right.next(),
        _ => left.next(),
    })
}
