//! `GET /api/v1/schedules/{id}/reminders`

use app::{
    App,
    alarms::{self, Upcoming},
};
use axum::{extract::State as Extract, response::Response};
use http::StatusCode;
use kernel::{Instant, ReminderId, ScheduleId, WallTime};
use serde::Serialize;
use utoipa::ToSchema;

use crate::http::{
    Caller, Path, Problem, Query, json,
    page::Part,
    reminders::{AlarmView, explained},
};

/// A page of a schedule's reminders.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ScheduleReminderPage {
    /// By due time.
    items: Vec<AlarmView>,
    /// Where the next page begins; null on the last one.
    next_cursor: Option<String>,
    /// Of a series, what its reminders will ring for after those that are pending: at most 100, by due time. It comes from
    /// the code that arms them.
    upcoming: Vec<UpcomingView>,
}

/// A reminder that is not armed yet.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct UpcomingView {
    /// By which of the schedule's reminders.
    #[schema(value_type = String)]
    reminder_id: ReminderId,
    /// Of which occurrence: its start in wall time.
    #[schema(value_type = String, example = "2026-11-20T09:30:00")]
    occurrence: WallTime,
    /// When the occurrence starts.
    #[schema(value_type = String, format = DateTime)]
    start_at: Instant,
    /// When it will be due.
    #[schema(value_type = String, format = DateTime)]
    due_at: Instant,
    /// Until when it will wait, if that is in quiet hours; null: it will ring then.
    #[schema(value_type = Option<String>, format = DateTime)]
    deferred_until: Option<Instant>,
}

/// The reminders of a schedule
///
/// Every planned and past one, the one due first before the others: when it is due, where it stands and why, when it rang and
/// how late.
#[utoipa::path(
    get, path = "/api/v1/schedules/{id}/reminders", tag = "reminders",
    params(("id" = String, Path, description = "The schedule's id"), Part),
    responses((status = 200, description = "A page", body = ScheduleReminderPage))
)]
pub(crate) async fn reminders(
    Extract(app): Extract<App>,
    caller: Caller,
    Path(id): Path<ScheduleId>,
    Query(part): Query<Part>,
) -> Result<Response, Problem> {
    let scope = format!("reminders of {id} of {}", caller.0.user);
    let (after, limit) = part.of(&scope)?;
    let (shown, upcoming) = alarms::of_schedule(&app, &caller.0, id, after, limit).await?;
    let next_cursor = shown.page.next.map(|next| next.encode(&scope));
    let items = explained(&shown);
    let view = |(reminder_id, link, deferred_until): Upcoming| UpcomingView {
        reminder_id,
        occurrence: link.nominal,
        start_at: link.start_at,
        due_at: link.due_at,
        deferred_until,
    };
    let upcoming = upcoming.into_iter().map(view).collect();
    Ok(json(StatusCode::OK, &ScheduleReminderPage { items, next_cursor, upcoming }))
}
