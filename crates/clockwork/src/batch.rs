//! Rows whose effect is SQL only: claimed and completed by one transaction.

use std::{fmt::Display, future::Future, time::Duration};

use kernel::{Clock, Entropy, Instant};

use crate::{Backoff, LATE, Pace, Stop, Wake};

/// A table of due rows and what happens to them.
pub trait Batch: Send + Sync + 'static {
    /// Why a claim failed.
    type Error: Display + Send;

    /// For logs and metrics.
    fn name(&self) -> &'static str;

    /// In one transaction: claims at most `limit` rows due at `now`, oldest first, does what they ask for and marks them done.
    /// If its result is unknown it is simply called again: what was done is no longer due.
    fn fire(&self, now: Instant, limit: usize) -> impl Future<Output = Result<Fired, Self::Error>> + Send;

    /// Whether `error` may lie in one of the rows. Then fewer of them are tried at once, until the one is found; otherwise the
    /// way to the rows is barred, and all of them wait.
    fn blames_rows(&self, error: &Self::Error) -> bool;

    /// Called when even a batch of one failed and a row is to blame: tries the oldest row due at `now` by itself, and if it
    /// fails for such a reason again, puts it into a state in which it is no longer due and waits for a person.
    fn set_aside(&self, now: Instant) -> impl Future<Output = Result<(), Self::Error>> + Send;
}

/// What one call of [`Batch::fire`] did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fired {
    /// Rows completed.
    pub rows: usize,
    /// When the next row is due, if there is one.
    pub next_due: Option<Instant>,
    /// How late the latest of them was.
    pub late: Duration,
}

/// Drives `rows` until `stop`: a batch under way is finished, nothing new is begun.
///
/// A row that fails whenever it is tried must not hold the others. A batch that fails because of its rows is halved, down to
/// one; the one that fails alone is set aside, and the batches grow again. Should every row fail, which is a fault of the
/// program rather than of a row, each further one is preceded by a longer pause: somebody has time to stop it.
pub async fn run_batch<B: Batch>(rows: &B, clock: &dyn Clock, entropy: &dyn Entropy, wake: &Wake, pace: Pace, mut stop: Stop) {
    // No more than a second's worth at once, or the pause after it would be a long one.
    let batch = if pace.catch_up == 0 { pace.batch } else { pace.batch.min(pace.catch_up) };
    let (mut size, mut failures, mut aside) = (batch, 0, 0);
    while !stop.is_stopped() {
        let now = clock.now();
        let error = match rows.fire(now, size).await {
            Ok(fired) => {
                // A full batch or a due row left over: go on at once.
                let next_due = if fired.rows >= size { Some(now) } else { fired.next_due };
                (size, failures, aside) = (size.saturating_mul(2).min(batch), 0, 0);
                wake.sleep(clock, next_due, pace.sweep, &mut stop).await;
                slow_down(clock, &fired, pace, now, &mut stop).await;
                continue;
            }
            Err(error) => error,
        };
        if rows.blames_rows(&error) && size > 1 {
            size /= 2;
            continue;
        }
        let set_aside = if rows.blames_rows(&error) { rows.set_aside(now).await } else { Err(error) };
        match set_aside {
            Ok(()) if aside == 0 => aside = 1,
            Ok(()) => {
                pause(clock, Backoff::LANE.jittered(aside, entropy), &mut stop).await;
                aside += 1;
            }
            Err(error) => {
                failures += 1;
                report(rows.name(), failures, &error);
                pause(clock, Backoff::LANE.jittered(failures, entropy), &mut stop).await;
            }
        }
    }
}

/// After rows that have piled up, waits for as long as so many may take.
async fn slow_down(clock: &dyn Clock, fired: &Fired, pace: Pace, began: Instant, stop: &mut Stop) {
    let Some(micros) = (fired.rows as u64 * 1_000_000).checked_div(pace.catch_up as u64) else { return };
    let rest = Duration::from_micros(micros).saturating_sub(clock.now().since(began));
    if fired.late > LATE && rest > Duration::ZERO {
        pause(clock, rest, stop).await;
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
