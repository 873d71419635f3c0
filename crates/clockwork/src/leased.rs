//! Rows whose effect leaves the process: claimed with a lease and a token.

use std::{fmt::Display, future::Future, pin::pin, time::Duration};

use futures_util::{
    future::{Either, select},
    stream::{FuturesUnordered, StreamExt as _},
};
use kernel::{Clock, Entropy, Instant};

use crate::{
    Backoff, Pace, Stop, Wake,
    batch::{pause, report},
};

/// A table of due rows that are worked on outside of a transaction.
pub trait Leased: Send + Sync + 'static {
    /// A claimed row, with its token.
    type Row: Send + Sync + 'static;
    /// Why a claim or a settlement failed.
    type Error: Display + Send;

    /// For logs and metrics.
    fn name(&self) -> &'static str;

    /// Marks at most `limit` rows due at `now` as ours until `now + lease`, each with a token one higher than before. Rows
    /// whose lease ran out are due again: no rescuer exists.
    fn claim(
        &self,
        now: Instant,
        lease: Duration,
        limit: usize,
    ) -> impl Future<Output = Result<Claim<Self::Row>, Self::Error>> + Send;

    /// Does the work. Called at most once per claim, never after a deadline that leaves the lease time to settle.
    fn handle(&self, row: &Self::Row) -> impl Future<Output = Outcome> + Send;

    /// Which attempt this is (1, 2, 3 …).
    fn attempt(&self, row: &Self::Row) -> u32;

    /// Records what came of it, if the token is still the row's. `false`: somebody else holds it now; say nothing.
    fn settle(
        &self,
        row: &Self::Row,
        settlement: Settlement,
        now: Instant,
    ) -> impl Future<Output = Result<bool, Self::Error>> + Send;

    /// How long a claim is ours.
    fn lease(&self) -> Duration;

    /// The waits between attempts.
    fn backoff(&self) -> Backoff;

    /// The most attempts, after which the row is dead and waits for a person.
    fn attempts_most(&self) -> u32;
}

/// What a claim got.
#[derive(Debug)]
pub struct Claim<R> {
    /// The rows that are ours now.
    pub rows: Vec<R>,
    /// When the next row is due, if there is one.
    pub next_due: Option<Instant>,
}

/// How one piece of work ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It is done.
    Done,
    /// It is done for now, and due again then: recurring housekeeping.
    Again(Instant),
    /// It failed, and may succeed later.
    Retry(String),
    /// It failed, and will fail whenever it is tried.
    Fail(String),
}

/// What is to be written down.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Settlement {
    /// Done for good.
    Done,
    /// Due again at the instant given, with the attempts counted from zero.
    Again(Instant),
    /// Failed, due again at the instant given.
    Retry(Instant, String),
    /// Failed for good.
    Dead(String),
}

/// Turns an outcome into what is written down: the bound on attempts and the wait between them are applied here.
fn decide(outcome: Outcome, attempt: u32, most: u32, backoff: Backoff, now: Instant, entropy: &dyn Entropy) -> Settlement {
    match outcome {
        Outcome::Done => Settlement::Done,
        Outcome::Again(at) => Settlement::Again(at),
        Outcome::Fail(error) => Settlement::Dead(error),
        Outcome::Retry(error) if attempt >= most => Settlement::Dead(error),
        Outcome::Retry(error) => Settlement::Retry(now + backoff.jittered(attempt, entropy), error),
    }
}

/// Drives `rows` until `stop`: claimed rows are finished and settled, nothing new is claimed.
///
/// At most `pace.batch` rows are worked on at once. As soon as one is done there is room for the next: a slow one holds its own
/// place and no other. Work that outlasts its lease is claimed again, by this process too.
pub async fn run_leased<L: Leased>(rows: &L, clock: &dyn Clock, entropy: &dyn Entropy, wake: &Wake, pace: Pace, mut stop: Stop) {
    let (mut work, mut failures) = (FuturesUnordered::new(), 0);
    while !stop.is_stopped() {
        let room = pace.batch.saturating_sub(work.len());
        if room == 0 {
            select(work.next(), Box::pin(stop.stopped())).await;
            continue;
        }
        let (now, claimed_at) = (clock.now(), clock.monotonic());
        match alongside(&mut work, rows.claim(now, rows.lease(), room)).await {
            Ok(claim) => {
                failures = 0;
                // With all the room taken, more may be due.
                let next_due = if claim.rows.len() >= room { Some(now) } else { claim.next_due };
                work.extend(claim.rows.into_iter().map(|row| work_on(rows, row, clock, entropy, claimed_at)));
                alongside(&mut work, wake.sleep(clock, next_due, pace.sweep, &mut stop)).await;
            }
            Err(error) => {
                failures += 1;
                report(rows.name(), failures, &error);
                alongside(&mut work, pause(clock, Backoff::LANE.jittered(failures, entropy), &mut stop)).await;
            }
        }
    }
    while work.next().await.is_some() {}
}

/// Waits for `main` while `work` goes on.
async fn alongside<T>(work: &mut FuturesUnordered<impl Future<Output = ()>>, main: impl Future<Output = T>) -> T {
    let mut main = pin!(main);
    while !work.is_empty() {
        if let Either::Left((done, _)) = select(main.as_mut(), work.next()).await {
            return done;
        }
    }
    main.await
}

async fn work_on<L: Leased>(rows: &L, row: L::Row, clock: &dyn Clock, entropy: &dyn Entropy, claimed_at: Duration) {
    // A process that was paused for half its lease must not start: another node may soon hold the row.
    if clock.monotonic().saturating_sub(claimed_at) > rows.lease() / 2 {
        return;
    }
    let outcome = rows.handle(&row).await;
    let now = clock.now();
    let settlement = decide(outcome, rows.attempt(&row), rows.attempts_most(), rows.backoff(), now, entropy);
    match rows.settle(&row, settlement, now).await {
        Ok(true) => {}
        Ok(false) => tracing::warn!(lane = rows.name(), "a lease had passed to somebody else before its work was settled"),
        // Not settled: the lease runs out and the row is due again. Its effect is keyed, so the second run is harmless.
        Err(error) => tracing::warn!(lane = rows.name(), %error, "finished work could not be settled; it will run again"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Zero;
    impl Entropy for Zero {
        fn fill(&self, bytes: &mut [u8]) {
            bytes.fill(0);
        }
    }

    #[test]
    fn a_failure_is_retried_with_a_wait_until_its_attempts_are_used_up() {
        let backoff = Backoff { first: Duration::from_secs(10), most: Duration::from_mins(1) };
        let now = Instant::EPOCH;
        let decide = |outcome, attempt| decide(outcome, attempt, 3, backoff, now, &Zero);
        let retry = || Outcome::Retry("away".to_owned());
        assert_eq!(decide(Outcome::Done, 3), Settlement::Done);
        assert_eq!(decide(retry(), 1), Settlement::Retry(now + Duration::from_secs(8), "away".to_owned()));
        assert_eq!(decide(retry(), 2), Settlement::Retry(now + Duration::from_secs(16), "away".to_owned()));
        assert_eq!(decide(retry(), 3), Settlement::Dead("away".to_owned()));
        assert_eq!(decide(Outcome::Fail("never".to_owned()), 1), Settlement::Dead("never".to_owned()));
    }
}
