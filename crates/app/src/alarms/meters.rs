//! What operators watch: how late alarms ring, and how many wait.

use std::time::Duration;

use kernel::Instant;
use prometheus_client::{
    metrics::{counter::Counter, histogram::Histogram},
    registry::{Registry, Unit},
};
use store::{Tx, UseCase};

use crate::{App, Error};

/// Upper bounds in seconds: the promise is 20 ms at the 99th percentile; minutes only after downtime.
const LATENESS_BUCKETS: [f64; 14] = [0.001, 0.0025, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1.0, 2.0, 5.0, 60.0, 3_600.0];

/// Counters of the lane of alarms.
#[derive(Debug)]
pub struct Meters {
    lateness: Histogram,
    fired: Counter,
}

impl Default for Meters {
    fn default() -> Self {
        Self { lateness: Histogram::new(LATENESS_BUCKETS), fired: Counter::default() }
    }
}

impl Meters {
    /// Registers the counters under their names.
    pub fn register(&self, registry: &mut Registry) {
        let lateness = self.lateness.clone();
        registry.register_with_unit(
            "campanile_alarm_lateness",
            "From the instant an alarm was due (or armed, if later) to its commit as fired",
            Unit::Seconds,
            lateness,
        );
        registry.register("campanile_alarms_fired", "Alarms fired by this process", self.fired.clone());
    }

    pub(crate) fn alarm_fired(&self, lateness: Duration) {
        self.lateness.observe(lateness.as_secs_f64());
        self.fired.inc();
    }
}

/// How many alarms have not rung although they were due.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Backlog {
    /// Due and not fired, counted to at most 10,000.
    pub due: i64,
    /// How long the oldest of them has waited.
    pub oldest: Duration,
    /// Set aside because they could not be rung, counted to at most 10,000.
    pub set_aside: i64,
}

/// Counting goes no further.
const COUNT_MOST: u32 = 10_000;

struct Count(Instant);

impl UseCase for Count {
    type Out = Backlog;
    type Error = Error;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Backlog, Error> {
        let (due, since) = store::alarms::backlog(tx, self.0, COUNT_MOST).await?;
        let set_aside = store::alarms::count_set_aside(tx, COUNT_MOST).await?;
        Ok(Backlog { due, oldest: since.map_or(Duration::ZERO, |since| self.0.since(since)), set_aside })
    }
}

/// How many alarms have not rung although they were due.
pub async fn backlog(app: &App) -> Result<Backlog, Error> {
    app.store().read(Count(app.now())).await
}
