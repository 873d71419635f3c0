//! How often somebody may guess.
//!
//! An attempt is counted before its password is hashed, so that a flood costs no hashing; a success gives the count back.
//!
//! | who | attempts | then |
//! |---|---|---|
//! | an account | 5 in 15 minutes | wait 15 minutes; each further failure doubles the wait, up to an hour |
//! | an account, from a device or session that was signed in to it | the same, counted apart | so that a stranger cannot lock the owner out |
//! | an address (IPv6: its /64), known devices apart | 50 in 15 minutes | wait until the 15 minutes are over |
//! | an address that makes accounts | 100 in an hour | wait until the hour is over |

use std::time::Duration;

use kernel::Instant;

/// A limit on failures.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limit {
    /// Failures within one window that are let through.
    pub failures: u32,
    /// The length of the window, and the first wait.
    pub window: Duration,
    /// The longest wait; equal to the window where waits do not grow.
    pub longest_wait: Duration,
}

/// Failures of one account.
pub const PER_ACCOUNT: Limit = Limit { failures: 5, window: Duration::from_mins(15), longest_wait: Duration::from_hours(1) };

/// Failures from one address.
pub const PER_ADDRESS: Limit = Limit { failures: 50, window: Duration::from_mins(15), longest_wait: Duration::from_mins(15) };

/// Accounts asked for from one address, made or not.
pub const SIGN_UPS: Limit = Limit { failures: 100, window: Duration::from_hours(1), longest_wait: Duration::from_hours(1) };

/// What is remembered about one account or address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Throttle {
    /// Attempts since the window began that did not succeed.
    pub failures: u32,
    /// When all is forgotten.
    pub window_ends_at: Instant,
    /// Until when no attempt is let through.
    pub blocked_until: Instant,
}

/// Too many attempts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Throttled {
    /// When the next one is let through.
    pub until: Instant,
}

impl Throttled {
    /// How long that is, in whole seconds, at least one.
    pub fn retry_after_seconds(self, now: Instant) -> u32 {
        let wait = self.until.since(now).as_millis().div_ceil(1_000).max(1);
        u32::try_from(wait).unwrap_or(u32::MAX)
    }
}

impl Throttle {
    /// Nothing is remembered.
    pub const fn fresh(now: Instant) -> Self {
        Self { failures: 0, window_ends_at: now, blocked_until: Instant::EPOCH }
    }

    /// Counts one more attempt, as a failure until it proves otherwise; or refuses it, which is not counted.
    pub fn count(self, limit: &Limit, now: Instant) -> Result<Self, Throttled> {
        if now < self.blocked_until {
            return Err(Throttled { until: self.blocked_until });
        }
        let over = now >= self.window_ends_at;
        let failures = if over { 1 } else { self.failures.saturating_add(1) };
        let window_ends_at = if over { now + limit.window } else { self.window_ends_at };
        let Some(beyond) = failures.checked_sub(limit.failures) else {
            // Not `now`: whoever is counted next may have read a clock that is behind this one.
            return Ok(Self { failures, window_ends_at, blocked_until: Instant::EPOCH });
        };
        let wait = limit.window.saturating_mul(1 << beyond.min(16)).min(limit.longest_wait);
        // The first wait ends with the window. A wait that may grow is remembered for one more window, or it never would.
        let grows = limit.longest_wait > limit.window;
        let blocked_until = if beyond == 0 { window_ends_at } else { now + wait };
        let window_ends_at = if grows { blocked_until + limit.window } else { blocked_until };
        Ok(Self { failures, window_ends_at, blocked_until })
    }

    /// Takes one counted attempt back, because it succeeded.
    #[must_use]
    pub fn give_back(self) -> Self {
        Self { failures: self.failures.saturating_sub(1), blocked_until: Instant::EPOCH, ..self }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const START: Instant = Instant::from_micros(1_800_000_000_000_000);

    fn minutes(n: u64) -> Duration {
        Duration::from_mins(n)
    }

    /// Fails at `now`, or says how many seconds to wait.
    fn fail(throttle: &mut Throttle, limit: &Limit, now: Instant) -> Result<(), u32> {
        *throttle = throttle.count(limit, now).map_err(|refused| refused.retry_after_seconds(now))?;
        Ok(())
    }

    #[test]
    fn five_failures_pass_and_then_the_waits_double_up_to_an_hour() {
        let mut throttle = Throttle::fresh(START);
        for second in 0..5 {
            assert_eq!(fail(&mut throttle, &PER_ACCOUNT, START + Duration::from_secs(second)), Ok(()));
        }
        assert_eq!(fail(&mut throttle, &PER_ACCOUNT, START + minutes(1)), Err(14 * 60));
        assert_eq!(fail(&mut throttle, &PER_ACCOUNT, START + minutes(15) - Duration::from_millis(1)), Err(1));
        let mut now = START + minutes(15);
        for wait in [30, 60, 60] {
            assert_eq!(fail(&mut throttle, &PER_ACCOUNT, now), Ok(()));
            assert_eq!(fail(&mut throttle, &PER_ACCOUNT, now), Err(wait * 60), "the wait after {now}");
            now = now + minutes(u64::from(wait));
        }
    }

    #[test]
    fn a_clock_that_is_behind_is_not_refused_for_it() {
        let later = START + Duration::from_millis(3);
        for before in [Throttle::fresh(later), Throttle::fresh(START).count(&PER_ADDRESS, later).unwrap()] {
            assert!(before.count(&PER_ADDRESS, START).is_ok(), "{before:?}");
            assert!(before.give_back().count(&PER_ADDRESS, START).is_ok(), "{before:?}");
        }
    }

    #[test]
    fn a_quiet_window_forgets_everything() {
        let mut throttle = Throttle::fresh(START);
        for _ in 0..5 {
            assert_eq!(fail(&mut throttle, &PER_ACCOUNT, START), Ok(()));
        }
        let later = START + minutes(31);
        for _ in 0..5 {
            assert_eq!(fail(&mut throttle, &PER_ACCOUNT, later), Ok(()));
        }
        assert!(fail(&mut throttle, &PER_ACCOUNT, later).is_err());
    }

    #[test]
    fn an_address_has_fifty_attempts_in_each_quarter_of_an_hour() {
        let mut throttle = Throttle::fresh(START);
        for quarter in 0..3 {
            let now = START + minutes(15 * quarter);
            for _ in 0..50 {
                assert_eq!(fail(&mut throttle, &PER_ADDRESS, now), Ok(()));
            }
            assert_eq!(fail(&mut throttle, &PER_ADDRESS, now), Err(15 * 60));
        }
    }

    #[test]
    fn a_success_is_not_held_against_its_address() {
        let mut throttle = Throttle::fresh(START);
        for _ in 0..500 {
            assert_eq!(fail(&mut throttle, &PER_ADDRESS, START), Ok(()));
            throttle = throttle.give_back();
        }
        assert_eq!(throttle.failures, 0);
    }
}
