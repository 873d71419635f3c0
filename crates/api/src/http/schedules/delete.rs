//! `DELETE /api/v1/schedules/{id}`

use app::{App, calendar};
use axum::extract::State as Extract;
use http::StatusCode;
use kernel::ScheduleId;

use super::recurrence::Which;
use crate::http::{Caller, IfMatch, Path, Problem, Query};

/// Delete a schedule
///
/// Puts it into the trash, from where it can be restored for 30 days, and cancels its alarms in the same transaction. Of a
/// series, `scope=this` and `scope=following` take occurrences out of it instead; where none is left and no work counts, into the trash.
#[utoipa::path(
    delete, path = "/api/v1/schedules/{id}", tag = "schedules",
    params(("id" = String, Path, description = "Its id"), Which, ("if-match" = Option<String>, Header, description = "ETag, or *")),
    responses(
        (status = 204, description = "In the trash, or out of the series"),
        (status = 409, description = "`schedule.running`: it, or an occurrence that would go, is in progress"),
        (status = 412, description = "`schedule.version_mismatch`: somebody else changed it"),
    )
)]
pub(crate) async fn delete(
    Extract(app): Extract<App>,
    caller: Caller,
    Path(id): Path<ScheduleId>,
    Query(which): Query<Which>,
    if_match: IfMatch,
) -> Result<StatusCode, Problem> {
    let scope = which.scope().map_err(app::Error::from)?;
    calendar::delete(&app, &caller.0, id, scope, if_match.into()).await?;
    Ok(StatusCode::NO_CONTENT)
}
