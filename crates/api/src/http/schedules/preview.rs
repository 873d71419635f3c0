//! `POST /api/v1/schedules/preview`

use app::{
    App, calendar,
    domain::calendar::{CalendarError, Span},
};
use axum::{extract::State as Extract, response::Response};
use http::StatusCode;
use kernel::{FieldError, Instant, Resolution, WallTime, Zone};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{create::NewSchedule, recurrence::RecurrenceDraft};
use crate::http::{Caller, Json, Problem, json};

/// Occurrences shown unless more or fewer are asked for.
const SHOWN: u32 = 5;

/// Occurrences that may be asked for.
const MOST: u32 = 100;

/// Times that may be made a schedule, written as there.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PreviewRequest {
    /// When the first begins.
    #[schema(example = "2026-11-20T09:30:00")]
    start: String,
    /// When it ends.
    end: Option<String>,
    /// How long each takes, instead of `end`.
    #[schema(example = "PT30M")]
    duration: Option<String>,
    /// IANA zone; the caller's own unless given.
    #[schema(example = "Asia/Seoul")]
    time_zone: Option<String>,
    /// Whole days.
    #[serde(default)]
    all_day: bool,
    /// How it repeats; it happens once unless given.
    recurrence: Option<RecurrenceDraft>,
    /// How many occurrences are to be shown: 1 to 100, 5 unless given.
    #[schema(minimum = 1, maximum = 100)]
    limit: Option<u32>,
}

/// When it would take place.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PreviewView {
    /// The first of its occurrences, in order.
    occurrences: Vec<PreviewedView>,
    /// Whether there are more.
    has_more: bool,
}

/// An occurrence of what is not made yet.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PreviewedView {
    /// What it would be called within its series: the wall time the rule gives it; a date for whole days.
    #[schema(example = "2026-11-20T09:30:00")]
    recurrence_id: String,
    /// What the clock on the wall shows at the start; a date for whole days.
    #[schema(example = "2026-11-20T09:30:00")]
    start: String,
    /// What the clock on the wall shows at the end; a date for whole days.
    #[schema(example = "2026-11-20T10:00:00")]
    end: String,
    /// The instant of the start, derived.
    #[schema(value_type = String, format = DateTime, example = "2026-11-20T00:30:00Z")]
    start_at: Instant,
    /// The instant of the end, derived.
    #[schema(value_type = String, format = DateTime, example = "2026-11-20T01:00:00Z")]
    end_at: Instant,
    /// `gap`: the start is skipped by a change of clocks and is moved forward; `fold`: it comes twice, the first is meant.
    #[schema(value_type = String, example = "unique")]
    start_resolution: Resolution,
}

impl From<(WallTime, Span)> for PreviewedView {
    fn from((which, span): (WallTime, Span)) -> Self {
        let named = |wall: WallTime| wall.named(span.all_day);
        Self {
            recurrence_id: named(which),
            start: named(span.start),
            end: named(span.end),
            start_at: span.start_at.instant,
            end_at: span.end_at.instant,
            start_resolution: span.start_at.resolution,
        }
    }
}

/// See when a schedule would take place
///
/// Nothing is made: the first occurrences of what is asked for, worked out by the code that makes schedules, or what is wrong with it.
#[utoipa::path(
    post, path = "/api/v1/schedules/preview", tag = "schedules", request_body = PreviewRequest,
    responses((status = 200, description = "The first occurrences", body = PreviewView))
)]
pub(crate) async fn preview(
    Extract(app): Extract<App>,
    caller: Caller,
    Json(request): Json<PreviewRequest>,
) -> Result<Response, Problem> {
    let PreviewRequest { start, end, duration, time_zone, all_day, recurrence, limit } = request;
    let limit = limit.unwrap_or(SHOWN);
    if !(1..=MOST).contains(&limit) {
        let error = FieldError::new("/limit", format!("is from 1 to {MOST}"));
        return Err(app::Error::from(CalendarError::Invalid(vec![error])).into());
    }
    let own_zone = match &time_zone {
        Some(_) => Zone::utc(),
        None => calendar::own_zone(&app, &caller.0).await?,
    };
    let times = NewSchedule::once(String::new(), (start, end, duration), (time_zone, all_day), Some(Vec::new()), false);
    let draft = times.repeating(recurrence).draft(|| own_zone).map_err(app::Error::from)?;
    let (occurrences, has_more) = calendar::preview(&app, &draft, limit as usize)?;
    let occurrences = occurrences.into_iter().map(PreviewedView::from).collect();
    Ok(json(StatusCode::OK, &PreviewView { occurrences, has_more }))
}
