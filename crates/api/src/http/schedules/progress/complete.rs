//! `POST /api/v1/schedules/{id}/complete`

use app::{
    App,
    domain::calendar::progress::{Action, Ask},
};
use axum::{extract::State as Extract, response::Response};
use kernel::ScheduleId;

use super::{super::view::ScheduleView, Happening, take};
use crate::http::{Caller, OrEmpty, Path, Problem, Write};

/// Complete a schedule
///
/// Ends the stretch of work, if one goes on; a schedule that was never started can be ticked off too. Its reminders that still wait are
/// cancelled. Completing what is completed changes nothing.
#[utoipa::path(
    post, path = "/api/v1/schedules/{id}/complete", tag = "schedules", request_body = Option<Happening>,
    params(("id" = String, Path, description = "Its id")),
    responses(
        (status = 200, description = "As it is now", body = ScheduleView, headers(("etag" = String))),
        (status = 409, description = "`schedule.illegal_transition`: `allowed` says what it can"),
    )
)]
pub(crate) async fn complete(
    Extract(app): Extract<App>,
    caller: Caller,
    Path(id): Path<ScheduleId>,
    request: Write<OrEmpty<Happening>>,
) -> Result<Response, Problem> {
    take(&app, &caller, id, request, |at| Ask { action: Action::Complete, at, auto_suspend: false }).await
}
