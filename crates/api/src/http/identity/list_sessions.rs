//! `GET /api/v1/auth/sessions`

use app::{App, identity};
use axum::{extract::State as Extract, response::Response};
use http::StatusCode;
use serde::Serialize;
use utoipa::ToSchema;

use super::view::SessionView;
use crate::http::{Caller, Problem, json};

/// All live sessions.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SessionList {
    /// The one used last first.
    items: Vec<SessionView>,
    /// Always null: there are at most 100, and all of them are here.
    next_cursor: Option<String>,
}

/// List the devices signed in
#[utoipa::path(
    get, path = "/api/v1/auth/sessions", tag = "identity",
    responses((status = 200, description = "All of them, at most 100", body = SessionList))
)]
pub(crate) async fn list_sessions(Extract(app): Extract<App>, caller: Caller) -> Result<Response, Problem> {
    let current = caller.0.session();
    let sessions = identity::sessions(&app, &caller.0).await?;
    let items = sessions.into_iter().map(|session| SessionView::new(session, current)).collect();
    Ok(json(StatusCode::OK, &SessionList { items, next_cursor: None }))
}
