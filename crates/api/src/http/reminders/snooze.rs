//! `POST /api/v1/reminders/{id}/snooze`

use std::sync::Arc;

use app::{
    App, alarms,
    domain::alarms::{AlarmError, Until},
};
use axum::{extract::State as Extract, response::Response};
use kernel::{AlarmId, Instant, Length};
use serde::Deserialize;
use utoipa::ToSchema;

use super::{AlarmView, view::shown};
use crate::http::{Caller, Path, Problem, Write, answer};

/// Until when to be left alone: either `until` or `for`.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Snooze {
    /// An instant in the future.
    #[schema(value_type = Option<String>, format = DateTime)]
    until: Option<Instant>,
    /// ISO 8601, from now.
    #[schema(value_type = Option<String>, example = "PT10M")]
    r#for: Option<Length>,
}

/// Snooze a reminder
///
/// A pending one is moved, one that rang rings again. The answer is the reminder that will ring; it has an id of its own.
#[utoipa::path(
    post, path = "/api/v1/reminders/{id}/snooze", tag = "reminders", request_body = Snooze,
    params(("id" = String, Path, description = "Its id")),
    responses(
        (status = 200, description = "The reminder that will ring", body = AlarmView),
        (status = 409, description = "`reminder.not_active`: it was superseded, cancelled or skipped"),
    )
)]
pub(crate) async fn snooze(
    Extract(app): Extract<App>,
    caller: Caller,
    Path(id): Path<AlarmId>,
    request: Write<Snooze>,
) -> Result<Response, Problem> {
    let until = match request.body {
        Snooze { until: Some(instant), r#for: None } => Until::Instant(instant),
        Snooze { until: None, r#for: Some(length) } => Until::For(length.duration()),
        _ => return Err(Problem::of(AlarmError::field("", "give either until or for"))),
    };
    Ok(answer(alarms::snooze(&app, &caller.0, (id, until), request.once, Arc::new(shown)).await?))
}
