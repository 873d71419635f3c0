//! `POST /api/v1/tasks/{id}/unarchive`

use app::{App, tasks};
use axum::{extract::State as Extract, response::Response};
use kernel::TaskId;

use super::view::{TaskView, shown};
use crate::http::{Caller, NoBody, Path, Problem, Write, answer};

/// Take a task out again
///
/// Back into the lists, with the reminders that are still ahead. Again changes nothing.
#[utoipa::path(
    post, path = "/api/v1/tasks/{id}/unarchive", tag = "tasks", params(("id" = String, Path, description = "Its id")),
    responses(
        (status = 200, description = "As it is now", body = TaskView, headers(("etag" = String))),
        (status = 409, description = "A request with the same idempotency key is still running"),
    )
)]
pub(crate) async fn unarchive(
    Extract(app): Extract<App>,
    caller: Caller,
    Path(id): Path<TaskId>,
    request: Write<NoBody>,
) -> Result<Response, Problem> {
    Ok(answer(tasks::unarchive(&app, &caller.0, id, request.once, shown(&app)).await?))
}
