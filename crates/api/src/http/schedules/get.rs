//! `GET /api/v1/schedules/{id}`

use app::{App, calendar};
use axum::{
    extract::State as Extract,
    response::{IntoResponse, Response},
};
use http::{StatusCode, header};
use kernel::ScheduleId;

use serde::Deserialize;
use utoipa::IntoParams;

use super::{recurrence::recurrence_id, view::ScheduleView};
use crate::http::{Caller, Path, Problem, Query, etag, json};

/// Which occurrence.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Choice {
    /// Of a series, only this occurrence: `recurrence_id` as the list shows it.
    #[param(example = "2026-11-20T09:30:00", max_length = 32)]
    recurrence_id: Option<String>,
}

/// Read a schedule
///
/// A series as a whole, with its first occurrence, or one occurrence of it.
#[utoipa::path(
    get, path = "/api/v1/schedules/{id}", tag = "schedules", 
    params(("id" = String, Path, description = "Its id"), Choice),
    responses((status = 200, description = "The schedule", body = ScheduleView, headers(("etag" = String))))
)]
pub(crate) async fn get(
    Extract(app): Extract<App>,
    caller: Caller,
    Path(id): Path<ScheduleId>,
    Query(choice): Query<Choice>,
) -> Result<Response, Problem> {
    let which = choice.recurrence_id.as_deref().map(recurrence_id).transpose().map_err(app::Error::from)?;
    let found = calendar::get(&app, &caller.0, id, which).await?;
    let etag = [(header::ETAG, etag(found.schedule.version))];
    Ok((etag, json(StatusCode::OK, &ScheduleView::from(&found))).into_response())
}
