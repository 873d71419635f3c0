//! The HTTP front door: what every endpoint shares, and the list of all of them.

mod access;
mod answer;
mod docs;
mod edge;
mod errors;
mod extract;
mod headers;
mod health;
mod host;
mod limits;
mod metrics;
mod openapi;
mod origin;
mod page;
mod problem;
mod routes;
mod settings;
mod trace;
mod web;
mod written;

mod calendar;
mod campaigns;
mod identity;
mod labels;
mod notifications;
mod planning;
mod reminders;
mod rooms;
mod schedules;
mod statistics;
mod tasks;

#[cfg(test)]
mod tests;

use std::sync::Arc;

use app::App;
use axum::extract::FromRef;

pub use access::Access;
pub use errors::{ERRORS, ErrorEntry};
pub use health::{Check, Readiness, ReadinessFuture};
pub use metrics::{Build, Gauges, Metrics, Sample, metrics_router};
pub use openapi::openapi_json;
pub use routes::RouteInfo;
pub use settings::{EdgeSettings, Limits, MetricsDoor};
pub use web::WebPage;

pub(crate) use access::Caller;
pub(crate) use answer::{Moving, answer, created, etag, json, rendered};
pub(crate) use edge::is_known;
pub(crate) use extract::{
    CalendarFile, ConnectionPeer, IfMatch, Json, NoBody, Nullable, OptionalJson, OrEmpty, Path, Peer, PeopleFile, Query, Write,
    read_json,
};
pub(crate) use limits::Listener;
pub(crate) use origin::admits as admits_origin;
pub(crate) use problem::Problem;
pub(crate) use routes::Routes;
pub(crate) use trace::TraceContext;

/// What every handler may reach.
#[derive(Clone)]
pub(crate) struct State {
    /// The use cases.
    pub app: App,
    /// How this door was configured.
    pub settings: Arc<EdgeSettings>,
    /// What is counted.
    pub metrics: Arc<Metrics>,
    /// Whether this process can serve.
    pub readiness: Arc<dyn Readiness>,
    /// Who has how many requests under way.
    pub load: Arc<limits::Load>,
}

impl FromRef<State> for App {
    fn from_ref(state: &State) -> Self {
        state.app.clone()
    }
}

/// Every endpoint there is. A route that is not in here does not exist.
fn all_routes() -> Routes {
    Routes::new()
        .merge(health::routes())
        .merge(metrics::routes())
        .merge(docs::routes())
        .merge(identity::routes())
        .merge(schedules::routes())
        .merge(labels::routes())
        .merge(calendar::routes())
        .merge(campaigns::routes())
        .merge(tasks::routes())
        .merge(planning::routes())
        .merge(statistics::routes())
        .merge(reminders::routes())
        .merge(notifications::routes())
        .merge(rooms::routes())
        .merge(crate::stream::routes())
}

/// Method, path template and access of every endpoint, in the order of the document.
pub fn route_table() -> Vec<RouteInfo> {
    all_routes().table()
}

/// The whole HTTP service, ready for [`crate::serve`] or for a test to call directly.
pub fn router(app: App, settings: EdgeSettings, metrics: Arc<Metrics>, readiness: Arc<dyn Readiness>) -> axum::Router {
    let load = Arc::new(limits::Load::new(&settings.limits));
    let state = State { app, settings: Arc::new(settings), metrics, readiness, load };
    edge::wrap(all_routes().build(&state), state)
}
