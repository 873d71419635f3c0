//! `GET /api/v1/schedules/{id}`

use app::{App, calendar};
use axum::{
    extract::State as Extract,
    response::{IntoResponse, Response},
};
use http::{StatusCode, header};
use kernel::ScheduleId;

use super::view::ScheduleView;
use crate::http::{Caller, Path, Problem, etag, json};

/// Read a schedule
#[utoipa::path(
    get, path = "/api/v1/schedules/{id}", tag = "schedules", params(("id" = String, Path, description = "Its id")),
    responses((status = 200, description = "The schedule", body = ScheduleView, headers(("etag" = String))))
)]
pub(crate) async fn get(Extract(app): Extract<App>, caller: Caller, Path(id): Path<ScheduleId>) -> Result<Response, Problem> {
    let schedule = calendar::get(&app, &caller.0, id).await?;
    let etag = [(header::ETAG, etag(schedule.version))];
    Ok((etag, json(StatusCode::OK, &ScheduleView::from(&schedule))).into_response())
}
