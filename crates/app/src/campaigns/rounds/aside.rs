//! Rounds that are passed over for a while, so that they hold up no other: somebody has their product locked, or something is wrong with
//! them that is a bug somewhere.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use kernel::Category;
use store::campaigns::rounds::Which;

use crate::Error;

/// How long a round waits with which something is wrong, at first and at the most.
const WRONG: Duration = Duration::from_secs(1);
const WRONG_MAX: Duration = Duration::from_mins(1);

/// Which rounds are passed over, until when on the monotonic clock.
#[derive(Debug, Default)]
pub(super) struct Aside {
    rounds: BTreeMap<Which, (Duration, u32)>,
}

impl Aside {
    /// Somebody has the product of a round locked: it waits for so long from `now` on, which is after the look, however long that took.
    pub(super) fn locked(&mut self, which: Which, now: Duration, wait: Duration) {
        self.rounds.entry(which).or_default().0 = now + wait;
    }

    /// Something is wrong with a round; answers how long it waits.
    pub(super) fn failed(&mut self, which: Which, now: Duration) -> Duration {
        let (until, failures) = self.rounds.entry(which).or_default();
        let wait = WRONG.saturating_mul(1 << (*failures).min(6)).min(WRONG_MAX);
        (*until, *failures) = (now + wait, failures.saturating_add(1));
        wait
    }

    /// Something was done for a round.
    pub(super) fn done(&mut self, which: Which) {
        self.rounds.remove(&which);
    }

    /// Whether a round is passed over at `now`.
    pub(super) fn has(&self, which: Which, now: Duration) -> bool {
        self.rounds.get(&which).is_some_and(|(until, _)| *until > now)
    }

    /// Those that are passed over at `now`.
    pub(super) fn at(&self, now: Duration) -> Vec<Which> {
        self.rounds.keys().copied().filter(|which| self.has(*which, now)).collect()
    }

    /// When the first of them has its turn again.
    pub(super) fn until(&self, now: Duration) -> Option<Duration> {
        self.rounds.values().map(|(until, _)| *until).filter(|until| *until > now).min()
    }
}

/// Whether an error is about the one round, and not about the database.
pub(super) fn is_of_one(error: &Error) -> bool {
    error.category() == Category::Internal
}

/// Which round a transaction is about, for whoever hears only that it failed.
#[derive(Clone, Debug, Default)]
pub(super) struct About(Arc<Mutex<Option<Which>>>);

impl About {
    pub(super) fn is(&self, which: Which) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(which);
    }

    pub(super) fn get(&self) -> Option<Which> {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use kernel::ProductId;
    use uuid::Uuid;

    use super::*;

    #[test]
    fn what_goes_wrong_again_and_again_waits_longer_and_a_locked_one_for_a_moment() {
        let which = (ProductId::from_uuid(Uuid::nil()), 1);
        let (mut aside, now) = (Aside::default(), Duration::from_secs(100));
        let waits: Vec<u64> = (0..8).map(|_| aside.failed(which, now).as_secs()).collect();
        assert_eq!(waits, [1, 2, 4, 8, 16, 32, 60, 60]);
        assert_eq!((aside.at(now), aside.until(now)), (vec![which], Some(now + WRONG_MAX)));
        assert!(!aside.has(which, now + WRONG_MAX));
        aside.done(which);
        let wait = Duration::from_millis(5);
        aside.locked(which, now, wait);
        assert_eq!((aside.has(which, now), aside.has(which, now + wait)), (true, false));
    }
}
