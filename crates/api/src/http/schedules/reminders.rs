//! `GET /api/v1/schedules/{id}/reminders`

use app::{App, alarms};
use axum::{extract::State as Extract, response::Response};
use http::StatusCode;
use kernel::ScheduleId;
use serde::Deserialize;
use utoipa::IntoParams;

use crate::http::{
    Caller, Path, Problem, Query, json, page,
    reminders::{AlarmView, ReminderPage},
};

/// Which part of them.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Part {
    /// Rows of the page, 50 unless given; who asks for more than 200 gets 200.
    #[param(minimum = 1)]
    limit: Option<i64>,
    /// Where to go on: `next_cursor` of the page before.
    cursor: Option<String>,
}

/// The reminders of a schedule
///
/// Every planned and past one, the one due first before the others: when it is due, where it stands and why, when it rang and
/// how late.
#[utoipa::path(
    get, path = "/api/v1/schedules/{id}/reminders", tag = "reminders",
    params(("id" = String, Path, description = "The schedule's id"), Part),
    responses((status = 200, description = "A page", body = ReminderPage))
)]
pub(crate) async fn reminders(
    Extract(app): Extract<App>,
    caller: Caller,
    Path(id): Path<ScheduleId>,
    Query(part): Query<Part>,
) -> Result<Response, Problem> {
    let limit = page::limit(part.limit)?;
    let scope = format!("reminders of {id} of {}", caller.0.user);
    let after = page::cursor(&scope, part.cursor.as_deref())?;
    let page = alarms::of_schedule(&app, &caller.0, id, after, limit).await?;
    let next_cursor = page.next.map(|next| next.encode(&scope));
    let items = page.items.iter().map(AlarmView::from).collect();
    Ok(json(StatusCode::OK, &ReminderPage { items, next_cursor }))
}
