//! `POST /api/v1/tasks/{id}/complete`

use app::{App, tasks};
use axum::{extract::State as Extract, response::Response};
use kernel::TaskId;
use serde::Deserialize;
use utoipa::IntoParams;

use super::{
    refused,
    view::{TaskView, shown},
};
use crate::http::{Caller, NoBody, Path, Problem, Query, Write, answer};

/// What to do about what comes first.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Options {
    /// Complete it although something it depends on, or a subtask, is open.
    force: Option<bool>,
}

/// Complete a task
///
/// Its reminders that still wait are cancelled, and what waited for nothing else can begin. Completing what is completed changes
/// nothing.
#[utoipa::path(
    post, path = "/api/v1/tasks/{id}/complete", tag = "tasks",
    params(("id" = String, Path, description = "Its id"), Options),
    responses(
        (status = 200, description = "As it is now", body = TaskView, headers(("etag" = String))),
        (status = 409, description = "`task.blocked`: `blocked_by` is open; `task.open_subtasks`: `open_subtasks` are"),
    )
)]
pub(crate) async fn complete(
    Extract(app): Extract<App>,
    caller: Caller,
    Path(id): Path<TaskId>,
    Query(Options { force }): Query<Options>,
    request: Write<NoBody>,
) -> Result<Response, Problem> {
    let force = force.unwrap_or(false);
    Ok(answer(tasks::complete(&app, &caller.0, (id, force), request.once, shown(&app)).await.map_err(refused)?))
}
