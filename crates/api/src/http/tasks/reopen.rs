//! `POST /api/v1/tasks/{id}/reopen`

use app::{App, tasks};
use axum::{extract::State as Extract, response::Response};
use kernel::TaskId;

use super::view::{TaskView, shown};
use crate::http::{Caller, NoBody, Path, Problem, Write, answer};

/// Reopen a task
///
/// A completed task is to be done again: the reminders of its deadline that are still ahead are armed again. Reopening what is open changesn/// nothing.
#[utoipa::path(
    post, path = "/api/v1/tasks/{id}/reopen", tag = "tasks", params(("id" = String, Path, description = "Its id")),
    responses(
        (status = 200, description = "As it is now", body = TaskView, headers(("etag" = String))),
        (status = 409, description = "A request with the same idempotency key is still running"),
    )
)]
pub(crate) async fn reopen(
    Extract(app): Extract<App>,
    caller: Caller,
    Path(id): Path<TaskId>,
    request: Write<NoBody>,
) -> Result<Response, Problem> {
    Ok(answer(tasks::reopen(&app, &caller.0, id, request.once, shown(&app)).await?))
}
