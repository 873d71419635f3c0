//! Which occurrences of a schedule are found.

use std::collections::BTreeSet;

use kernel::{Instant, WallTime};

use super::Query;
use crate::calendar::{Key, Occurrence, Override, RecurrenceSet, Schedule, labels::LabelName};

/// What of a schedule a query finds: the schedule as such, single occurrences that say something else, or both.
#[derive(Clone, Debug)]
pub struct Reading<'a> {
    set: &'a RecurrenceSet,
    /// Whether what the schedule itself says is found.
    whole: bool,
    /// Occurrences whose own words are found.
    own: BTreeSet<WallTime>,
    /// Occurrences whose own words are not.
    silent: BTreeSet<WallTime>,
}

impl<'a> Reading<'a> {
    /// Reads everything that `set` says.
    pub fn of(set: &'a RecurrenceSet, query: &Query) -> Self {
        let says =
            set.overrides.values().filter(|own| own.title.is_some() || own.description.is_some() || own.location.is_some());
        let (own, silent): (Vec<_>, Vec<_>) = says.partition(|own| query.finds(texts(&set.schedule, Some(own))));
        let names = |of: Vec<&Override>| of.into_iter().map(|own| own.recurrence_id).collect();
        Self { set, whole: query.finds(texts(&set.schedule, None)), own: names(own), silent: names(silent) }
    }

    /// What of it is found, overlaps the half-open range `from..to` and comes after `after`, in order, at most `limit`.
    pub fn overlapping(&self, (from, to): (Instant, Instant), after: Option<Key>, limit: usize) -> Vec<Occurrence> {
        if self.whole {
            return self.set.overlapping_but(&self.silent, (from, to), after, limit);
        }
        let own = self.own.iter().filter_map(|which| self.set.occurrence(*which));
        let mut found: Vec<_> =
            own.filter(|own| own.schedule.span.overlaps(from, to) && after.is_none_or(|after| own.key() > after)).collect();
        found.sort_by_key(Occurrence::key);
        found.truncate(limit);
        found
    }

    /// What of it is found without a range in mind, after `after`, in order: the schedule as a whole, if that is found, and
    /// otherwise the occurrences that are.
    pub fn anywhere(&self, after: Option<Key>, limit: usize) -> Vec<Occurrence> {
        if self.whole {
            let whole = Occurrence::only(self.set.schedule.clone());
            return Vec::from_iter(after.is_none_or(|after| whole.key() > after).then_some(whole));
        }
        self.overlapping((Instant::EPOCH, Instant::MAX), after, limit)
    }
}

/// Everything that a schedule says, or that it says of one occurrence.
fn texts<'a>(schedule: &'a Schedule, own: Option<&'a Override>) -> impl Iterator<Item = &'a str> {
    let text = &schedule.text;
    let pick = |own: Option<&'a Option<String>>, of: &'a String| own.and_then(Option::as_deref).unwrap_or(of);
    let said = [
        pick(own.map(|own| &own.title), &text.title),
        pick(own.map(|own| &own.location), &text.location),
        pick(own.map(|own| &own.description), &text.description),
    ];
    said.into_iter().chain(schedule.labels.tags.iter().map(LabelName::as_str))
}
