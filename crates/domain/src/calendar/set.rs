//! Everything a schedule stands for: the occurrences its rule gives, with those that were changed one by one.

use std::{collections::BTreeMap, time::Duration};

use kernel::{Instant, Resolved, ScheduleId, WallTime};

use super::{
    Change, Occurrence, Override, Schedule, Span,
    recurrence::{self, Extent, Last},
};

/// A schedule together with the occurrences of it that are unlike the rest (RFC 5545 calls it the recurrence set).
#[derive(Clone, Debug)]
pub struct RecurrenceSet {
    /// The schedule, which may also happen once.
    pub schedule: Schedule,
    /// By recurrence id.
    pub overrides: BTreeMap<WallTime, Override>,
}

/// From when to when a schedule has occurrences at all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reach {
    /// None starts before it.
    pub from: Instant,
    /// None ends after it; `None`: it repeats for ever.
    pub to: Option<Instant>,
}

impl RecurrenceSet {
    /// Of a schedule and its overrides in any order.
    pub fn new(schedule: Schedule, overrides: impl IntoIterator<Item = Override>) -> Self {
        Self { schedule, overrides: overrides.into_iter().map(|own| (own.recurrence_id, own)).collect() }
    }

    /// The occurrence `recurrence_id`, if the series has it.
    pub fn occurrence(&self, recurrence_id: WallTime) -> Option<Occurrence> {
        let series = self.schedule.series.as_ref()?;
        series.contains(recurrence_id).then(|| self.at(recurrence_id))
    }

    /// The occurrence named `recurrence_id`, of which somebody knows that there is one.
    fn at(&self, recurrence_id: WallTime) -> Occurrence {
        let own = self.overrides.get(&recurrence_id);
        let span = own.and_then(|own| own.span.clone()).unwrap_or_else(|| self.schedule.span_at(recurrence_id));
        Occurrence::of(&self.schedule, recurrence_id, span, own)
    }

    /// What of it overlaps the half-open range `from..to` and comes after `after`, in order, at most `limit`.
    pub fn overlapping(&self, (from, to): (Instant, Instant), after: Option<Key>, limit: usize) -> Vec<Occurrence> {
        let behind = |key: Key| after.is_none_or(|after| key > after);
        let Some(series) = &self.schedule.series else {
            let only = Occurrence::only(self.schedule.clone());
            return Vec::from_iter((only.schedule.span.overlaps(from, to) && behind(only.key())).then_some(only));
        };
        // A page that goes on further back does not walk through the pages before it.
        let from_start = after.map_or(from, |after| from.max(after.0));
        let extent = if from_start > from { Extent::Elapsed(Duration::ZERO) } else { self.schedule.extent() };
        let regular = series.between(from_start, to, extent).filter(|o| !self.is_moved(o.recurrence_id()));
        let id = self.schedule.id;
        let regular = regular.filter(|o| behind((o.start.instant, id, Some(o.recurrence_id())))).take(limit);
        let mut found: Vec<_> = regular.map(|o| self.at(o.recurrence_id())).collect();
        let moved = self.moved().filter(|(_, span)| span.overlaps(from, to)).map(|(own, _)| self.at(own.recurrence_id));
        found.extend(moved.filter(|occurrence| behind(occurrence.key())));
        found.sort_by_key(Occurrence::key);
        found.truncate(limit);
        found
    }

    /// The occurrences that take place when the rule says, from the first that ends after `from`, by start.
    pub fn regular(&self, from: Instant) -> impl Iterator<Item = recurrence::Occurrence> {
        let series = self.schedule.series.iter();
        let all = series.flat_map(move |series| series.between(from, Instant::MAX, self.schedule.extent()));
        all.filter(|occurrence| !self.is_moved(occurrence.recurrence_id()))
    }

    /// Those that were moved, and where to.
    pub fn moved(&self) -> impl Iterator<Item = (&Override, &Span)> {
        self.overrides.values().filter_map(|own| own.span.as_ref().map(|span| (own, span)))
    }

    /// Whether an occurrence takes place at another time than the rule says.
    pub fn is_moved(&self, recurrence_id: WallTime) -> bool {
        self.overrides.get(&recurrence_id).is_some_and(|own| own.span.is_some())
    }

    /// Whether `recurrence_id` names the occurrence that comes first.
    pub fn is_first(&self, recurrence_id: WallTime) -> bool {
        let Some(series) = &self.schedule.series else { return false };
        let mut earlier = series.between(Instant::EPOCH, Instant::MAX, Extent::Elapsed(Duration::ZERO));
        earlier.next().is_some_and(|first| first.recurrence_id() == recurrence_id)
    }

    /// Takes the overrides along when the series they belong to changes: they move by as much as its start, and those whose
    /// occurrence is no more are dropped.
    pub fn follow(&mut self, change: &Change) {
        let Some(series) = &change.series else {
            self.overrides.clear();
            return;
        };
        let by = change.span.start.datetime().duration_since(self.schedule.span.start.datetime());
        let moved = std::mem::take(&mut self.overrides).into_values().filter_map(|own| {
            let recurrence_id = WallTime::new(own.recurrence_id.datetime().checked_add(by).ok()?);
            series.contains(recurrence_id).then_some((recurrence_id, Override { recurrence_id, ..own }))
        });
        self.overrides = moved.collect();
    }

    /// From when to when it has occurrences.
    pub fn reach(&self) -> Reach {
        let Schedule { series, span, .. } = &self.schedule;
        let Some(series) = series else {
            return Reach { from: span.start_at.instant, to: Some(span.end_at.instant) };
        };
        let first = series.between(Instant::EPOCH, Instant::MAX, Extent::Elapsed(Duration::ZERO)).next();
        let from = first.into_iter().map(|first| first.start.instant).chain(self.moved().map(|(_, span)| span.start_at.instant));
        let from = from.min().unwrap_or(span.start_at.instant);
        let moved = self.moved().map(|(_, span)| span.end_at.instant).max();
        let to = match series.last() {
            Last::Endless => None,
            Last::At(last) => moved.max(Some(self.schedule.span_at(last.recurrence_id()).end_at.instant)),
            Last::Nothing => moved.max(Some(from)),
        };
        Reach { from, to }
    }
}

/// What orders occurrences: the start, then the schedule, then which of it.
pub type Key = (Instant, ScheduleId, Option<WallTime>);

impl Schedule {
    /// When the occurrence that starts at `start` takes place: as long as the first, in elapsed time or in whole days
    /// (RFC 5545 §3.8.5.3).
    pub fn span_at(&self, start: WallTime) -> Span {
        let first = &self.span;
        if start == first.start {
            return first.clone();
        }
        let zone = first.zone.clone();
        let start_at = zone.resolve(start);
        let (end, end_at) = match self.extent() {
            Extent::Days(days) => {
                let days = jiff::Span::new().days(days);
                let end = start.datetime().checked_add(days).map_or(start, WallTime::new);
                (end, zone.resolve(end))
            }
            Extent::Elapsed(length) => {
                let instant = start_at.instant + length;
                let end = zone.wall_at(instant);
                (end, Resolved { instant, resolution: zone.resolve(end).resolution })
            }
        };
        Span { all_day: first.all_day, zone, start, end, start_at, end_at }
    }

    /// How long each occurrence lasts.
    pub(crate) fn extent(&self) -> Extent {
        let span = &self.span;
        if span.all_day {
            let days = span.end.datetime().date().since(span.start.datetime().date()).map_or(1, |days| days.get_days());
            return Extent::Days(u16::try_from(days).unwrap_or(1));
        }
        Extent::Elapsed(span.end_at.instant.since(span.start_at.instant))
    }
}
