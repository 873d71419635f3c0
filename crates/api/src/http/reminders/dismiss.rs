//! `POST /api/v1/reminders/{id}/dismiss`

use std::sync::Arc;

use app::{App, alarms};
use axum::{extract::State as Extract, response::Response};
use kernel::AlarmId;

use super::{AlarmView, view::shown};
use crate::http::{Caller, NoBody, Path, Problem, Write, answer};

/// Dismiss a reminder
///
/// A pending one will not ring, one that rang is closed, and a snooze of it that still waits is cancelled. Again changes nothing.
#[utoipa::path(
    post, path = "/api/v1/reminders/{id}/dismiss", tag = "reminders", params(("id" = String, Path, description = "Its id")),
    responses(
        (status = 200, description = "As it is now", body = AlarmView),
        (status = 409, description = "`reminder.not_active`: it was superseded, cancelled or skipped"),
    )
)]
pub(crate) async fn dismiss(
    Extract(app): Extract<App>,
    caller: Caller,
    Path(id): Path<AlarmId>,
    request: Write<NoBody>,
) -> Result<Response, Problem> {
    Ok(answer(alarms::dismiss(&app, &caller.0, id, request.once, Arc::new(shown)).await?))
}
