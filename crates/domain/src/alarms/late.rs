//! What becomes of reminders that are found long after they were due.

use std::time::Duration;

use kernel::{FieldError, Instant};

use super::alarm::words;

/// Late reminders of one series that ring one by one, however long the grace: more at once tell nobody anything.
pub const MAX_LATE: usize = 10;

/// The longest grace: a year.
const MAX_GRACE_SECONDS: u32 = 366 * 86_400;

words! {
    /// What to do with reminders that are older than the grace.
    LateAction {
        /// Ring every one of them.
        Ring = "ring",
        /// Ring one for all of them; it says how many there were.
        Coalesce = "coalesce",
        /// Ring none of them; it is recorded that they were left out.
        Skip = "skip",
    }
}

/// How a schedule deals with reminders that could not ring in time, because nothing was running.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LatePolicy {
    /// For those older than the grace.
    pub action: LateAction,
    /// So late a reminder still rings as if nothing had been.
    pub grace_seconds: u32,
}

impl Default for LatePolicy {
    fn default() -> Self {
        Self { action: LateAction::Coalesce, grace_seconds: 86_400 }
    }
}

impl LatePolicy {
    /// What is wrong with it.
    pub fn check(self) -> Result<Self, FieldError> {
        if self.grace_seconds > MAX_GRACE_SECONDS {
            return Err(FieldError::new("/late/grace", "at most 366 days"));
        }
        Ok(self)
    }

    /// Whether an alarm that was due at `due_at` and is found at `now` rings at all.
    pub fn rings(self, due_at: Instant, now: Instant) -> bool {
        self.action != LateAction::Skip || !self.is_over(due_at, now)
    }

    /// Of alarms that were due at `missed`, in order, and are found at `now`: how many of the first are left out.
    pub fn left_out(self, missed: &[Instant], now: Instant) -> usize {
        if self.action == LateAction::Ring {
            return 0;
        }
        let over = missed.partition_point(|due_at| self.is_over(*due_at, now));
        over.max(missed.len().saturating_sub(MAX_LATE))
    }

    fn is_over(self, due_at: Instant, now: Instant) -> bool {
        now.since(due_at) > Duration::from_secs(self.grace_seconds.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_older_than_the_grace_is_left_out_and_of_the_rest_the_last_ten_ring() {
        let now = Instant::EPOCH + Duration::from_hours(490_896);
        let hourly = |hours: u64| -> Vec<Instant> { (0..hours).rev().map(|h| now - Duration::from_hours(h)).collect() };
        let policy = |action, hours: u32| LatePolicy { action, grace_seconds: hours * 3600 };
        // (policy, missed so far) → left out
        let table = [
            (policy(LateAction::Coalesce, 24), 5, 0),
            (policy(LateAction::Coalesce, 24), 30, 20),
            (policy(LateAction::Coalesce, 3), 30, 26),
            (policy(LateAction::Skip, 3), 30, 26),
            (policy(LateAction::Ring, 3), 30, 0),
            (policy(LateAction::Coalesce, 0), 1, 0),
            (policy(LateAction::Coalesce, 0), 4, 3),
        ];
        for (policy, missed, left_out) in table {
            assert_eq!(policy.left_out(&hourly(missed), now), left_out, "{policy:?} after {missed} hours");
        }
    }

    #[test]
    fn only_a_skipping_policy_silences_an_old_alarm() {
        let now = Instant::EPOCH + Duration::from_hours(490_896);
        let due = now - Duration::from_hours(2);
        for action in LateAction::ALL {
            assert!(LatePolicy { action: *action, grace_seconds: 7200 }.rings(due, now), "{action} within the grace");
            let rings = LatePolicy { action: *action, grace_seconds: 7199 }.rings(due, now);
            assert_eq!(rings, *action != LateAction::Skip, "{action} beyond the grace");
        }
    }
}
