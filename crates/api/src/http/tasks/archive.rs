//! `POST /api/v1/tasks/{id}/archive`

use app::{App, tasks};
use axum::{extract::State as Extract, response::Response};
use kernel::TaskId;

use super::view::{TaskView, shown};
use crate::http::{Caller, NoBody, Path, Problem, Write, answer};

/// Put a task away
///
/// Out of the lists, unless they are asked for what is put away. Its reminders are cancelled, and nothing waits for it any more. Againn/// changes nothing.
#[utoipa::path(
    post, path = "/api/v1/tasks/{id}/archive", tag = "tasks", params(("id" = String, Path, description = "Its id")),
    responses(
        (status = 200, description = "As it is now", body = TaskView, headers(("etag" = String))),
        (status = 409, description = "A request with the same idempotency key is still running"),
    )
)]
pub(crate) async fn archive(
    Extract(app): Extract<App>,
    caller: Caller,
    Path(id): Path<TaskId>,
    request: Write<NoBody>,
) -> Result<Response, Problem> {
    Ok(answer(tasks::archive(&app, &caller.0, id, request.once, shown(&app)).await?))
}
