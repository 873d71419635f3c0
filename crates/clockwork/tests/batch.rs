//! The driver of batches: rows that fail whenever they are tried do not hold the others.

use std::{
    collections::BTreeSet,
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use clockwork::{Batch, Fired, Pace, Stopper, Wake, run_batch};
use kernel::{Clock as _, Instant};
use testkit::{SeededEntropy, TestClock, simulator::Executor, simulator::OUTSIDE};

/// What is due, and which of it cannot be done.
#[derive(Clone, Default)]
struct Rows(Arc<Mutex<State>>);

#[derive(Default)]
struct State {
    due: BTreeSet<u32>,
    bad: BTreeSet<u32>,
    away: bool,
    done: Vec<u32>,
    aside: Vec<u32>,
    calls: usize,
    late: Duration,
}

#[derive(Debug, PartialEq)]
enum Refusal {
    Away,
    Row,
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self:?}")
    }
}

impl Rows {
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Batch for Rows {
    type Error = Refusal;

    fn name(&self) -> &'static str {
        "rows"
    }

    async fn fire(&self, _: Instant, limit: usize) -> Result<Fired, Refusal> {
        let mut state = self.state();
        state.calls += 1;
        let batch: Vec<u32> = state.due.iter().copied().take(limit).collect();
        if state.away {
            return Err(Refusal::Away);
        }
        if batch.iter().any(|row| state.bad.contains(row)) {
            return Err(Refusal::Row);
        }
        state.due.retain(|row| !batch.contains(row));
        state.done.extend(&batch);
        Ok(Fired { rows: batch.len(), next_due: None, late: state.late })
    }

    fn blames_rows(&self, error: &Refusal) -> bool {
        *error == Refusal::Row
    }

    async fn set_aside(&self, _: Instant) -> Result<(), Refusal> {
        let mut state = self.state();
        if let Some(row) = state.due.pop_first() {
            state.aside.push(row);
        }
        Ok(())
    }
}

/// Drives `rows` for `time` in batches of sixteen, and of what is late a hundred in a second.
fn drive(rows: &Rows, time: Duration) {
    let clock = TestClock::default();
    let mut executor = Executor::new(clock.clone(), SeededEntropy::new(1));
    let (handle, rows) = (executor.handle(), rows.clone());
    let run = async move {
        let (_stopper, stop) = Stopper::new();
        let driven = clock.clone();
        handle.spawn(OUTSIDE, "lane", async move {
            let pace = Pace { batch: 16, catch_up: 100, ..Pace::default() };
            run_batch(&rows, &driven, &SeededEntropy::new(2), &Wake::default(), pace, stop).await;
        });
        clock.sleep(time).await;
    };
    executor.run(run).expect("nobody is stuck");
}

#[test]
fn a_row_that_fails_whenever_it_is_tried_is_set_aside_and_no_other_waits() {
    let rows = Rows::default();
    {
        let mut state = rows.state();
        state.due.extend(0..100);
        state.bad.insert(37);
    }
    drive(&rows, Duration::from_millis(1));
    let state = rows.state();
    assert_eq!((state.aside.as_slice(), state.done.len(), state.due.len()), ([37].as_slice(), 99, 0));
    assert!(state.calls < 30, "{} transactions for one bad row in a hundred", state.calls);
}

#[test]
fn when_every_row_fails_each_further_one_is_preceded_by_a_pause() {
    let rows = Rows::default();
    {
        let mut state = rows.state();
        state.due.extend(0..100);
        state.bad.extend(0..100);
    }
    drive(&rows, Duration::from_secs(10));
    let aside = rows.state().aside.len();
    assert!((8..=18).contains(&aside), "{aside} rows were set aside within ten seconds");
}

#[test]
fn nothing_is_set_aside_while_the_database_is_away() {
    let rows = Rows::default();
    {
        let mut state = rows.state();
        state.due.extend(0..100);
        state.away = true;
    }
    drive(&rows, Duration::from_mins(1));
    let state = rows.state();
    assert_eq!((state.aside.len(), state.done.len()), (0, 0));
    assert!(state.calls < 80, "{} attempts within a minute", state.calls);
}

#[test]
fn what_has_piled_up_is_worked_off_at_a_bounded_rate_and_what_is_in_time_is_not() {
    let after_seconds = |late: Duration| -> Vec<usize> {
        let rows = Rows::default();
        {
            let mut state = rows.state();
            (state.late, state.due) = (late, (0..1_000).collect());
        }
        let after = |_| {
            drive(&rows, Duration::from_secs(1));
            rows.state().done.len()
        };
        (0..3).map(after).collect()
    };
    assert_eq!(after_seconds(Duration::from_secs(30)), [1_000; 3], "in time, as many as go");
    // Batches of sixteen are not torn: the seventh begins within the second.
    assert_eq!(after_seconds(Duration::from_hours(1)), [112, 224, 336]);
}
