//! The clock guard: a wall clock that jumps is not believed at once.

use std::{fmt, time::Duration};

use kernel::Instant;

/// A reading may differ from what was expected by this much: slewing, a slow poll, rounding.
const TOLERANCE: Duration = Duration::from_secs(2);

/// A disciplined clock is slewed, which is followed; but no faster than one part in this many of the time that passed. A clock
/// that runs away is so far off after a short while that it is no longer within [`TOLERANCE`].
const SLEW: i64 = 20;

/// A jump that stays where it is for this long is believed, if it is not [`FAR`].
const PROBATION: Duration = Duration::from_mins(1);

/// A jump farther ahead than this is never believed by itself: it would ring a day of alarms early. Restarting the process is
/// the operator's word that the clock is right.
const FAR: Duration = Duration::from_hours(24);

/// Whether the wall clock is believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trust {
    /// It agrees with the monotonic clock.
    Trusted,
    /// It jumped, runs away, or stood before the high-water mark at start.
    Suspect,
}

/// Why the wall clock is not believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Doubt {
    /// It jumped, or runs away from the monotonic clock.
    Jumped,
    /// At the start it stood before this instant, the latest one acted upon.
    Behind(Instant),
}

impl fmt::Display for Doubt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Jumped => f.write_str("the clock jumped and is not believed; time goes on by the monotonic clock"),
            Self::Behind(mark) => write!(f, "the clock stands before {mark}, the latest instant acted upon"),
        }
    }
}

/// Decides what time it is from readings of a wall clock and the monotonic time at which they were taken.
///
/// ```text
///   TRUSTED ── reading differs by > 2 s ──► SUSPECT ── the new offset holds for 60 s and is not > 24 h ahead ──► TRUSTED
///                                              └────── the old offset comes back ─────────────────────────────────┘
/// ```
///
/// While suspect, time goes on from the last trusted reading by the monotonic clock: nothing fires early, nothing is held.
///
/// A start is the operator's word: its reading is used. If it stands before the high-water mark (the latest instant acted upon
/// before), one of the two is wrong and nothing here can tell which; the earlier one is used, because an alarm that rings late
/// is better than one that rings early, and the clock is suspect until it passes the mark. A jump to the mark or beyond is
/// then believed however far it is: that is a machine without a battery-backed clock that has found out what time it is.
#[derive(Clone, Debug)]
pub struct Guard {
    /// Trusted wall time minus monotonic time, in microseconds.
    offset: i64,
    /// When the offset was last moved (monotonic).
    moved_at: Duration,
    /// A differing offset, and since when it has been seen without a break.
    candidate: Option<(i64, Duration)>,
    /// The high-water mark, while time stands before it.
    behind: Option<Instant>,
}

impl Guard {
    /// Believes the first reading, with a doubt if it lies before `high_water`, the latest instant acted upon before a restart.
    pub fn new(reading: Instant, monotonic: Duration, high_water: Option<Instant>) -> Self {
        let behind = high_water.filter(|mark| mark.since(reading) > TOLERANCE);
        Self { offset: offset(reading, monotonic), moved_at: monotonic, candidate: None, behind }
    }

    /// Takes a reading into account and says whether the wall clock is believed.
    pub fn observe(&mut self, reading: Instant, monotonic: Duration) -> Trust {
        let seen = offset(reading, monotonic);
        if close(seen, self.offset) {
            self.follow(seen, monotonic);
            self.candidate = None;
        } else {
            self.suspect(seen, reading, monotonic);
        }
        if self.behind.is_some_and(|mark| self.now(monotonic) >= mark) {
            self.behind = None;
        }
        self.trust()
    }

    fn follow(&mut self, seen: i64, monotonic: Duration) {
        let most = micros(monotonic.saturating_sub(self.moved_at)) / SLEW;
        self.offset += (seen - self.offset).clamp(-most, most);
        self.moved_at = monotonic;
    }

    fn suspect(&mut self, seen: i64, reading: Instant, monotonic: Duration) {
        let since = match self.candidate {
            Some((candidate, since)) if close(seen, candidate) => since,
            _ => monotonic,
        };
        let far = seen.saturating_sub(self.offset) > micros(FAR) && self.behind.is_none_or(|mark| reading < mark);
        if !far && monotonic.saturating_sub(since) >= PROBATION {
            (self.offset, self.moved_at, self.candidate) = (seen, monotonic, None);
        } else {
            // The candidate is where the jump led, not where it drifts to: a clock that runs away never settles.
            self.candidate =
                Some((self.candidate.filter(|_| since != monotonic).map_or(seen, |(candidate, _)| candidate), since));
        }
    }

    /// What time it is at `monotonic`.
    pub fn now(&self, monotonic: Duration) -> Instant {
        Instant::from_micros(self.offset.saturating_add(micros(monotonic)))
    }

    /// Whether the last reading was believed.
    pub fn trust(&self) -> Trust {
        if self.doubt().is_none() { Trust::Trusted } else { Trust::Suspect }
    }

    /// Why the last reading was not believed, if it was not.
    pub fn doubt(&self) -> Option<Doubt> {
        self.candidate.map(|_| Doubt::Jumped).or(self.behind.map(Doubt::Behind))
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
        assert_eq!(guard.doubt(), Some(Doubt::Jumped));
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
    fn a_start_before_the_high_water_mark_rings_nothing_early_and_is_suspect_until_the_mark() {
        let mut guard = Guard::new(START - seconds(100), seconds(5), Some(START));
        assert_eq!((guard.trust(), guard.now(seconds(6))), (Trust::Suspect, START - seconds(99)));
        assert_eq!(guard.doubt(), Some(Doubt::Behind(START)));
        assert_eq!(guard.observe(START - seconds(50), seconds(55)), Trust::Suspect);
        assert_eq!(guard.observe(START, seconds(105)), Trust::Trusted);
    }

    #[test]
    fn a_machine_that_finds_out_the_time_after_the_start_is_believed_however_far_it_was_off() {
        let mut guard = Guard::new(Instant::EPOCH, seconds(0), Some(START));
        let days = seconds(3 * 86_400);
        assert_eq!(guard.observe(START + days, seconds(10)), Trust::Suspect);
        assert_eq!(guard.observe(START + days + seconds(60), seconds(70)), Trust::Trusted);
        assert_eq!(guard.now(seconds(70)), START + days + seconds(60));
    }

    #[test]
    fn slewing_is_followed() {
        let mut guard = Guard::new(START, seconds(0), None);
        for step in 1..1_000u64 {
            let drift = Duration::from_millis(20 * step);
            assert_eq!(guard.observe(START + seconds(step) + drift, seconds(step)), Trust::Trusted);
        }
        assert_eq!(guard.now(seconds(999)), START + seconds(999) + Duration::from_millis(19_980));
    }

    #[test]
    fn a_clock_that_runs_away_is_not_followed() {
        // Ten times too fast, observed every 10 ms: no single step is a jump.
        let mut guard = Guard::new(START, seconds(0), None);
        let mut suspect = false;
        for step in 1..100_000u64 {
            let (mono, wall) = (Duration::from_millis(10 * step), Duration::from_millis(100 * step));
            suspect |= guard.observe(START + wall, mono) == Trust::Suspect;
            assert!(guard.now(mono) <= START + mono + mono / 20 + seconds(2));
        }
        assert!(suspect);
    }
}
