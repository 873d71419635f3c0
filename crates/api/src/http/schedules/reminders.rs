//! `GET /api/v1/schedules/{id}/reminders`

use app::{App, alarms};
use axum::{extract::State as Extract, response::Response};
use http::StatusCode;
use kernel::ScheduleId;
use serde::Serialize;
use utoipa::ToSchema;

use crate::http::{Caller, Path, Problem, json, reminders::AlarmView};

/// Every planned and past reminder of a schedule.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ScheduleReminders {
    /// By due time.
    items: Vec<AlarmView>,
}

/// The reminders of a schedule
///
/// Every planned and past one: when it is due, where it stands and why, when it rang and how late. The first 1,000.
#[utoipa::path(
    get, path = "/api/v1/schedules/{id}/reminders", tag = "reminders", params(("id" = String, Path, description = "The schedule's id")),
    responses((status = 200, description = "All of them", body = ScheduleReminders))
)]
pub(crate) async fn reminders(
    Extract(app): Extract<App>,
    caller: Caller,
    Path(id): Path<ScheduleId>,
) -> Result<Response, Problem> {
    let alarms = alarms::of_schedule(&app, &caller.0, id).await?;
    Ok(json(StatusCode::OK, &ScheduleReminders { items: alarms.iter().map(AlarmView::from).collect() }))
}
