//! A clock that stands still until somebody moves it.

use std::{
    collections::BTreeMap,
    future::Future,
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll, Waker},
    time::Duration,
};

use kernel::{Clock, Instant, SleepFuture};

/// 2026-11-20T00:30:00Z: a plain Friday, far from any change of daylight saving time.
pub const START: Instant = Instant::from_micros(1_795_134_600_000_000);

/// Time as a test wants it. Clones share one clock, and it works under any executor: whoever sleeps is woken by
/// [`TestClock::advance`], from whatever thread that is called.
///
/// ```
/// use kernel::Clock as _;
/// use std::time::Duration;
///
/// let clock = testkit::TestClock::default();
/// let before = clock.now();
/// clock.advance(Duration::from_secs(60));
/// assert_eq!(clock.now().since(before), Duration::from_secs(60));
/// ```
#[derive(Clone, Debug)]
pub struct TestClock(Arc<Mutex<State>>);

#[derive(Debug)]
struct State {
    /// What the wall clock would show at a monotonic time of zero.
    origin: Instant,
    monotonic: Duration,
    /// By deadline, then in the order of arrival: who wakes first is never left to chance.
    sleepers: BTreeMap<(Duration, u64), Waker>,
    arrivals: u64,
}

impl Default for TestClock {
    /// Begins at [`START`].
    fn default() -> Self {
        Self::at(START)
    }
}

impl TestClock {
    /// Begins at `wall`, with a monotonic time of zero.
    pub fn at(wall: Instant) -> Self {
        Self(Arc::new(Mutex::new(State { origin: wall, monotonic: Duration::ZERO, sleepers: BTreeMap::new(), arrivals: 0 })))
    }

    /// Lets `duration` pass: both the wall clock and the monotonic clock move, and who slept until then wakes.
    pub fn advance(&self, duration: Duration) {
        let due = {
            let mut state = self.state();
            state.monotonic += duration;
            state.take_due()
        };
        due.into_iter().for_each(Waker::wake);
    }

    /// Lets time pass until the next sleeper wakes; answers how long that was, `None` if nobody sleeps.
    pub fn advance_to_next(&self) -> Option<Duration> {
        let duration = self.next_wake()?.saturating_sub(self.monotonic());
        self.advance(duration);
        Some(duration)
    }

    /// Moves only the wall clock, as an operator or a broken time server does: nobody wakes, nothing has passed.
    pub fn jump_wall(&self, to: Instant) {
        let mut state = self.state();
        state.origin = to - state.monotonic;
    }

    /// When, in monotonic time, the next sleeper wakes.
    pub fn next_wake(&self) -> Option<Duration> {
        self.state().sleepers.keys().next().map(|&(deadline, _)| deadline)
    }

    /// How many sleep at the moment: a test waits for this before it moves the clock.
    pub fn sleepers(&self) -> usize {
        self.state().sleepers.len()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn take_due(&mut self) -> Vec<Waker> {
        let later = self.sleepers.split_off(&(self.monotonic + Duration::from_nanos(1), 0));
        std::mem::replace(&mut self.sleepers, later).into_values().collect()
    }
}

impl Clock for TestClock {
    fn now(&self) -> Instant {
        let state = self.state();
        state.origin + state.monotonic
    }

    fn monotonic(&self) -> Duration {
        self.state().monotonic
    }

    fn sleep(&self, duration: Duration) -> SleepFuture<'_> {
        let deadline = self.monotonic().saturating_add(duration);
        Box::pin(Sleep { clock: self.clone(), deadline, place: None })
    }
}

struct Sleep {
    clock: TestClock,
    deadline: Duration,
    /// Where its waker stands among the sleepers.
    place: Option<(Duration, u64)>,
}

impl Future for Sleep {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let clock = self.clock.clone();
        let mut state = clock.state();
        if state.monotonic >= self.deadline {
            return Poll::Ready(());
        }
        let place = self.place.unwrap_or_else(|| {
            state.arrivals += 1;
            (self.deadline, state.arrivals)
        });
        state.sleepers.insert(place, context.waker().clone());
        self.place = Some(place);
        Poll::Pending
    }
}

impl Drop for Sleep {
    fn drop(&mut self) {
        if let Some(place) = self.place {
            self.clock.state().sleepers.remove(&place);
        }
    }
}

#[cfg(test)]
mod tests {
    use futures_util::{FutureExt as _, future::join};

    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[tokio::test]
    async fn a_sleeper_wakes_when_its_time_has_passed_and_not_before() {
        let clock = TestClock::default();
        let sleeping = tokio::spawn({
            let clock = clock.clone();
            async move {
                clock.sleep(2 * SECOND).await;
                clock.now()
            }
        });
        while clock.sleepers() == 0 {
            tokio::task::yield_now().await;
        }
        clock.advance(SECOND);
        tokio::task::yield_now().await;
        assert!(!sleeping.is_finished());
        assert_eq!(clock.advance_to_next(), Some(SECOND));
        assert_eq!(sleeping.await.unwrap(), START + 2 * SECOND);
        assert_eq!(clock.advance_to_next(), None);
    }

    #[test]
    fn a_jump_of_the_wall_clock_wakes_nobody() {
        let clock = TestClock::default();
        let mut sleep = clock.sleep(SECOND);
        assert!((&mut sleep).now_or_never().is_none());
        clock.jump_wall(START + 365 * 24 * 3600 * SECOND);
        assert!((&mut sleep).now_or_never().is_none());
        assert_eq!(clock.monotonic(), Duration::ZERO);
        clock.advance(SECOND);
        assert!(sleep.now_or_never().is_some());
    }

    #[test]
    fn a_dropped_sleep_leaves_no_sleeper_behind() {
        let clock = TestClock::default();
        let mut both = Box::pin(join(clock.sleep(SECOND), clock.sleep(2 * SECOND)));
        assert!((&mut both).now_or_never().is_none());
        assert_eq!(clock.sleepers(), 2);
        drop(both);
        assert_eq!((clock.sleepers(), clock.next_wake()), (0, None));
    }
}
