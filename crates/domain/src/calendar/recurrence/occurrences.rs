//! Occurrences in the order in which they happen.
//!
//! That is nearly the order of their wall times. Only a time that a gap skipped moves forward, and so may come after times
//! that the wall shows later; it is held back until its turn.

use std::{collections::VecDeque, time::Duration};

use kernel::{Instant, Resolution, Resolved, WallTime, Zone};

use super::{
    days::{self, DAY},
    merged::Merged,
    offsets::Offsets,
    series::Series,
};

/// How long each occurrence lasts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Extent {
    /// Elapsed time, which is an hour even in the night the clocks change. Zero is a point in time.
    Elapsed(Duration),
    /// So many days on the wall, for what starts at midnight and lasts whole days.
    Days(u16),
}

impl Extent {
    /// At least how long it is, whatever the clocks do.
    fn at_most(self) -> Duration {
        match self {
            Self::Elapsed(duration) => duration,
            Self::Days(days) => Duration::from_hours(24 * u64::from(days)) + SHIFT,
        }
    }

    fn end(self, wall: i64, start: Instant, zone: &Zone) -> Instant {
        match self {
            Self::Elapsed(duration) => start + duration,
            Self::Days(days) => zone.resolve(days::wall(wall + i64::from(days) * DAY)).instant,
        }
    }
}

/// More than any gap or fold moves the clocks: islands that changed to the other side of the date line skipped 24 hours.
pub(super) const SHIFT: Duration = Duration::from_hours(26);

/// One occurrence of a series.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Occurrence {
    wall: i64,
    /// When it starts, and whether that wall time was skipped or repeated.
    pub start: Resolved,
    /// When it ends.
    pub end: Instant,
}

impl Occurrence {
    /// The wall time it is meant at, which is its name within the series (RFC 5545: RECURRENCE-ID), moved by a gap or not.
    pub fn recurrence_id(&self) -> WallTime {
        days::wall(self.wall)
    }
}

/// The occurrences of a series that overlap a range, by their start.
pub struct Occurrences<'a> {
    merged: Merged<'a>,
    offsets: Offsets<'a>,
    zone: &'a Zone,
    extent: Extent,
    from: Instant,
    to: Instant,
    /// What must wait for others, in order.
    held: VecDeque<Occurrence>,
    /// No occurrence that is yet to be resolved starts before it.
    reached: Instant,
}

impl<'a> Occurrences<'a> {
    pub(super) fn new(series: &'a Series, from: Instant, to: Instant, extent: Extent) -> Self {
        let zone = &series.zone;
        let micros = |instant| days::micros(zone.wall_at(instant));
        let floor = if from <= Instant::EPOCH { i64::MIN } else { micros(from - extent.at_most() - SHIFT) };
        let ceiling = if to >= Instant::MAX { days::LAST } else { micros(to + SHIFT) };
        Self {
            merged: Merged::new(series, floor, ceiling),
            offsets: Offsets::new(zone),
            zone,
            extent,
            from,
            to,
            held: VecDeque::new(),
            reached: Instant::DISTANT_PAST,
        }
    }

    /// The next by start, whether in the range or not.
    #[inline]
    fn in_order(&mut self) -> Option<Occurrence> {
        if !self.held.is_empty() {
            return self.among_held();
        }
        let occurrence = self.resolved()?;
        if occurrence.start.resolution == Resolution::Gap {
            self.held.push_back(occurrence);
            return self.among_held();
        }
        Some(occurrence)
    }

    #[inline]
    fn resolved(&mut self) -> Option<Occurrence> {
        let wall = self.merged.next()?;
        let start = self.offsets.resolve(wall);
        Some(Occurrence { wall, start, end: self.extent.end(wall, start.instant, self.zone) })
    }

    #[cold]
    fn among_held(&mut self) -> Option<Occurrence> {
        loop {
            if self.held.front().is_some_and(|first| first.start.instant <= self.reached) {
                return self.held.pop_front();
            }
            let Some(next) = self.resolved() else { return self.held.pop_front() };
            if next.start.resolution != Resolution::Gap {
                self.reached = next.start.instant;
            }
            let at = self.held.partition_point(|other| other.start.instant <= next.start.instant);
            self.held.insert(at, next);
        }
    }
}

impl Iterator for Occurrences<'_> {
    type Item = Occurrence;

    #[inline]
    fn next(&mut self) -> Option<Occurrence> {
        loop {
            let occurrence = self.in_order()?;
            let start = occurrence.start.instant;
            if start >= self.to {
                return None;
            }
            if occurrence.end > self.from || start >= self.from {
                return Some(occurrence);
            }
        }
    }
}
