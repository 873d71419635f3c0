//! Snoozing: until when.

use std::time::Duration;

use kernel::Instant;

use super::AlarmError;

/// The longest snooze: a year.
const MAX_SNOOZE: Duration = Duration::from_hours(366 * 24);

/// Until when somebody wants to be left alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Until {
    /// Until this instant.
    Instant(Instant),
    /// For so long from now.
    For(Duration),
}

/// When a snoozed alarm is due.
pub fn snooze_until(until: Until, now: Instant) -> Result<Instant, AlarmError> {
    let (pointer, due) = match until {
        Until::Instant(instant) => ("/until", instant),
        Until::For(duration) => ("/for", now.saturating_add(duration)),
    };
    if due <= now {
        return Err(AlarmError::field(pointer, "must lie in the future"));
    }
    if due > now + MAX_SNOOZE {
        return Err(AlarmError::field(pointer, "at most 366 days ahead"));
    }
    Ok(due)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_snooze_ends_in_the_future_and_within_a_year() {
        let now = Instant::EPOCH + Duration::from_hours(490_896);
        assert_eq!(snooze_until(Until::For(Duration::from_mins(10)), now), Ok(now + Duration::from_mins(10)));
        assert_eq!(snooze_until(Until::Instant(now + Duration::from_secs(1)), now), Ok(now + Duration::from_secs(1)));
        for bad in [Until::For(Duration::ZERO), Until::Instant(now), Until::For(Duration::MAX), Until::Instant(Instant::MAX)] {
            assert!(snooze_until(bad, now).is_err(), "{bad:?}");
        }
    }
}
