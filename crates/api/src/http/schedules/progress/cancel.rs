//! `POST /api/v1/schedules/{id}/cancel`

use app::{
    App,
    domain::calendar::progress::{Action, Ask},
    tasks::ForTask,
};
use axum::{extract::State as Extract, response::Response};
use kernel::ScheduleId;

use super::{super::view::ScheduleView, Happening, take};
use crate::http::{Caller, OrEmpty, Path, Problem, Write};

/// Take progress back
///
/// Back to not started: the work of this run is void and no longer counted, and the reminders still ahead are armed again. Cancelling
/// what was not started changes nothing.
#[utoipa::path(
    post, path = "/api/v1/schedules/{id}/cancel", tag = "schedules", request_body = Option<Happening>,
    params(("id" = String, Path, description = "Its id")),
    responses(
        (status = 200, description = "As it is now", body = ScheduleView, headers(("etag" = String))),
        (status = 409, description = "A request with the same idempotency key is still running"),
    )
)]
pub(crate) async fn cancel(
    Extract(app): Extract<App>,
    caller: Caller,
    Path(id): Path<ScheduleId>,
    request: Write<OrEmpty<Happening>>,
) -> Result<Response, Problem> {
    take(&app, &caller, id, request, ForTask::default(), |at| Ask { action: Action::Cancel, at, auto_suspend: false }).await
}
