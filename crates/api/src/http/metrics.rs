//! `/metrics`: what an operator watches, in the Prometheus text format.

use std::{future::Future, pin::Pin, sync::Arc};

use http::request::Parts;

use super::{Problem, Routes, State};

/// What [`Gauges::sample`] returns.
pub type GaugesFuture<'a> = Pin<Box<dyn Future<Output = Sample> + Send + 'a>>;

/// Reads the present state of the rooms below; implemented by the wiring, called once per scrape.
pub trait Gauges: Send + Sync + 'static {
    /// Looks now; answers within about a second whatever happens, with `None` for what could not be read.
    fn sample(&self) -> GaugesFuture<'_>;
}

/// What is read at each scrape.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Sample {
    /// Alarms that are due and not fired yet.
    pub alarms_due: Option<u64>,
    /// How long the oldest of them has been due, in seconds.
    pub oldest_due_age_seconds: Option<f64>,
    /// Alarms waiting for their time.
    pub alarms_pending: Option<u64>,
    /// Live streams connected to this process.
    pub live_connections: Option<u64>,
    /// Whether the clock is believed.
    pub clock_trusted: Option<bool>,
}

/// Counters, histograms and where the gauges are read.
#[derive(Default)]
pub struct Metrics {}

/// The routes of this file.
pub(crate) fn routes() -> Routes {
    Routes::new()
}

/// `/metrics` alone, for a listener of its own.
pub fn metrics_router(_metrics: Arc<Metrics>) -> axum::Router {
    axum::Router::new()
}

/// Whether the peer may see the operator's pages.
pub(crate) fn admit_operator(_state: &State, _parts: &Parts) -> Result<(), Problem> {
    Ok(())
}
