//! Time as a parameter.

use std::{future::Future, pin::Pin, time::Duration};

use crate::Instant;

/// What [`Clock::sleep`] returns.
pub type SleepFuture<'a> = Pin<Box<dyn Future<Output = ()> + Send + 'a>>;

/// The only way any room learns what time it is, or waits.
///
/// Production reads the guarded clock of `clockwork`, tests and the simulator move a clock of `testkit` by hand.
/// `clippy.toml` bans every other way to read a clock.
pub trait Clock: Send + Sync + 'static {
    /// The present instant, as far as it can be trusted: a wall clock that jumps must not be believed at once.
    fn now(&self) -> Instant;

    /// Time since an arbitrary start, never going back: for lateness of this process's own work and for deadlines of calls.
    fn monotonic(&self) -> Duration;

    /// Completes after `duration` of monotonic time.
    fn sleep(&self, duration: Duration) -> SleepFuture<'_>;
}
