//! `POST /api/v1/schedules/{id}/complete`

use app::{
    App,
    domain::calendar::progress::{Action, Ask},
    tasks::ForTask,
};
use axum::{extract::State as Extract, response::Response};
use kernel::ScheduleId;
use serde::Deserialize;
use utoipa::IntoParams;

use super::{super::view::ScheduleView, Happening, take};
use crate::http::{Caller, OrEmpty, Path, Problem, Query, Write};

/// What it means for a task.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Options {
    /// Of a session of a task: whether the task is completed as well. Not given: if no other session of it is open, and nothing
    /// stands against it.
    complete_task: Option<bool>,
}

/// Complete a schedule
///
/// Ends the stretch of work, if one goes on; a schedule that was never started can be ticked off too. Its reminders that still wait are
/// cancelled. Completing what is completed changes nothing.
#[utoipa::path(
    post, path = "/api/v1/schedules/{id}/complete", tag = "schedules", request_body = Option<Happening>,
    params(("id" = String, Path, description = "Its id"), Options),
    responses(
        (status = 200, description = "As it is now", body = ScheduleView, headers(("etag" = String))),
        (status = 409, description = "`schedule.illegal_transition`: `allowed` says what it can; `task.blocked`, `task.open_subtasks`: the task cannot be completed yet"),
    )
)]
pub(crate) async fn complete(
    Extract(app): Extract<App>,
    caller: Caller,
    Path(id): Path<ScheduleId>,
    Query(Options { complete_task }): Query<Options>,
    request: Write<OrEmpty<Happening>>,
) -> Result<Response, Problem> {
    let for_task = ForTask { force: false, complete: complete_task };
    take(&app, &caller, id, request, for_task, |at| Ask { action: Action::Complete, at, auto_suspend: false }).await
}
