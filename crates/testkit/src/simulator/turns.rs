//! The nights in which clocks change, as the people of the simulator know them: out of a small table and by adding and
//! subtracting, and not from the zone database of the program.
//!
//! A wall time is here the number of seconds that would have passed since 1970 if its clock had always shown UTC.

use std::time::Duration;

use kernel::{Instant, WallTime, Zone};

use crate::SeededEntropy;

/// A change of clocks.
#[derive(Debug)]
pub(super) struct Turn {
    /// Whose.
    pub(super) zone: &'static str,
    /// When, in seconds since 1970.
    at: i64,
    /// What the clocks show more than UTC before it, in seconds.
    before: i64,
    /// And from then on.
    after: i64,
}

/// An hour and half an hour, forwards and back.
static TURNS: [Turn; 6] = [
    Turn { zone: "Europe/Berlin", at: 1_806_195_600, before: 3_600, after: 7_200 },
    Turn { zone: "Europe/Berlin", at: 1_824_944_400, before: 7_200, after: 3_600 },
    Turn { zone: "America/New_York", at: 1_805_007_600, before: -18_000, after: -14_400 },
    Turn { zone: "America/New_York", at: 1_825_567_200, before: -14_400, after: -18_000 },
    Turn { zone: "Australia/Lord_Howe", at: 1_822_491_000, before: 37_800, after: 39_600 },
    Turn { zone: "Australia/Lord_Howe", at: 1_806_764_400, before: 39_600, after: 37_800 },
];

impl Turn {
    /// That of a seed, and when its life begins: some minutes before.
    pub(super) fn choose(entropy: &SeededEntropy) -> (&'static Self, Instant) {
        let choice = entropy.fork("turn");
        let turn = &TURNS[choice.index(TURNS.len())];
        (turn, instant(turn.at) - Duration::from_mins(choice.between(3, 7)))
    }

    /// When the clocks show `wall`. They pass over a time when they go forward: it moves on by as much. They show a time twice when
    /// they go back: the first is meant.
    pub(super) fn resolve(&self, wall: i64) -> Instant {
        let offset = if wall < self.at + self.before.max(self.after) { self.before } else { self.after };
        instant(wall - offset)
    }

    /// What the clocks show at `at`.
    pub(super) fn wall_at(&self, at: Instant) -> i64 {
        at.as_seconds() + if at.as_seconds() < self.at { self.before } else { self.after }
    }

    /// A wall time that the clocks pass over and that means `wall`, if there is one.
    pub(super) fn passed_over(&self, wall: i64) -> i64 {
        let [first, second] = self.readings();
        if (second..second + second - first).contains(&wall) { wall - second + first } else { wall }
    }

    /// Whether they go forward.
    pub(super) const fn is_forward(&self) -> bool {
        self.before < self.after
    }

    /// By how many seconds.
    pub(super) const fn length(&self) -> i64 {
        (self.after - self.before).abs()
    }

    /// The first and the second reading of the clocks at the change.
    pub(super) const fn readings(&self) -> [i64; 2] {
        [self.at + self.before, self.at + self.after]
    }
}

fn instant(seconds: i64) -> Instant {
    Instant::from_micros(seconds * 1_000_000)
}

/// A wall time as the program writes it.
pub(super) fn name(wall: i64) -> WallTime {
    Zone::utc().wall_at(instant(wall))
}

/// The wall time that the program writes so.
pub(super) fn named(name: WallTime) -> i64 {
    Zone::utc().resolve(name).instant.as_seconds()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_and_the_zone_database_agree() {
        for turn in &TURNS {
            let zone: Zone = turn.zone.parse().expect("a zone");
            for minutes in -200..200 {
                let wall = turn.readings()[0] + minutes * 60;
                assert_eq!(turn.resolve(wall), zone.resolve(name(wall)).instant, "{} {}", turn.zone, name(wall));
                let at = instant(turn.at + minutes * 60);
                assert_eq!(name(turn.wall_at(at)), zone.wall_at(at), "{} {at}", turn.zone);
                assert_eq!(named(name(wall)), wall);
            }
        }
    }
}
