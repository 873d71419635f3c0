//! `GET /api/v1/tasks/{id}/schedules`

use app::{App, tasks};
use axum::{extract::State as Extract, response::Response};
use http::StatusCode;
use kernel::TaskId;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::http::{Caller, Path, Problem, Query, json, page, schedules::ScheduleView};

/// Which part of them.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Part {
    /// Rows of the page, 50 unless given; who asks for more than 200 gets 200.
    #[param(minimum = 1)]
    limit: Option<i64>,
    /// Where to go on: `next_cursor` of the page before.
    cursor: Option<String>,
}

/// A page of sessions.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SessionPage {
    /// By start.
    items: Vec<ScheduleView>,
    /// Where the next page begins; null on the last one.
    next_cursor: Option<String>,
}

/// List the sessions of a task
///
/// The schedules that were planned for it, past and future, in order.
#[utoipa::path(
    get, path = "/api/v1/tasks/{id}/schedules", tag = "tasks",
    params(("id" = String, Path, description = "The task's id"), Part),
    responses((status = 200, description = "A page", body = SessionPage))
)]
pub(crate) async fn sessions(
    Extract(app): Extract<App>,
    caller: Caller,
    Path(id): Path<TaskId>,
    Query(part): Query<Part>,
) -> Result<Response, Problem> {
    let limit = page::limit(part.limit)?;
    let scope = format!("sessions of {id} of {}", caller.0.user);
    let after = page::cursor(&scope, part.cursor.as_deref())?;
    let page = tasks::sessions(&app, &caller.0, id, after, limit).await?;
    let next_cursor = page.next.map(|next| next.encode(&scope));
    Ok(json(StatusCode::OK, &SessionPage { items: page.items.iter().map(ScheduleView::from).collect(), next_cursor }))
}
