//! # api: the front doors
//!
//! Everything that comes from outside enters here, is measured, limited and translated into a use case of `app`; everything
//! that leaves is translated back. Handlers translate; they do not decide.
//!
//! ```text
//!   socket ──► serve: connections, header limits, drain
//!          └─► edge:  request id, trace, panics, in-flight cap, origin rules, security headers, problem documents
//!              └─► access: who is asking, may they, how many of theirs at once, how long
//!                  └─► extract: strict JSON, query, path, idempotency key
//!                      └─► one handler, one file
//! ```
//!
//! **Must never know**: SQL, which engine runs, how anything is decided. It is the only room that names axum, hyper and
//! utoipa.

mod http;
mod serve;
mod stream;

pub use http::{
    Access, Build, Check, ERRORS, EdgeSettings, ErrorEntry, Gauges, Limits, Metrics, MetricsDoor, Readiness, ReadinessFuture,
    RouteInfo, Sample, WebPage, metrics_router, openapi_json, route_table, router,
};
pub use serve::{ServeLimits, serve};
