//! `POST /api/v1/schedules/{id}/restore`

use std::sync::Arc;

use app::{App, calendar};
use axum::{extract::State as Extract, response::Response};
use kernel::ScheduleId;

use super::{
    conflicts::{Taken, refused},
    view::{ScheduleView, shown},
};
use crate::http::{Caller, NoBody, Path, Problem, Query, Write, answer};

/// Restore a schedule
///
/// Takes it out of the trash and plans its alarms anew. A reminder whose time has passed rings at once if the schedule is still
/// to come and it had not rung before; otherwise it is recorded and silent.
#[utoipa::path(
    post, path = "/api/v1/schedules/{id}/restore", tag = "schedules",
    params(("id" = String, Path, description = "Its id"), Taken),
    responses(
        (status = 200, description = "As it is now", body = ScheduleView, headers(("etag" = String))),
        (status = 409, description = "`schedule.not_deleted`: it is not in the trash; `schedule.conflict`: its time is taken by now; `schedule.calendar_too_dense`: there is more to compare than is looked at"),
    )
)]
pub(crate) async fn restore(
    Extract(app): Extract<App>,
    caller: Caller,
    Path(id): Path<ScheduleId>,
    Query(Taken { on_conflict }): Query<Taken>,
    request: Write<NoBody>,
) -> Result<Response, Problem> {
    let restored =
        calendar::restore(&app, &caller.0, id, on_conflict.unwrap_or_default().into(), request.once, Arc::new(shown)).await;
    Ok(answer(restored.map_err(refused)?))
}
