//! In which hours of the week somebody works.

use kernel::{Instant, Zone};

/// Hours of a week.
pub const HOURS: usize = 7 * 24;

/// How much was worked in each hour of the week, in seconds; the first is Monday from midnight to one, in the person's zone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Habits([u32; HOURS]);

impl Default for Habits {
    fn default() -> Self {
        Self([0; HOURS])
    }
}

impl Habits {
    /// Counts a stretch of work.
    pub fn learn(&mut self, (start, end): (Instant, Instant), zone: &Zone) {
        let mut at = start;
        while at < end {
            let next = Instant::from_micros((at.as_micros().div_euclid(QUARTER) + 1) * QUARTER).min(end);
            let slot = &mut self.0[hour(at, zone)];
            *slot = slot.saturating_add(u32::try_from(next.since(at).as_secs()).unwrap_or(u32::MAX));
            at = next;
        }
    }

    /// How strong an hour is, from 0 (nothing was ever done in it) to 3 (nearly as much as in the strongest).
    pub fn strength(&self, at: Instant, zone: &Zone) -> u8 {
        let most = u64::from(self.0.iter().copied().max().unwrap_or(0));
        let here = u64::from(self.0[hour(at, zone)]);
        if most == 0 { 0 } else { u8::try_from((here * 3).div_ceil(most)).unwrap_or(3) }
    }

    /// Whether nothing is known.
    pub fn is_empty(&self) -> bool {
        self.0.iter().all(|seconds| *seconds == 0)
    }

    /// Seconds worked in each hour of the week.
    pub fn seconds(&self) -> &[u32; HOURS] {
        &self.0
    }
}

/// Zones change by whole quarters of an hour, so within one every instant is of one hour of the week.
const QUARTER: i64 = 15 * 60 * 1_000_000;

fn hour(at: Instant, zone: &Zone) -> usize {
    let wall = zone.wall_at(at).datetime();
    let day = usize::try_from(wall.date().weekday().to_monday_zero_offset()).unwrap_or(0);
    day * 24 + usize::try_from(wall.hour()).unwrap_or(0)
}
