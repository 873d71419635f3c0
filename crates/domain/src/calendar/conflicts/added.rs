//! The time that a change adds.

use std::time::Duration;

use kernel::Instant;

use super::Busy;
use crate::calendar::{Occurrence, RecurrenceSet};

/// How far a series is judged, from the later of now and its start: two years.
pub const HORIZON: Duration = Duration::from_hours(2 * 366 * 24);

/// A part of `whole` that nothing of the same schedule took before.
#[derive(Clone, Copy, Debug)]
pub(super) struct Piece {
    pub(super) start: Instant,
    pub(super) end: Instant,
    pub(super) whole: Busy,
}

/// The time that a change adds to what a schedule takes. What it had before is not judged again: an overlap that somebody allowed
/// does not forbid to change the rest.
#[derive(Clone, Debug)]
pub struct Added {
    /// By start.
    pub(super) pieces: Vec<Piece>,
}

impl Added {
    /// What `after` takes and `before` did not.
    pub fn by(after: &RecurrenceSet, before: Option<&RecurrenceSet>, now: Instant) -> Self {
        let window = if after.schedule.series.is_some() {
            let from = after.reach().from.max(now);
            (from, from + HORIZON)
        } else {
            let span = &after.schedule.span;
            (span.start_at.instant, span.end_at.instant)
        };
        let taken: Vec<Busy> = before.into_iter().flat_map(|before| before.busy(window)).collect();
        Self::of(after.busy(window), &taken)
    }

    /// What one occurrence takes more than it did.
    pub fn by_one(after: &Occurrence, before: &Occurrence) -> Self {
        let before: Vec<Busy> = Busy::of(before).into_iter().collect();
        Self::of(Busy::of(after).into_iter(), &before)
    }

    /// `after`, less `before`; both by start.
    fn of(after: impl Iterator<Item = Busy>, before: &[Busy]) -> Self {
        let before = joined(before.iter().map(|busy| (busy.start, busy.end)));
        let mut pieces = Vec::new();
        for whole in after {
            let mut start = whole.start;
            let first = before.partition_point(|(_, end)| *end <= start);
            for (from, to) in before[first..].iter().take_while(|(from, _)| *from < whole.end) {
                if start < *from {
                    pieces.push(Piece { start, end: *from, whole });
                }
                start = start.max(*to);
            }
            if start < whole.end {
                pieces.push(Piece { start, end: whole.end, whole });
            }
        }
        pieces.sort_by_key(|piece| piece.start);
        Self { pieces }
    }

    /// From when to when something is added; `None`: nothing is.
    pub fn window(&self) -> Option<(Instant, Instant)> {
        let from = self.pieces.first()?.start;
        Some((from, self.pieces.iter().map(|piece| piece.end).max()?))
    }
}

/// Stretches by start as the fewest that cover the same time: what touches is one.
pub fn joined(stretches: impl Iterator<Item = (Instant, Instant)>) -> Vec<(Instant, Instant)> {
    let mut joined: Vec<(Instant, Instant)> = Vec::new();
    for (start, end) in stretches {
        match joined.last_mut() {
            Some((_, last)) if start <= *last => *last = end.max(*last),
            _ => joined.push((start, end)),
        }
    }
    joined
}
