//! Everything a schedule stands for: the occurrences its rule gives, with those that were changed one by one.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use jiff::SignedDuration;
use kernel::{Instant, ReminderId, ScheduleId, WallTime};

use super::{
    Change, MAX_OVERRIDES, Occurrence, Override, Schedule, Span,
    progress::{Progress, State},
    recurrence::{self, Extent, Last, MAX_DATES, Series},
    span,
};
use crate::alarms::Reminder;

/// A schedule together with the occurrences of it that are unlike the rest (RFC 5545 calls it the recurrence set).
#[derive(Clone, Debug)]
pub struct RecurrenceSet {
    /// The schedule, which may also happen once.
    pub schedule: Schedule,
    /// By recurrence id.
    pub overrides: BTreeMap<WallTime, Override>,
    /// How far its occurrences are, by recurrence id; those that were never touched are not among them.
    pub progress: BTreeMap<WallTime, Progress>,
}

/// The name an occurrence had, and the one it has now.
pub type Renamed = (WallTime, WallTime);

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
        let overrides = overrides.into_iter().map(|own| (own.recurrence_id, own)).collect();
        Self { schedule, overrides, progress: BTreeMap::new() }
    }

    /// How far an occurrence is, or what happens once.
    pub fn progress_of(&self, recurrence_id: Option<WallTime>) -> Progress {
        recurrence_id.map_or(self.schedule.progress, |which| self.progress.get(&which).copied().unwrap_or_default())
    }

    /// Notes how far an occurrence is now, or what happens once.
    pub fn note_progress(&mut self, recurrence_id: Option<WallTime>, progress: Progress) {
        match recurrence_id {
            None => self.schedule.progress = progress,
            Some(which) => _ = self.progress.insert(which, progress),
        }
    }

    /// Whether an occurrence needs no reminder.
    pub fn is_silent(&self, recurrence_id: WallTime) -> bool {
        self.progress.get(&recurrence_id).is_some_and(|progress| progress.state.is_silent())
    }

    /// The occurrence that is in progress, if one is.
    pub fn running(&self) -> Option<WallTime> {
        self.begun().find(|(_, state)| *state == State::InProgress).map(|(which, _)| which)
    }

    /// What is begun or done, and where it stands.
    pub fn begun(&self) -> impl Iterator<Item = (WallTime, State)> {
        let touched = self.progress.iter().map(|(which, progress)| (*which, progress.state));
        touched.filter(|(_, state)| *state != State::NotStarted)
    }

    /// Of what is begun or done, what the series has. Not among it is what was deleted, whose work still counts.
    pub fn standing(&self) -> impl Iterator<Item = (WallTime, State)> {
        self.begun().filter(|(which, _)| self.has(*which))
    }

    fn has(&self, which: WallTime) -> bool {
        self.schedule.series.as_ref().is_some_and(|series| series.contains(which))
    }

    /// The occurrence `recurrence_id`, if the series has it.
    pub fn occurrence(&self, recurrence_id: WallTime) -> Option<Occurrence> {
        let series = self.schedule.series.as_ref()?;
        series.contains(recurrence_id).then(|| self.at(recurrence_id))
    }

    /// The occurrence named `recurrence_id`, of which somebody knows that there is one.
    pub fn at(&self, recurrence_id: WallTime) -> Occurrence {
        let (own, span) = (self.overrides.get(&recurrence_id), self.span_of(recurrence_id));
        Occurrence::of(&self.schedule, recurrence_id, span, (own, self.progress_of(Some(recurrence_id))))
    }

    fn span_of(&self, recurrence_id: WallTime) -> Span {
        let own = self.overrides.get(&recurrence_id).and_then(|own| own.span.clone());
        own.unwrap_or_else(|| self.schedule.span_at(recurrence_id))
    }

    /// What of it overlaps the half-open range `from..to` and comes after `after`, in order, at most `limit`.
    pub fn overlapping(&self, range: (Instant, Instant), after: Option<Key>, limit: usize) -> Vec<Occurrence> {
        self.overlapping_but(&BTreeSet::new(), range, after, limit)
    }

    /// The same without the occurrences named `but`.
    pub(super) fn overlapping_but(
        &self,
        but: &BTreeSet<WallTime>,
        range: (Instant, Instant),
        after: Option<Key>,
        limit: usize,
    ) -> Vec<Occurrence> {
        let occurrence = |(_, _, which): Key| match which {
            Some(which) => self.at(which),
            None => Occurrence::only(self.schedule.clone()),
        };
        self.keys_but(but, range, after, limit).into_iter().map(occurrence).collect()
    }

    /// The places that [`RecurrenceSet::overlapping`] has in a list: cheaper where most will not be looked at.
    pub fn keys(&self, range: (Instant, Instant), after: Option<Key>, limit: usize) -> Vec<Key> {
        self.keys_but(&BTreeSet::new(), range, after, limit)
    }

    /// The place in such a list of the occurrence named `recurrence_id`, if the series has it and it is there.
    pub fn key(&self, recurrence_id: WallTime, (from, to): (Instant, Instant), after: Option<Key>) -> Option<Key> {
        let span = self.span_of(recurrence_id);
        let key = (span.start_at.instant, self.schedule.id, Some(recurrence_id));
        let there = span.overlaps(from, to) && after.is_none_or(|after| key > after) && self.has(recurrence_id);
        there.then_some(key)
    }

    fn keys_but(&self, but: &BTreeSet<WallTime>, (from, to): (Instant, Instant), after: Option<Key>, limit: usize) -> Vec<Key> {
        let id = self.schedule.id;
        let behind = |key: &Key| after.is_none_or(|after| *key > after);
        let Some(series) = &self.schedule.series else {
            let only = (self.schedule.span.start_at.instant, id, None);
            return Vec::from_iter((self.schedule.span.overlaps(from, to) && behind(&only)).then_some(only));
        };
        // A page that goes on further back does not walk through the pages before it.
        let from_start = after.map_or(from, |after| from.max(after.0));
        let extent = if from_start > from { Extent::Elapsed(Duration::ZERO) } else { self.schedule.extent() };
        let regular = series.between(from_start, to, extent);
        let regular = regular.filter(|o| !self.is_moved(o.recurrence_id()) && !but.contains(&o.recurrence_id()));
        let regular = regular.map(|o| (o.start.instant, id, Some(o.recurrence_id())));
        let mut keys: Vec<Key> = regular.filter(behind).take(limit).collect();
        let moved = self.moved().filter(|(own, span)| span.overlaps(from, to) && !but.contains(&own.recurrence_id));
        keys.extend(moved.map(|(own, span)| (span.start_at.instant, id, Some(own.recurrence_id))).filter(behind));
        keys.sort_unstable();
        keys.truncate(limit);
        keys
    }

    /// The occurrences that take place when the rule says and are reminded of as the series says, from the first that ends after
    /// `from`, by start.
    pub fn regular(&self, from: Instant) -> impl Iterator<Item = recurrence::Occurrence> {
        let series = self.schedule.series.iter();
        let all = series.flat_map(move |series| series.between(from, Instant::MAX, self.schedule.extent()));
        all.filter(|occurrence| !self.rings_apart(occurrence.recurrence_id()))
    }

    /// Those that were moved, and where to.
    pub fn moved(&self) -> impl Iterator<Item = (&Override, &Span)> {
        self.overrides.values().filter_map(|own| own.span.as_ref().map(|span| (own, span)))
    }

    /// Whether an occurrence takes place at another time than the rule says.
    pub fn is_moved(&self, recurrence_id: WallTime) -> bool {
        self.overrides.get(&recurrence_id).is_some_and(|own| own.span.is_some())
    }

    /// Whether an occurrence has alarms of its own instead of one in the chain of its series.
    pub fn rings_apart(&self, recurrence_id: WallTime) -> bool {
        self.overrides.get(&recurrence_id).is_some_and(Override::rings_apart)
    }

    /// Those that have, and when they take place.
    pub fn apart(&self) -> impl Iterator<Item = (&Override, Span)> {
        let apart = self.overrides.values().filter(|own| own.rings_apart());
        apart.map(|own| (own, own.span.clone().unwrap_or_else(|| self.schedule.span_at(own.recurrence_id))))
    }

    /// What an occurrence is reminded of.
    pub fn reminders_of(&self, recurrence_id: WallTime) -> &[Reminder] {
        let own = self.overrides.get(&recurrence_id).and_then(|own| own.reminders.as_ref());
        own.unwrap_or(&self.schedule.reminders)
    }

    /// The reminder `id`, if it is one that an occurrence has at present.
    pub fn reminder(&self, recurrence_id: WallTime, id: ReminderId) -> Option<&Reminder> {
        self.reminders_of(recurrence_id).iter().find(|reminder| reminder.id == id)
    }

    /// Whether no occurrence is called by an earlier time than `recurrence_id`. One that a gap moves may take place after another that
    /// the wall shows later; it is by their names that a series is cut.
    pub fn is_first(&self, recurrence_id: WallTime) -> bool {
        self.schedule.series.as_ref().is_some_and(|series| series.first() == Some(recurrence_id))
    }

    /// Whether the occurrence `one` takes its turn after `other`, where neither was moved.
    pub fn follows(&self, one: WallTime, other: WallTime) -> bool {
        let turn = |which: WallTime| (self.schedule.span.zone.resolve(which).instant, which);
        turn(one) > turn(other)
    }

    /// Lets it repeat as `series` from now on.
    pub fn repeat_as(&mut self, series: Series) {
        self.schedule.span = self.schedule.span_at(series.start());
        self.schedule.series = Some(series);
    }

    /// Takes along what single occurrences have of their own when the series they belong to changes.
    ///
    /// Overrides move by as much as its start, and those whose occurrence is no more are dropped. What is begun or done moves
    /// so too, if the new series has an occurrence for all of it; otherwise it stays where it is with what it has of its own,
    /// and what the new series does not have is [kept](Self::keep). What was deleted stays deleted. The answer says which
    /// occurrences are called otherwise now; some may take the names of others among them.
    pub fn follow(&mut self, change: &mut Change) -> Vec<Renamed> {
        let Some(series) = &change.series else {
            self.overrides.clear();
            return Vec::new();
        };
        let by = change.span.start.datetime().duration_since(self.schedule.span.start.datetime());
        let there = |which: WallTime| shifted(which, by).filter(|which| series.contains(*which));
        let standing: BTreeSet<_> = self.standing().map(|(which, _)| which).collect();
        let all_fit = standing.iter().all(|which| there(*which).is_some());
        let left = standing.iter().copied().filter(|which| !all_fit && !series.contains(*which)).collect();
        let names = self.names(series, by, all_fit);
        let before = self.clone();
        // What stays where it is keeps what it has of its own, and nothing of a neighbour takes its place.
        let staying = if all_fit { BTreeSet::new() } else { standing };
        let moved = std::mem::take(&mut self.overrides).into_values().filter_map(|own| {
            let which = own.recurrence_id;
            let stays = staying.contains(&which);
            let to = if stays { Some(which).filter(|which| series.contains(*which)) } else { there(which) };
            let recurrence_id = to.filter(|to| stays || !staying.contains(to))?;
            Some((recurrence_id, Override { recurrence_id, ..own }))
        });
        self.overrides = moved.collect();
        let by_name = |which: &WallTime| names.get(which).copied().unwrap_or(*which);
        self.progress = before.progress.iter().map(|(which, progress)| (by_name(which), *progress)).collect();
        let after = Schedule { text: change.text.clone(), span: change.span.clone(), ..before.schedule.clone() };
        change.series = Some(self.keep(&before, &after, series.clone(), left));
        names.into_iter().filter(|(from, to)| from != to).collect()
    }

    /// What everything that was ever touched is called in `series`, which begins later by so much; `along`: what it has moves with it.
    fn names(&self, series: &Series, by: SignedDuration, along: bool) -> BTreeMap<WallTime, WallTime> {
        let (present, deleted): (Vec<WallTime>, Vec<WallTime>) = self.progress.keys().partition(|which| self.has(**which));
        let name = |which: WallTime| shifted(which, by).filter(|_| along).unwrap_or(which);
        let mut names: BTreeMap<_, _> = present.into_iter().map(|which| (which, name(which))).collect();
        let mut taken: BTreeSet<_> = names.values().copied().collect();
        for which in deleted {
            // Nobody did what takes the place of what was deleted. Only where nothing moves is an occurrence of its name the same.
            let free = |to: &WallTime| !taken.contains(to) && (by.is_zero() || !series.contains(*to));
            let beside = (1..).map_while(|seconds| shifted(which, SignedDuration::from_secs(seconds)));
            let to = shifted(which, by).into_iter().chain([which]).chain(beside).find(free).unwrap_or(which);
            taken.insert(to);
            names.insert(which, to);
        }
        names
    }

    /// Keeps occurrences of `before` in `series`, which has no place for them, as dates beside its rule and exactly as they
    /// are. `after` is what the schedule is from now on. There is a limit to dates; what lies furthest back gives way, and has its
    /// ledger still.
    pub fn keep(&mut self, before: &Self, after: &Schedule, series: Series, mut which: Vec<WallTime>) -> Series {
        let mut recurrence = series.recurrence().clone();
        let room = (MAX_DATES.saturating_sub(recurrence.rdates.len())).min(MAX_OVERRIDES.saturating_sub(self.overrides.len()));
        which.sort_unstable_by_key(|which| (Some(*which) == before.running(), *which));
        let kept = which.split_off(which.len().saturating_sub(room));
        recurrence.rdates.extend(&kept);
        recurrence.exdates.retain(|date| !kept.contains(date));
        let Ok(with) = Series::new(recurrence, series.start(), series.zone().clone()) else { return series };
        for which in kept {
            let Schedule { text, span, .. } = before.at(which).schedule;
            let own = Override::between(which, (&after.text, &after.span_at(which)), (text, span));
            let reminders = before.overrides.get(&which).and_then(|own| own.reminders.clone());
            let own = Override { reminders, ..own };
            self.overrides.remove(&which);
            if !own.is_empty() {
                self.overrides.insert(which, own);
            }
        }
        with
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

/// The wall time that lies so much later, if there is one.
fn shifted(which: WallTime, by: SignedDuration) -> Option<WallTime> {
    which.datetime().checked_add(by).ok().map(WallTime::new)
}

/// What orders occurrences: the start, then the schedule, then which of it.
pub type Key = (Instant, ScheduleId, Option<WallTime>);

impl Schedule {
    /// When the occurrence that starts at `start` takes place.
    pub fn span_at(&self, start: WallTime) -> Span {
        self.span.at(start)
    }

    /// How long each occurrence lasts.
    pub(crate) fn extent(&self) -> Extent {
        self.span.extent()
    }
}

impl Span {
    /// When the occurrence that starts at `start` takes place in a series that begins with this span: as long as it, in elapsed
    /// time or in whole days (RFC 5545 §3.8.5.3).
    pub(crate) fn at(&self, start: WallTime) -> Self {
        if start == self.start {
            return self.clone();
        }
        let zone = self.zone.clone();
        let start_at = zone.resolve(start);
        let (end, end_at) = match self.extent() {
            Extent::Days(days) => {
                let days = jiff::Span::new().days(days);
                let end = start.datetime().checked_add(days).map_or(start, WallTime::new);
                (end, zone.resolve(end))
            }
            Extent::Elapsed(length) => span::elapsed(&zone, start_at.instant, length),
        };
        Self { all_day: self.all_day, zone, start, end, start_at, end_at }
    }

    fn extent(&self) -> Extent {
        if self.all_day {
            let days = self.end.datetime().date().since(self.start.datetime().date()).map_or(1, |days| days.get_days());
            return Extent::Days(u16::try_from(days).unwrap_or(1));
        }
        Extent::Elapsed(self.end_at.instant.since(self.start_at.instant))
    }
}
