//! `/metrics`: what an operator watches, in the `OpenMetrics` text format that Prometheus reads.
//!
//! No label ever names a person, an id or a raw path: the number of series is bounded by the number of routes.

use std::{fmt, sync::Arc, sync::atomic::AtomicU64, time::Duration};

use app::App;
use axum::{
    Router,
    extract::{Request, State as Extract},
    response::{IntoResponse, Response},
};
use futures_util::future::{Either, select};
use http::{HeaderName, Method, StatusCode, header, request::Parts};
use kernel::Category;
use prometheus_client::{
    encoding::{EncodeLabelSet, text},
    metrics::{family::Family, gauge::Gauge, histogram::Histogram, info::Info},
    registry::{Registry, Unit},
};
use utoipa_axum::routes;

use super::{Access, ConnectionPeer, MetricsDoor, Problem, Routes, State, host};

const OPEN_METRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// Upper bounds in seconds: a read takes well under a millisecond, a durable write one fsync, a request at most 30 s.
const LATENCY_BUCKETS: [f64; 13] = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 2.5, 10.0, 30.0];

/// How long one scrape waits for the store.
const BACKLOG_TIMEOUT: Duration = Duration::from_secs(1);

type FloatGauge = Gauge<f64, AtomicU64>;

/// Reads the present state of the rooms the front door does not know; implemented by the wiring, called once per scrape.
pub trait Gauges: Send + Sync + 'static {
    /// What is so right now. Must not block.
    fn sample(&self) -> Sample;
}

/// What [`Gauges`] reads.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sample {
    /// Live streams connected to this process.
    pub live_connections: u64,
    /// Whether the clock is believed.
    pub clock_trusted: bool,
    /// For how long the database's clock has not been read; zero for a process that goes by its machine's.
    pub clock_unread: Duration,
}

/// Which build this is; one series with these labels and the value 1.
#[derive(Clone, Debug)]
pub struct Build {
    /// The version of the program.
    pub version: &'static str,
    /// `sqlite` or `postgresql`.
    pub engine: &'static str,
}

/// What is counted, and where the rest is read.
pub struct Metrics {
    registry: Registry,
    gauges: Arc<dyn Gauges>,
    latency: Family<RequestLabels, Histogram, fn() -> Histogram>,
    in_flight: Gauge,
    due: FloatGauge,
    oldest_due: FloatGauge,
    set_aside: FloatGauge,
    live_connections: Gauge,
    clock_trusted: Gauge,
    clock_unread: FloatGauge,
}

impl fmt::Debug for Metrics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Metrics").finish_non_exhaustive()
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RequestLabels {
    method: &'static str,
    route: String,
    status: &'static str,
}

impl Metrics {
    /// Registers everything of this room and of `app`.
    pub fn new(app: &App, build: &Build, gauges: Arc<dyn Gauges>) -> Self {
        let mut registry = Registry::default();
        let metrics = Self {
            gauges,
            latency: Family::new_with_constructor(|| Histogram::new(LATENCY_BUCKETS)),
            in_flight: Gauge::default(),
            due: FloatGauge::default(),
            oldest_due: FloatGauge::default(),
            set_aside: FloatGauge::default(),
            live_connections: Gauge::default(),
            clock_trusted: Gauge::default(),
            clock_unread: FloatGauge::default(),
            registry: Registry::default(),
        };
        let info = Info::new(vec![("version", build.version), ("engine", build.engine)]);
        registry.register("campanile_build", "Which build this is", info);
        registry.register_with_unit(
            "campanile_http_request_duration",
            "From the head of a request to the head of its answer, by route template, method and class of status",
            Unit::Seconds,
            metrics.latency.clone(),
        );
        registry.register("campanile_http_requests_in_flight", "Requests under way", metrics.in_flight.clone());
        registry.register(
            "campanile_alarms_due",
            "Alarms that are due and not fired, counted to at most 10,000; NaN if the store did not answer",
            metrics.due.clone(),
        );
        registry.register_with_unit(
            "campanile_alarms_oldest_due_age",
            "How long the oldest of them has been due; NaN if the store did not answer",
            Unit::Seconds,
            metrics.oldest_due.clone(),
        );
        registry.register(
            "campanile_alarms_set_aside",
            "Alarms that could not be rung and wait for a person, counted to at most 10,000; NaN if the store did not answer",
            metrics.set_aside.clone(),
        );
        registry.register("campanile_live_connections", "Live streams connected", metrics.live_connections.clone());
        registry.register("campanile_clock_trusted", "1 while the wall clock is believed", metrics.clock_trusted.clone());
        registry.register_with_unit(
            "campanile_clock_unread",
            "For how long the clock of the database has not been read; 0 for a process that goes by its machine's",
            Unit::Seconds,
            metrics.clock_unread.clone(),
        );
        app.meters().register(&mut registry);
        app.campaign_meters().register(&mut registry);
        app.passwords().register(&mut registry);
        Self { registry, ..metrics }
    }

    /// One request was answered.
    pub(crate) fn answered(&self, method: &Method, route: &str, status: StatusCode, took: Duration) {
        let labels = RequestLabels { method: known_method(method), route: route.to_owned(), status: class(status) };
        self.latency.get_or_create(&labels).observe(took.as_secs_f64());
    }

    /// One more request is under way, until the value is dropped.
    pub(crate) fn under_way(&self) -> UnderWay {
        self.in_flight.inc();
        UnderWay(self.in_flight.clone())
    }

    async fn scrape(&self, app: &App) -> Response {
        let Sample { live_connections, clock_trusted, clock_unread } = self.gauges.sample();
        self.live_connections.set(i64::try_from(live_connections).unwrap_or(i64::MAX));
        self.clock_trusted.set(i64::from(clock_trusted));
        self.clock_unread.set(clock_unread.as_secs_f64());
        let [due, oldest, set_aside] = backlog(app).await.unwrap_or([f64::NAN; 3]);
        self.due.set(due);
        self.oldest_due.set(oldest);
        self.set_aside.set(set_aside);
        let mut page = String::new();
        match text::encode(&mut page, &self.registry) {
            Ok(()) => ([(header::CONTENT_TYPE, OPEN_METRICS)], page).into_response(),
            Err(error) => Problem::internal(&error).into_response(),
        }
    }
}

/// How many alarms are due, for how many seconds the oldest has been, and how many are set aside.
async fn backlog(app: &App) -> Option<[f64; 3]> {
    let counted = std::pin::pin!(app::alarms::backlog(app));
    // At most 10,000: exact as a float.
    let exact = |count: i64| i32::try_from(count).map_or(f64::NAN, f64::from);
    match select(counted, app.clock().sleep(BACKLOG_TIMEOUT)).await {
        Either::Left((Ok(backlog), _)) => Some([exact(backlog.due), backlog.oldest.as_secs_f64(), exact(backlog.set_aside)]),
        Either::Left((Err(error), _)) => {
            tracing::warn!(%error, "the backlog of alarms could not be counted");
            None
        }
        Either::Right(_) => None,
    }
}

/// A request under way, counted until this is dropped.
pub(crate) struct UnderWay(Gauge);

impl Drop for UnderWay {
    fn drop(&mut self) {
        self.0.dec();
    }
}

/// A caller may invent methods; a label may not be invented.
pub(crate) fn known_method(method: &Method) -> &'static str {
    const KNOWN: [&str; 7] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];
    KNOWN.into_iter().find(|known| *known == method.as_str()).unwrap_or("OTHER")
}

fn class(status: StatusCode) -> &'static str {
    match status.as_u16() {
        100..=199 => "1xx",
        200..=299 => "2xx",
        300..=399 => "3xx",
        400..=499 => "4xx",
        _ => "5xx",
    }
}

/// The routes of this file.
pub(crate) fn routes() -> Routes {
    Routes::new().add(Access::Operator, routes!(metrics))
}

/// What an operator watches
///
/// Counters, gauges and histograms in the Prometheus text format. Served here to peers on the same machine only, unless the
/// setting `metrics.door` says otherwise; `metrics.listen` gives it a listener of its own.
#[utoipa::path(get, path = "/metrics", tag = "operations",
    responses((status = 200, description = "The page.", body = String, content_type = "application/openmetrics-text"),
              (status = 403, description = "Not for you.")))]
pub(crate) async fn metrics(Extract(state): Extract<State>) -> Response {
    state.metrics.scrape(&state.app).await
}

/// `/metrics` alone, for a listener of its own.
pub fn metrics_router(app: App, metrics: Arc<Metrics>) -> Router {
    let page = move |request: Request| {
        let (app, metrics) = (app.clone(), Arc::clone(&metrics));
        async move {
            if host::refuse_unknown(&request, "").is_err() {
                return StatusCode::MISDIRECTED_REQUEST.into_response();
            }
            metrics.scrape(&app).await
        }
    };
    Router::new().route("/metrics", axum::routing::get(page))
}

/// Whether the peer may see the operator's pages. A proxy on this machine is a peer on this machine, so whoever forwards for
/// somebody else is not let in either.
pub(crate) fn admit_operator(state: &State, parts: &Parts) -> Result<(), Problem> {
    const FORWARDING: [HeaderName; 3] =
        [HeaderName::from_static("x-forwarded-for"), HeaderName::from_static("x-real-ip"), header::FORWARDED];
    let is_local = || {
        let is_loopback = parts.extensions.get::<ConnectionPeer>().is_some_and(|peer| peer.0.ip().to_canonical().is_loopback());
        is_loopback && !FORWARDING.iter().any(|name| parts.headers.contains_key(name))
    };
    let admitted = match state.settings.metrics {
        MetricsDoor::Open => true,
        MetricsDoor::Loopback => is_local(),
        MetricsDoor::Closed => false,
    };
    if admitted {
        Ok(())
    } else {
        Err(Problem::new(Category::Forbidden, "edge.operators_only", "only for operators of this installation"))
    }
}
