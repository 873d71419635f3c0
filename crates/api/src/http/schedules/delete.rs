//! `DELETE /api/v1/schedules/{id}`

use app::{App, calendar};
use axum::extract::State as Extract;
use http::StatusCode;
use kernel::ScheduleId;

use crate::http::{Caller, IfMatch, Path, Problem};

/// Delete a schedule
///
/// Puts it into the trash, from where it can be restored for 30 days, and cancels its alarms in the same transaction.
#[utoipa::path(
    delete, path = "/api/v1/schedules/{id}", tag = "schedules",
    params(("id" = String, Path, description = "Its id"), ("if-match" = Option<String>, Header, description = "ETag, or *")),
    responses(
        (status = 204, description = "In the trash"),
        (status = 412, description = "`schedule.version_mismatch`: somebody else changed it"),
    )
)]
pub(crate) async fn delete(
    Extract(app): Extract<App>,
    caller: Caller,
    Path(id): Path<ScheduleId>,
    if_match: IfMatch,
) -> Result<StatusCode, Problem> {
    calendar::delete(&app, &caller.0, id, if_match.into()).await?;
    Ok(StatusCode::NO_CONTENT)
}
