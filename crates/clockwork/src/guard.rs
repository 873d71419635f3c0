//! The clock guard: a wall clock that jumps is not believed at once.

use std::time::Duration;

use kernel::Instant;

/// A reading may differ from what was expected by this much: slewing, a slow poll, rounding.
const TOLERANCE: Duration = Duration::from_secs(2);

/// A jump that stays where it is for this long is believed, if it is not [`FAR`].
const PROBATION: Duration = Duration::from_secs(60);

/// A jump farther ahead than this is never believed by itself: it would ring a day of alarms early. Restarting the process is
/// the operator's word that the clock is right.
const FAR: Duration = Duration::from_hours(24);

/// Whether the wall clock is believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trust {
    /// It agrees with the monotonic clock.
    Trusted,
    /// It jumped (or stood before the high-water mark at start): time runs on the monotonic clock until it is believed again.
    Suspect,
}

/// Decides what time it is from readings of a wall clock and the monotonic time at which they were taken.
///
/// ```text
///   TRUSTED ── reading differs by > 2 s ──► SUSPECT ── the new offset holds for 60 s and is not > 24 h ahead ──► TRUSTED
///                                              └────── the old offset comes back ─────────────────────────────────┘
/// ```
///
/// While suspect, time goes on from the last trusted reading by the monotonic clock: nothing fires early, nothing is held.
#[derive(Clone, Debug)]
pub struct Guard {
    /// Trusted wall time minus monotonic time, in microseconds.
    offset: i64,
    /// A differing offset, and since when it has been seen without a break.
    candidate: Option<(i64, Duration)>,
}

impl Guard {
    /// Believes the first reading, but never a time before `high_water`, the latest instant acted upon before a restart.
    pub fn new(reading: Instant, monotonic: Duration, high_water: Option<Instant>) -> Self {
        let start = high_water.map_or(reading, |mark| mark.max(reading));
        let mut guard = Self { offset: offset(start, monotonic), candidate: None };
        guard.observe(reading, monotonic);
        guard
    }

    /// Takes a reading into account and says whether the wall clock is believed.
    pub fn observe(&mut self, reading: Instant, monotonic: Duration) -> Trust {
        let seen = offset(reading, monotonic);
        if close(seen, self.offset) {
            // Follow the slew of a disciplined clock.
            self.offset = seen;
            self.candidate = None;
            return Trust::Trusted;
        }
        match self.candidate {
            Some((candidate, since)) if close(seen, candidate) => {
                let ahead = seen.saturating_sub(self.offset);
                let far = ahead > i64::try_from(FAR.as_micros()).unwrap_or(i64::MAX);
                if !far && monotonic.saturating_sub(since) >= PROBATION {
                    self.offset = seen;
                    self.candidate = None;
                    return Trust::Trusted;
                }
                self.candidate = Some((seen, since));
            }
            _ => self.candidate = Some((seen, monotonic)),
        }
        Trust::Suspect
    }

    /// What time it is at `monotonic`.
    pub fn now(&self, monotonic: Duration) -> Instant {
        Instant::from_micros(self.offset.saturating_add(micros(monotonic)))
    }

    /// Whether the last reading was believed.
    pub fn trust(&self) -> Trust {
        if self.candidate.is_none() { Trust::Trusted } else { Trust::Suspect }
    }
}

fn micros(duration: Duration) -> i64 {
    i64::try_from(duration.as_micros()).unwrap_or(i64::MAX)
}

fn offset(reading: Instant, monotonic: Duration) -> i64 {
    reading.as_micros().saturating_sub(micros(monotonic))
}

fn close(a: i64, b: i64) -> bool {
    Duration::from_micros(a.abs_diff(b)) <= TOLERANCE
}

#[cfg(test)]
mod tests {
    use super::*;

    const START: Instant = Instant::from_micros(1_800_000_000_000_000);

    fn seconds(n: u64) -> Duration {
        Duration::from_secs(n)
    }

    #[test]
    fn a_jump_forward_fires_nothing_early_and_is_believed_after_a_minute() {
        let mut guard = Guard::new(START, seconds(0), None);
        for second in 1..=60 {
            assert_eq!(guard.observe(START + seconds(3600 + second), seconds(second)), Trust::Suspect);
            assert_eq!(guard.now(seconds(second)), START + seconds(second));
        }
        assert_eq!(guard.observe(START + seconds(3661), seconds(61)), Trust::Trusted);
        assert_eq!(guard.now(seconds(61)), START + seconds(3661));
    }

    #[test]
    fn a_jump_back_holds_nothing() {
        let mut guard = Guard::new(START, seconds(0), None);
        assert_eq!(guard.observe(START - seconds(7200), seconds(1)), Trust::Suspect);
        assert_eq!(guard.now(seconds(10)), START + seconds(10));
        assert_eq!(guard.observe(START + seconds(11), seconds(11)), Trust::Trusted, "the clock came back");
    }

    #[test]
    fn a_year_ahead_is_never_believed_without_a_restart() {
        let mut guard = Guard::new(START, seconds(0), None);
        let year = seconds(365 * 86_400);
        for hour in 1..48 {
            assert_eq!(guard.observe(START + year + seconds(hour * 3600), seconds(hour * 3600)), Trust::Suspect);
        }
        assert_eq!(Guard::new(START + year, seconds(0), None).trust(), Trust::Trusted);
    }

    #[test]
    fn a_start_before_the_high_water_mark_goes_on_from_the_mark() {
        let guard = Guard::new(START - seconds(86_400), seconds(5), Some(START));
        assert_eq!(guard.trust(), Trust::Suspect);
        assert_eq!(guard.now(seconds(6)), START + seconds(1));
    }

    #[test]
    fn slewing_is_followed() {
        let mut guard = Guard::new(START, seconds(0), None);
        for step in 1..100u64 {
            let drift = Duration::from_millis(500 * step);
            assert_eq!(guard.observe(START + seconds(step) + drift, seconds(step)), Trust::Trusted);
        }
        assert_eq!(guard.now(seconds(99)), START + seconds(99) + Duration::from_millis(49_500));
    }
}
