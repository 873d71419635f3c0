//! `GET /api/v1/calendar/export`

use app::{App, calendar::icalendar};
use axum::{extract::State as Extract, response::Response};
use http::{HeaderValue, header};

use super::text;
use crate::http::{Caller, Problem};

/// Export your calendar
///
/// All schedules that are not deleted, as iCalendar (RFC 5545), with their recurrence, their changed occurrences and their
/// reminders, and with whatever an import brought that Campanile has no word for. It is written while it is sent: an answer that
/// does not end with `END:VCALENDAR` is not complete.
#[utoipa::path(
    get, path = "/api/v1/calendar/export", tag = "calendar",
    responses((status = 200, description = "The calendar", body = String, content_type = "text/calendar"))
)]
pub(crate) async fn export(Extract(app): Extract<App>, caller: Caller) -> Result<Response, Problem> {
    let mut response = text::calendar(icalendar::export(&app, &caller.0).await?);
    let name = HeaderValue::from_static("attachment; filename=\"calendar.ics\"");
    response.headers_mut().insert(header::CONTENT_DISPOSITION, name);
    Ok(response)
}
