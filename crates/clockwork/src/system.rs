//! The clocks of production. The only place that reads the machine's clocks.

use std::{
    sync::{Mutex, PoisonError},
    time::Duration,
};

use kernel::{Clock, Instant, SleepFuture};

use crate::{Guard, Trust};

/// The machine's wall clock, guarded by its monotonic clock: for one process that owns its database.
#[derive(Debug)]
pub struct SystemClock {
    start: std::time::Instant,
    guard: Mutex<Guard>,
}

impl SystemClock {
    /// Begins now. `high_water` is the latest instant acted upon before a restart.
    #[expect(clippy::disallowed_methods, reason = "the seam where the machine's clocks are read")]
    pub fn new(high_water: Option<Instant>) -> Self {
        let start = std::time::Instant::now();
        Self { start, guard: Mutex::new(Guard::new(wall(), Duration::ZERO, high_water)) }
    }

    /// Whether the wall clock is believed at the moment.
    pub fn trust(&self) -> Trust {
        self.guard.lock().unwrap_or_else(PoisonError::into_inner).trust()
    }
}

impl Clock for SystemClock {
    fn now(&self) -> Instant {
        let mut guard = self.guard.lock().unwrap_or_else(PoisonError::into_inner);
        let (wall, monotonic) = (wall(), self.monotonic());
        let before = guard.trust();
        let after = guard.observe(wall, monotonic);
        announce(before, after, wall, guard.now(monotonic));
        guard.now(monotonic)
    }

    #[expect(clippy::disallowed_methods, reason = "the seam where the machine's clocks are read")]
    fn monotonic(&self) -> Duration {
        self.start.elapsed()
    }

    fn sleep(&self, duration: Duration) -> SleepFuture<'_> {
        tokio_sleep(duration)
    }
}

/// The database's clock, followed by readings and carried by the monotonic clock between them: for nodes that share a database,
/// so that all of them agree on what is due.
#[derive(Debug)]
pub struct FollowedClock {
    start: std::time::Instant,
    guard: Mutex<Guard>,
}

impl FollowedClock {
    /// Begins with the machine's own clock; the first [`FollowedClock::follow`] should come before anything is fired.
    #[expect(clippy::disallowed_methods, reason = "the seam where the machine's clocks are read")]
    pub fn new(first_reading: Instant, high_water: Option<Instant>) -> Self {
        let start = std::time::Instant::now();
        Self { start, guard: Mutex::new(Guard::new(first_reading, Duration::ZERO, high_water)) }
    }

    /// Takes a reading of the database's clock, asked for at `asked` and answered at `answered` (monotonic): it was taken
    /// somewhere in between.
    pub fn follow(&self, reading: Instant, asked: Duration, answered: Duration) -> Trust {
        let mut guard = self.guard.lock().unwrap_or_else(PoisonError::into_inner);
        let before = guard.trust();
        let after = guard.observe(reading, asked + answered.saturating_sub(asked) / 2);
        announce(before, after, reading, guard.now(answered));
        after
    }

    /// Whether the database's clock is believed at the moment.
    pub fn trust(&self) -> Trust {
        self.guard.lock().unwrap_or_else(PoisonError::into_inner).trust()
    }
}

impl Clock for FollowedClock {
    fn now(&self) -> Instant {
        self.guard.lock().unwrap_or_else(PoisonError::into_inner).now(self.monotonic())
    }

    #[expect(clippy::disallowed_methods, reason = "the seam where the machine's clocks are read")]
    fn monotonic(&self) -> Duration {
        self.start.elapsed()
    }

    fn sleep(&self, duration: Duration) -> SleepFuture<'_> {
        tokio_sleep(duration)
    }
}

fn announce(before: Trust, after: Trust, reading: Instant, used: Instant) {
    match (before, after) {
        (Trust::Trusted, Trust::Suspect) => {
            tracing::error!(%reading, %used, "the clock jumped and is not believed; time goes on by the monotonic clock");
        }
        (Trust::Suspect, Trust::Trusted) => tracing::warn!(%reading, "the clock is believed again"),
        _ => {}
    }
}

#[expect(clippy::disallowed_methods, reason = "the seam where the machine's clocks are read")]
fn wall() -> Instant {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    Instant::EPOCH + since
}

#[expect(clippy::disallowed_methods, reason = "the seam where the machine's clocks are read")]
fn tokio_sleep(duration: Duration) -> SleepFuture<'static> {
    Box::pin(tokio::time::sleep(duration))
}
