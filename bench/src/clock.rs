//! Where this room reads the machine's clocks, draws randomness and waits: a benchmark is about real time.

use std::time::Duration;

use kernel::{Entropy, Instant};

/// Wall time, for instants that another process compares with its own.
#[expect(clippy::disallowed_methods, reason = "measuring is reading clocks")]
pub(crate) fn now() -> Instant {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    Instant::EPOCH + since
}

/// Monotonic time since it was started.
#[derive(Clone, Copy)]
pub(crate) struct Stopwatch(std::time::Instant);

impl Stopwatch {
    #[expect(clippy::disallowed_methods, reason = "measuring is reading clocks")]
    pub(crate) fn start() -> Self {
        Self(std::time::Instant::now())
    }

    #[expect(clippy::disallowed_methods, reason = "measuring is reading clocks")]
    pub(crate) fn elapsed(self) -> Duration {
        self.0.elapsed()
    }

    /// How many of `count` there were in a second since the start.
    pub(crate) fn rate(self, count: usize) -> f64 {
        #[expect(clippy::cast_precision_loss, reason = "counts here are far below 2^52")]
        let count = count as f64;
        count / self.elapsed().as_secs_f64()
    }
}

/// Processor time of this process since it was started, the kernel's on its behalf included: on a machine that others use as well, it says
/// more than the time that passed.
#[derive(Clone, Copy)]
pub(crate) struct Work(Duration);

impl Work {
    pub(crate) fn start() -> Self {
        Self(worked())
    }

    /// Microseconds for each of `count`.
    pub(crate) fn micros_each(self, count: u32) -> f64 {
        worked().saturating_sub(self.0).as_secs_f64() * 1e6 / f64::from(count)
    }
}

fn worked() -> Duration {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
    Duration::try_from(time).unwrap_or_default()
}

/// Waits.
#[expect(clippy::disallowed_methods, reason = "other processes are waited for")]
pub(crate) async fn pause(duration: Duration) {
    tokio::time::sleep(duration).await;
}

/// The operating system's generator, as in production.
pub(crate) struct OsEntropy;

impl Entropy for OsEntropy {
    #[expect(clippy::disallowed_methods, reason = "ids are minted as in production")]
    fn fill(&self, bytes: &mut [u8]) {
        if getrandom::fill(bytes).is_err() {
            std::process::abort();
        }
    }
}
