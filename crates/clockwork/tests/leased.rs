//! The driver of leased rows: a slow one holds its own place and no other.

use std::{
    convert::Infallible,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use clockwork::{Backoff, Claim, Leased, Outcome, Pace, Settlement, Stopper, Wake, run_leased};
use kernel::{Clock as _, Instant};
use testkit::{SeededEntropy, TestClock, simulator::Executor, simulator::OUTSIDE};

const SECOND: Duration = Duration::from_secs(1);

/// Pieces of work that take as long as they say.
#[derive(Clone)]
struct Rows(Arc<Mutex<State>>, TestClock);

#[derive(Default)]
struct State {
    due: Vec<Duration>,
    under_way: usize,
    most_at_once: usize,
    /// What was settled, and how long after the start.
    settled: Vec<(Duration, Duration)>,
}

impl Rows {
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Leased for Rows {
    type Row = Duration;
    type Error = Infallible;

    fn name(&self) -> &'static str {
        "rows"
    }

    async fn claim(&self, _: Instant, _: Duration, limit: usize) -> Result<Claim<Duration>, Infallible> {
        let mut state = self.state();
        let most = limit.min(state.due.len());
        Ok(Claim { rows: state.due.drain(..most).collect(), next_due: None })
    }

    async fn handle(&self, row: &Duration) -> Outcome {
        {
            let mut state = self.state();
            state.under_way += 1;
            state.most_at_once = state.most_at_once.max(state.under_way);
        }
        self.1.sleep(*row).await;
        self.state().under_way -= 1;
        Outcome::Done
    }

    fn attempt(&self, _: &Duration) -> u32 {
        1
    }

    async fn settle(&self, row: &Duration, _: Settlement, _: Instant) -> Result<bool, Infallible> {
        let at = self.1.monotonic();
        self.state().settled.push((*row, at));
        Ok(true)
    }

    fn lease(&self) -> Duration {
        Duration::from_mins(10)
    }

    fn backoff(&self) -> Backoff {
        Backoff::LANE
    }

    fn attempts_most(&self) -> u32 {
        1
    }
}

/// Drives rows for so long, at most two at once, and then asks the lane to stop and waits for it.
fn drive(due: Vec<Duration>, time: Duration) -> Rows {
    let clock = TestClock::default();
    let rows = Rows(Arc::new(Mutex::new(State { due, ..State::default() })), clock.clone());
    let mut executor = Executor::new(clock.clone(), SeededEntropy::new(1));
    let (handle, driven) = (executor.handle(), rows.clone());
    let run = async move {
        let (stopper, stop) = Stopper::new();
        let lane = handle.call(OUTSIDE, "lane", async move {
            let pace = Pace { batch: 2, ..Pace::default() };
            run_leased(&driven, &driven.1, &SeededEntropy::new(2), &Wake::default(), pace, stop).await;
        });
        let stopping = async move {
            clock.sleep(time).await;
            stopper.stop();
        };
        futures_util::future::join(lane, stopping).await;
    };
    executor.run(run).expect("nobody is stuck");
    rows
}

#[test]
fn a_slow_piece_of_work_does_not_hold_the_others() {
    let mut due = vec![60 * SECOND];
    due.extend([SECOND; 9]);
    let rows = drive(due, 30 * SECOND);
    let state = rows.state();
    let ends: Vec<u64> = state.settled.iter().map(|(_, at)| at.as_secs()).collect();
    assert_eq!(ends, [1, 2, 3, 4, 5, 6, 7, 8, 9, 60], "one after the other beside the slow one, which is finished in the end");
    assert_eq!(state.most_at_once, 2, "there is room for two");
}

#[test]
fn what_waits_when_the_lane_is_stopped_is_not_begun() {
    let rows = drive(vec![10 * SECOND; 6], 15 * SECOND);
    let state = rows.state();
    assert_eq!((state.settled.len(), state.due.len()), (4, 2));
}
