//! `/healthz` and `/readyz`: alive, and able to serve.

use std::{future::Future, pin::Pin};

use axum::extract::State as Extract;
use axum::response::{IntoResponse, Response};
use http::{StatusCode, header};
use kernel::Category;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::routes;

use super::{Access, Problem, Routes, State, json};

/// One thing that must hold before requests make sense.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Check {
    /// `process`, `database`, `clock` …
    pub name: &'static str,
    /// What is wrong, for people, if it does not hold.
    pub failure: Option<String>,
    /// What is worth knowing about it all the same, for people, if it holds.
    pub note: Option<String>,
}

/// What [`Readiness::check`] returns.
pub type ReadinessFuture<'a> = Pin<Box<dyn Future<Output = Vec<Check>> + Send + 'a>>;

/// Knows whether this process can serve; implemented by the wiring.
pub trait Readiness: Send + Sync + 'static {
    /// Looks now; answers within about a second whatever happens.
    fn check(&self) -> ReadinessFuture<'_>;
}

/// The state of one check.
#[derive(Serialize, ToSchema)]
pub(crate) struct CheckState {
    /// What was looked at.
    #[schema(example = "database")]
    name: &'static str,
    /// Whether it holds.
    ok: bool,
    /// What is wrong, or worth knowing all the same.
    #[serde(skip_serializing_if = "Option::is_none")]
    detail: Option<String>,
}

/// What `/readyz` answers.
#[derive(Serialize, ToSchema)]
pub(crate) struct ReadyState {
    /// Always `ready`; anything else is a problem document.
    #[schema(example = "ready")]
    status: &'static str,
    /// Each check.
    checks: Vec<CheckState>,
}

/// The routes of this file.
pub(crate) fn routes() -> Routes {
    Routes::new().add(Access::Public, routes!(healthz)).add(Access::Public, routes!(readyz))
}

/// The process is alive
///
/// Looks at nothing: a process that answers this and not `/readyz` must not be restarted, its database must be looked at.
#[utoipa::path(get, path = "/healthz", tag = "operations",
    responses((status = 200, description = "Alive.", body = String, content_type = "text/plain", example = json!("ok\n"))))]
pub(crate) async fn healthz() -> Response {
    ([(header::CONTENT_TYPE, "text/plain; charset=utf-8")], "ok\n").into_response()
}

/// The process can serve
///
/// It runs, its database takes writes (one is made, at most once a second), and its clock is believed.
#[utoipa::path(get, path = "/readyz", tag = "operations",
    responses((status = 200, description = "Every check holds.", body = ReadyState),
              (status = 503, description = "At least one check does not hold; `checks` says which.")))]
pub(crate) async fn readyz(Extract(state): Extract<State>) -> Response {
    let checks: Vec<CheckState> = state
        .readiness
        .check()
        .await
        .into_iter()
        .map(|check| CheckState { name: check.name, ok: check.failure.is_none(), detail: check.failure.or(check.note) })
        .collect();
    if checks.iter().all(|check| check.ok) {
        return json(StatusCode::OK, &ReadyState { status: "ready", checks });
    }
    Problem::new(Category::Unavailable, "edge.not_ready", "this process cannot serve yet, or no longer: see `checks`")
        .with("checks", &checks)
        .retry_after(1)
        .into_response()
}
