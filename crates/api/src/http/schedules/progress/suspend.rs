//! `POST /api/v1/schedules/{id}/suspend`

use app::{
    App,
    domain::calendar::progress::{Action, Ask},
    tasks::ForTask,
};
use axum::{extract::State as Extract, response::Response};
use kernel::ScheduleId;

use super::{super::view::ScheduleView, Happening, take};
use crate::http::{Caller, OrEmpty, Path, Problem, Write};

/// Suspend work
///
/// The stretch of work ends; start goes on with it. Suspending what is suspended changes nothing.
#[utoipa::path(
    post, path = "/api/v1/schedules/{id}/suspend", tag = "schedules", request_body = Option<Happening>,
    params(("id" = String, Path, description = "Its id")),
    responses(
        (status = 200, description = "As it is now", body = ScheduleView, headers(("etag" = String))),
        (status = 409, description = "`schedule.illegal_transition`: `allowed` says what it can"),
    )
)]
pub(crate) async fn suspend(
    Extract(app): Extract<App>,
    caller: Caller,
    Path(id): Path<ScheduleId>,
    request: Write<OrEmpty<Happening>>,
) -> Result<Response, Problem> {
    take(&app, &caller, id, request, ForTask::default(), |at| Ask { action: Action::Suspend, at, auto_suspend: false }).await
}
