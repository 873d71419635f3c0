//! `POST /api/v1/schedules/{id}/restore`

use std::sync::Arc;

use app::{App, calendar};
use axum::{extract::State as Extract, response::Response};
use kernel::ScheduleId;

use super::view::{ScheduleView, shown};
use crate::http::{Caller, NoBody, Path, Problem, Write, answer};

/// Restore a schedule
///
/// Takes it out of the trash and plans its alarms anew. A reminder whose time has passed rings at once if the schedule is still
/// to come and it had not rung before; otherwise it is recorded and silent.
#[utoipa::path(
    post, path = "/api/v1/schedules/{id}/restore", tag = "schedules", params(("id" = String, Path, description = "Its id")),
    responses(
        (status = 200, description = "As it is now", body = ScheduleView, headers(("etag" = String))),
        (status = 409, description = "`schedule.not_deleted`: it is not in the trash"),
    )
)]
pub(crate) async fn restore(
    Extract(app): Extract<App>,
    caller: Caller,
    Path(id): Path<ScheduleId>,
    request: Write<NoBody>,
) -> Result<Response, Problem> {
    Ok(answer(calendar::restore(&app, &caller.0, id, request.once, Arc::new(shown)).await?))
}
