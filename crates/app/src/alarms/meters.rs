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

/// How many alarms wait although they are due.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Backlog {
    /// Due and not fired, counted to at most 10,000.
    pub due: i64,
    /// How long the oldest of them has waited.
    pub oldest: Duration,
}

struct Count(Instant);

impl UseCase for Count {
    type Out = (i64, Option<Instant>);
    type Error = Error;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Self::Out, Error> {
        Ok(store::alarms::backlog(tx, self.0, 10_000).await?)
    }
}

/// How many alarms wait although they are due.
pub async fn backlog(app: &App) -> Result<Backlog, Error> {
    let now = app.now();
    let (due, oldest) = app.store().read(Count(now)).await?;
    Ok(Backlog { due, oldest: oldest.map_or(Duration::ZERO, |at| now.since(at)) })
}
