//! The clocks of production. The only place that reads the machine's clocks.

use std::{
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use kernel::{Clock, Instant, SleepFuture};

use crate::{Doubt, Guard, Trust};

/// The machine's wall clock, guarded by its monotonic clock: for one process that owns its database.
#[derive(Debug)]
pub struct SystemClock {
    /// What the monotonic clock showed at the start.
    start: Duration,
    guard: Mutex<Guard>,
}

impl SystemClock {
    /// Begins now. `high_water` is the latest instant acted upon before a restart.
    pub fn new(high_water: Option<Instant>) -> Self {
        let guard = Guard::new(wall(), Duration::ZERO, high_water);
        announce_start(&guard, high_water);
        Self { start: monotonic(), guard: Mutex::new(guard) }
    }

    /// Why the wall clock is not believed at the moment, if it is not.
    pub fn doubt(&self) -> Option<Doubt> {
        self.guard.lock().unwrap_or_else(PoisonError::into_inner).doubt()
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

    fn monotonic(&self) -> Duration {
        monotonic().saturating_sub(self.start)
    }

    fn sleep(&self, duration: Duration) -> SleepFuture<'_> {
        tokio_sleep(duration)
    }
}

/// The database's clock, followed by readings and carried by the monotonic clock between them: for nodes that share a database,
/// so that all of them agree on what is due.
#[derive(Debug)]
pub struct FollowedClock {
    /// What the monotonic clock showed at the start.
    start: Duration,
    following: Mutex<Following>,
}

#[derive(Debug)]
struct Following {
    guard: Guard,
    /// When the last reading was answered (monotonic).
    read_at: Duration,
}

impl FollowedClock {
    /// Begins with a reading of the database's clock that was taken just now.
    pub fn new(first_reading: Instant, high_water: Option<Instant>) -> Self {
        let guard = Guard::new(first_reading, Duration::ZERO, high_water);
        announce_start(&guard, high_water);
        Self { start: monotonic(), following: Mutex::new(Following { guard, read_at: Duration::ZERO }) }
    }

    /// Takes a reading of the database's clock, asked for at `asked` and answered at `answered` (monotonic): it was taken
    /// somewhere in between.
    pub fn follow(&self, reading: Instant, asked: Duration, answered: Duration) -> Trust {
        let mut following = self.following();
        following.read_at = answered;
        let guard = &mut following.guard;
        let before = guard.trust();
        let after = guard.observe(reading, asked + answered.saturating_sub(asked) / 2);
        announce(before, after, reading, guard.now(answered));
        after
    }

    /// Why the database's clock is not believed at the moment, if it is not.
    pub fn doubt(&self) -> Option<Doubt> {
        self.following().guard.doubt()
    }

    /// For how long the database's clock has not been read.
    pub fn unread(&self) -> Duration {
        self.monotonic().saturating_sub(self.following().read_at)
    }

    fn following(&self) -> MutexGuard<'_, Following> {
        self.following.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Clock for FollowedClock {
    fn now(&self) -> Instant {
        self.following().guard.now(self.monotonic())
    }

    fn monotonic(&self) -> Duration {
        monotonic().saturating_sub(self.start)
    }

    fn sleep(&self, duration: Duration) -> SleepFuture<'_> {
        tokio_sleep(duration)
    }
}

fn announce_start(guard: &Guard, high_water: Option<Instant>) {
    if guard.trust() == Trust::Suspect {
        let (used, mark) = (guard.now(Duration::ZERO), high_water.unwrap_or(Instant::EPOCH));
        tracing::error!(%used, %mark, "the clock stands before the last instant acted upon; it is used, but check it");
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

/// Time since the machine started, including the time it slept: after a laptop wakes, time has passed and no clock has jumped.
#[cfg(target_os = "linux")]
fn monotonic() -> Duration {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::Boottime);
    Duration::new(u64::try_from(time.tv_sec).unwrap_or(0), u32::try_from(time.tv_nsec).unwrap_or(0))
}

/// Time since this process first asked. Whether it passes while the machine sleeps is up to the system.
#[cfg(not(target_os = "linux"))]
#[expect(clippy::disallowed_methods, reason = "the seam where the machine's clocks are read")]
fn monotonic() -> Duration {
    static START: std::sync::LazyLock<std::time::Instant> = std::sync::LazyLock::new(std::time::Instant::now);
    START.elapsed()
}

#[expect(clippy::disallowed_methods, reason = "the seam where the machine's clocks are read")]
fn tokio_sleep(duration: Duration) -> SleepFuture<'static> {
    Box::pin(tokio::time::sleep(duration))
}
