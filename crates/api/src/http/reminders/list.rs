//! `GET /api/v1/reminders`

use app::{App, alarms, calendar};
use axum::{extract::State as Extract, response::Response};
use http::StatusCode;
use kernel::Zone;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::{AlarmView, explained};
use crate::http::{
    Caller, Problem, Query, json,
    page::{self, Moments},
};

/// Which reminders.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Filter {
    /// Due at or after this: an instant, or a date or wall time in the caller's zone.
    #[param(example = "2026-11-20")]
    from: Option<String>,
    /// Due before this, written as `from`.
    #[param(example = "2026-11-21")]
    to: Option<String>,
    /// Rows of the page, 50 unless given; who asks for more than 200 gets 200.
    #[param(minimum = 1)]
    limit: Option<i64>,
    /// Where to go on: `next_cursor` of the page before.
    cursor: Option<String>,
}

/// A page of reminders.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ReminderPage {
    /// By due time.
    pub(crate) items: Vec<AlarmView>,
    /// Where the next page begins; null on the last one.
    pub(crate) next_cursor: Option<String>,
}

/// List reminders
///
/// Every planned and past reminder of all schedules that is or was due in the half-open range `from..to`, in order.
#[utoipa::path(
    get, path = "/api/v1/reminders", tag = "reminders", params(Filter),
    responses((status = 200, description = "A page", body = ReminderPage))
)]
pub(crate) async fn list(Extract(app): Extract<App>, caller: Caller, Query(filter): Query<Filter>) -> Result<Response, Problem> {
    let scope = format!("reminders of {}", caller.0.user);
    let (after, limit) = page::part(&scope, filter.limit, filter.cursor.as_deref())?;
    let moments = Moments { from: filter.from.as_deref(), to: filter.to.as_deref() };
    let zone = if moments.need_zone() { calendar::own_zone(&app, &caller.0).await? } else { Zone::utc() };
    let shown = alarms::list(&app, &caller.0, moments.resolve(&zone)?, after, limit).await?;
    let next_cursor = shown.page.next.map(|next| next.encode(&scope));
    Ok(json(StatusCode::OK, &ReminderPage { items: explained(&shown), next_cursor }))
}
