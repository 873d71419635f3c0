//! Looking for what overlaps.
//!
//! Both sides come by their start, so each series is walked once beside what is added, and nothing is allocated for an occurrence
//! that meets nothing.

use std::time::Duration;

use kernel::{Instant, ScheduleId, WallTime};

use super::{
    Added, Busy,
    added::{Piece, joined},
};
use crate::calendar::{MAX_SPAN, RecurrenceSet};

/// Conflicts that are named; of more it is only said that there are.
pub const MAX_CONFLICTS: usize = 20;

/// So many stretches are looked at. A calendar that has more within the horizon is judged up to the end of the part in which this
/// number is reached.
pub const MAX_EXAMINED: usize = 1_000_000;

/// So many schedules that happen once are looked at, the earliest first.
pub const MAX_ONCE: u32 = 50_000;

/// What is added is judged in parts of this length, the earliest first.
const PART: Duration = Duration::from_hours(92 * 24);

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
#[derive(Clone, Debug, Default)]
pub struct Calendar {
    /// By start.
    pub once: Vec<Once>,
    /// In no order.
    pub series: Vec<RecurrenceSet>,
}

impl Calendar {
    /// The time that is taken of `from..to`, in order, what touches as one.
    pub fn taken(&self, (from, to): (Instant, Instant)) -> Vec<(Instant, Instant)> {
        let once = self.once.iter().filter_map(|once| Busy::once(once.start, once.end)).filter(|busy| busy.meets(from, to));
        let series = self.series.iter().flat_map(|set| set.busy((from, to)));
        let mut taken: Vec<_> = once.chain(series).map(|busy| (busy.start, busy.end)).collect();
        taken.sort_unstable();
        joined(taken.into_iter())
    }
}

/// Two stretches that have time in common.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Conflict {
    /// What was asked for.
    pub mine: Busy,
    /// What is there already.
    pub other: Busy,
    /// Whose time that is.
    pub schedule: ScheduleId,
    /// Its title, where it is known: that of what happens once is not.
    pub title: Option<String>,
    /// Whether that one is named by a date, because its series lasts whole days.
    pub by_day: bool,
}

/// What was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// By the start of what is there already; at most [`MAX_CONFLICTS`].
    pub conflicts: Vec<Conflict>,
    /// Whether there are more.
    pub truncated: bool,
}

/// What of `calendar` has time in common with what is added.
pub fn search(added: &Added, calendar: &Calendar) -> Found {
    let mut search = Search { found: Vec::new(), examined: 0 };
    let mut rest = added.pieces.as_slice();
    while let Some(first) = rest.first() {
        let until = first.start + PART;
        let (part, later) = rest.split_at(rest.partition_point(|piece| piece.start < until));
        search.part(part, calendar);
        rest = later;
        if search.found.len() > MAX_CONFLICTS || search.examined > MAX_EXAMINED {
            break;
        }
    }
    let mut conflicts = search.found;
    let truncated = conflicts.len() > MAX_CONFLICTS;
    conflicts.truncate(MAX_CONFLICTS);
    Found { conflicts, truncated }
}

struct Search {
    /// In the order of [`key`], each once, one more than are named.
    found: Vec<Conflict>,
    examined: usize,
}

impl Search {
    fn part(&mut self, pieces: &[Piece], calendar: &Calendar) {
        let ends = pieces.iter().scan(Instant::DISTANT_PAST, |latest, piece| {
            *latest = piece.end.max(*latest);
            Some(*latest)
        });
        let ends: Vec<Instant> = ends.collect();
        let (Some(first), Some(to)) = (pieces.first(), ends.last().copied()) else { return };
        let from = first.start;
        // Nothing lasts longer than MAX_SPAN.
        let begin = calendar.once.partition_point(|once| once.start < from - MAX_SPAN);
        let once = calendar.once[begin..].iter().take_while(|once| once.start < to);
        let once = once.filter_map(|once| Some((Busy::once(once.start, once.end)?, once.schedule)));
        self.meet((pieces, &ends), once, |other, mine, schedule| Conflict { mine, other, schedule, title: None, by_day: false });
        self.settle();
        for set in &calendar.series {
            let schedule = &set.schedule;
            let busy = set.busy((from, to)).map(|busy| (busy, schedule.id));
            self.meet((pieces, &ends), busy, |other, mine, of| {
                let own = other.recurrence_id().and_then(|which| set.overrides.get(&which)?.title.as_ref());
                let title = Some(own.unwrap_or(&schedule.text.title).clone());
                Conflict { mine, other, schedule: of, title, by_day: schedule.span.all_day }
            });
            // Cut after each, so that no number of series is held beyond what is named.
            self.settle();
        }
    }

    /// Notes which of `others`, which come by start, meet a piece. `ends` are the latest ends so far, so they never fall.
    fn meet(
        &mut self,
        (pieces, ends): (&[Piece], &[Instant]),
        others: impl Iterator<Item = (Busy, ScheduleId)>,
        note: impl Fn(Busy, Busy, ScheduleId) -> Conflict,
    ) {
        let (mut low, mut met) = (0, 0);
        for (other, schedule) in others {
            self.examined += 1;
            while ends.get(low).is_some_and(|end| *end <= other.start) {
                low += 1;
            }
            if low == pieces.len() || met > MAX_CONFLICTS {
                return;
            }
            let mut last = None;
            for piece in pieces[low..].iter().take_while(|piece| piece.start < other.end) {
                // Two pieces of one stretch are one conflict.
                if piece.end > other.start && last != Some(piece.whole) && met <= MAX_CONFLICTS {
                    last = Some(piece.whole);
                    met += 1;
                    self.found.push(note(other, piece.whole, schedule));
                }
            }
        }
    }

    fn settle(&mut self) {
        self.found.sort_by_key(key);
        self.found.dedup_by_key(|conflict| key(conflict));
        self.found.truncate(MAX_CONFLICTS + 1);
    }
}

type Key = (Instant, ScheduleId, Option<WallTime>, Instant, Option<WallTime>);

fn key(conflict: &Conflict) -> Key {
    let Conflict { mine, other, schedule, .. } = conflict;
    (other.start, *schedule, other.recurrence_id(), mine.start, mine.recurrence_id())
}
