//! `POST /api/v1/schedules/{id}/start`

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

/// What to do about others.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Options {
    /// Suspend what is in progress instead of refusing.
    auto_suspend: Option<bool>,
    /// Of a session of a task: start although something the task depends on is open.
    force: Option<bool>,
}

/// Start work
///
/// Or go on with it. Its reminders that still wait are cancelled. At most one schedule of a person is in progress. Starting what is in
/// progress changes nothing. A session of a task cannot be started while the task is blocked, and starting one of a completed task
/// reopens the task.
#[utoipa::path(
    post, path = "/api/v1/schedules/{id}/start", tag = "schedules", request_body = Option<Happening>,
    params(("id" = String, Path, description = "Its id"), Options),
    responses(
        (status = 200, description = "As it is now", body = ScheduleView, headers(("etag" = String))),
        (status = 409, description = "`schedule.illegal_transition`: `allowed` says what it can; `schedule.another_running`: `running` names it; `task.blocked`: `blocked_by` is open"),
    )
)]
pub(crate) async fn start(
    Extract(app): Extract<App>,
    caller: Caller,
    Path(id): Path<ScheduleId>,
    Query(Options { auto_suspend, force }): Query<Options>,
    request: Write<OrEmpty<Happening>>,
) -> Result<Response, Problem> {
    let for_task = ForTask { force: force.unwrap_or(false), complete: None };
    take(&app, &caller, id, request, for_task, |at| Ask {
        action: Action::Start,
        at,
        auto_suspend: auto_suspend.unwrap_or(false),
    })
    .await
}
