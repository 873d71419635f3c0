//! Rows whose effect is SQL only: claimed and completed by one transaction.

use std::{fmt::Display, future::Future, time::Duration};

use kernel::{Clock, Entropy, Instant};

use crate::{Backoff, Pace, Stop, Wake};

/// A table of due rows and what happens to them.
pub trait Batch: Send + Sync + 'static {
    /// Why a claim failed.
    type Error: Display + Send;

    /// For logs and metrics.
    fn name(&self) -> &'static str;

    /// In one transaction: claims at most `limit` rows due at `now`, oldest first, does what they ask for and marks them done.
    /// If its result is unknown it is simply called again: what was done is no longer due.
    fn fire(&self, now: Instant, limit: usize) -> impl Future<Output = Result<Fired, Self::Error>> + Send;
}

/// What one call of [`Batch::fire`] did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fired {
    /// Rows completed.
    pub rows: usize,
    /// When the next row is due, if there is one.
    pub next_due: Option<Instant>,
}

/// Drives `rows` until `stop`: a batch under way is finished, nothing new is begun.
pub async fn run_batch<B: Batch>(rows: &B, clock: &dyn Clock, entropy: &dyn Entropy, wake: &Wake, pace: Pace, mut stop: Stop) {
    let mut failures = 0;
    while !stop.is_stopped() {
        let now = clock.now();
        match rows.fire(now, pace.batch).await {
            Ok(fired) => {
                failures = 0;
                // A full batch or a due row left over: go on at once.
                let next_due = if fired.rows >= pace.batch { Some(now) } else { fired.next_due };
                wake.sleep(clock, next_due, pace.sweep, &mut stop).await;
            }
            Err(error) => {
                failures += 1;
                report(rows.name(), failures, &error);
                pause(clock, Backoff::LANE.jittered(failures, entropy), &mut stop).await;
            }
        }
    }
}

/// The first failure and then every tenth, so that an hour without a database does not fill the disk with lines.
pub(crate) fn report(lane: &'static str, failures: u32, error: &dyn Display) {
    if failures % 10 == 1 {
        tracing::warn!(lane, failures, %error, "due rows cannot be claimed; trying again");
    }
}

pub(crate) async fn pause(clock: &dyn Clock, duration: Duration, stop: &mut Stop) {
    futures_util::future::select(clock.sleep(duration), Box::pin(stop.stopped())).await;
}
