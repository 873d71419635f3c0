//! From wall time to instant, with the present stretch between two changes of the clocks kept at hand.

use jiff::{SignedDuration, Timestamp};
use kernel::{Instant, Resolution, Resolved, Zone};

use super::days;

/// Occurrences further apart than this do not meet the same stretch often enough to be worth learning it.
const NEAR: i64 = 45 * days::DAY;

/// Resolves ascending wall times in a zone.
pub(super) struct Offsets<'a> {
    zone: &'a Zone,
    /// From here to `to` every wall time exists once.
    from: i64,
    to: i64,
    /// Wall time minus instant there.
    offset: i64,
    missed_at: i64,
}

impl<'a> Offsets<'a> {
    pub(super) fn new(zone: &'a Zone) -> Self {
        Self { zone, from: 0, to: 0, offset: 0, missed_at: i64::MIN / 2 }
    }

    /// As [`Zone::resolve`].
    #[inline]
    pub(super) fn resolve(&mut self, wall: i64) -> Resolved {
        if self.from <= wall && wall < self.to {
            return Resolved { instant: Instant::from_micros(wall - self.offset), resolution: Resolution::Unique };
        }
        self.look_up(wall)
    }

    #[cold]
    fn look_up(&mut self, wall: i64) -> Resolved {
        let resolved = self.zone.resolve(days::wall(wall));
        if resolved.resolution == Resolution::Unique && wall - self.missed_at < NEAR {
            self.learn(wall, resolved.instant.timestamp());
        }
        self.missed_at = wall;
        resolved
    }

    fn learn(&mut self, wall: i64, at: Timestamp) {
        let zone = self.zone.time_zone();
        let offset = wall - at.as_microsecond();
        // Where the clocks go forward, the wall times of the gap belong to neither side; where they go back, those of the
        // fold belong to both. What exists once begins after the greater offset, and ends before the lesser.
        let just = SignedDuration::from_micros(1);
        let began = at.checked_add(just).ok().and_then(|after| zone.preceding(after).next());
        self.from = began.map_or(i64::MIN, |change| {
            let begins = change.timestamp();
            let old = begins.checked_sub(just).map_or(offset, |before| micros(zone.to_offset(before)));
            begins.as_microsecond() + offset.max(old)
        });
        self.to = zone
            .following(at)
            .next()
            .map_or(i64::MAX, |change| change.timestamp().as_microsecond() + offset.min(micros(change.offset())));
        self.offset = offset;
    }
}

fn micros(offset: jiff::tz::Offset) -> i64 {
    i64::from(offset.seconds()) * 1_000_000
}
