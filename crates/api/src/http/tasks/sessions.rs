//! `GET /api/v1/tasks/{id}/schedules`

use app::{App, tasks};
use axum::{extract::State as Extract, response::Response};
use http::StatusCode;
use kernel::TaskId;
use serde::Serialize;
use utoipa::ToSchema;

use crate::http::{Caller, Path, Problem, Query, json, page::Part, schedules::ScheduleView};

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
    let scope = format!("sessions of {id} of {}", caller.0.user);
    let (after, limit) = part.of(&scope)?;
    let page = tasks::sessions(&app, &caller.0, id, after, limit).await?;
    let next_cursor = page.next.map(|next| next.encode(&scope));
    Ok(json(StatusCode::OK, &SessionPage { items: page.items.iter().map(ScheduleView::from).collect(), next_cursor }))
}
