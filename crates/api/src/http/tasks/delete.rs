//! `DELETE /api/v1/tasks/{id}`

use app::{App, tasks};
use axum::extract::State as Extract;
use http::StatusCode;
use kernel::TaskId;

use crate::http::{Caller, IfMatch, Path, Problem};

/// Delete a task
///
/// For good, and with the reminders of its deadline. What waited for it waits no more, and its subtasks become those of the task it was
/// a part of.
#[utoipa::path(
    delete, path = "/api/v1/tasks/{id}", tag = "tasks",
    params(("id" = String, Path, description = "Its id"), ("if-match" = Option<String>, Header, description = "ETag, or *")),
    responses(
        (status = 204, description = "Deleted"),
        (status = 412, description = "`task.version_mismatch`: somebody else changed it"),
    )
)]
pub(crate) async fn delete(
    Extract(app): Extract<App>,
    caller: Caller,
    Path(id): Path<TaskId>,
    if_match: IfMatch,
) -> Result<StatusCode, Problem> {
    tasks::delete(&app, &caller.0, id, if_match.into()).await?;
    Ok(StatusCode::NO_CONTENT)
}
