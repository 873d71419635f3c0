//! `DELETE /api/v1/tasks/{id}`

use app::{
    App,
    tasks::{self, Sessions},
};
use axum::extract::State as Extract;
use http::StatusCode;
use kernel::TaskId;
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};

use crate::http::{Caller, IfMatch, Path, Problem, Query};

/// What becomes of its sessions.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Options {
    /// `keep` (the default): they stay in the calendar as schedules of their own. `delete`: they go into the trash.
    #[param(inline)]
    sessions: Option<SessionPolicy>,
}

/// What becomes of sessions.
#[derive(Clone, Copy, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum SessionPolicy {
    Keep,
    Delete,
}

/// Delete a task
///
/// For good, and with the reminders of its deadline. What waited for it waits no more, and its subtasks become those of the task it was
/// a part of.
#[utoipa::path(
    delete, path = "/api/v1/tasks/{id}", tag = "tasks",
    params(("id" = String, Path, description = "Its id"), Options, ("if-match" = Option<String>, Header, description = "ETag, or *")),
    responses(
        (status = 204, description = "Deleted"),
        (status = 409, description = "`schedule.running`: a session that would be deleted is in progress"),
        (status = 412, description = "`task.version_mismatch`: somebody else changed it"),
    )
)]
pub(crate) async fn delete(
    Extract(app): Extract<App>,
    caller: Caller,
    Path(id): Path<TaskId>,
    Query(Options { sessions }): Query<Options>,
    if_match: IfMatch,
) -> Result<StatusCode, Problem> {
    let sessions = match sessions {
        None | Some(SessionPolicy::Keep) => Sessions::Keep,
        Some(SessionPolicy::Delete) => Sessions::Delete,
    };
    tasks::delete(&app, &caller.0, (id, sessions, if_match.into())).await?;
    Ok(StatusCode::NO_CONTENT)
}
