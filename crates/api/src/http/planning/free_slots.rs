//! `GET /api/v1/free-slots`

use app::{
    App, calendar,
    planning::{self, Asked, Within},
};
use axum::{extract::State as Extract, response::Response};
use http::StatusCode;
use kernel::{Length, Zone};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::http::{
    Caller, Problem, Query, json,
    page::{self, Moments},
    schedules::SlotView,
};

/// Which gaps.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Filter {
    /// From when on: an instant, or a date or wall time in the caller's zone.
    #[param(example = "2026-11-20")]
    from: String,
    /// Until when, written as `from`: at most 92 days later.
    #[param(example = "2026-11-27")]
    to: String,
    /// At least how long, ISO 8601.
    #[param(example = "PT45M")]
    duration: String,
    /// `waking` (the default): between `wake_at` and `sleep_at` of the profile; `day`: at any hour.
    #[param(inline)]
    within: Option<Hours>,
    /// Rows of the page, 50 unless given; who asks for more than 200 gets 200.
    #[param(minimum = 1)]
    limit: Option<i64>,
    /// Where to go on: `next_cursor` of the page before.
    cursor: Option<String>,
}

/// Of which hours.
#[derive(Clone, Copy, Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Hours {
    #[default]
    Waking,
    Day,
}

/// A page of gaps.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SlotPage {
    /// By start.
    items: Vec<SlotView>,
    /// Where the next page begins; null on the last one.
    next_cursor: Option<String>,
}

/// Find free time
///
/// The gaps of the half-open range `from..to` between what is busy, each as long as it is and at least `duration`.
#[utoipa::path(
    get, path = "/api/v1/free-slots", tag = "planning", params(Filter),
    responses((status = 200, description = "A page", body = SlotPage))
)]
pub(crate) async fn free_slots(
    Extract(app): Extract<App>,
    caller: Caller,
    Query(filter): Query<Filter>,
) -> Result<Response, Problem> {
    let limit = page::limit(filter.limit)?;
    let length: Length = filter.duration.parse().map_err(|error| page::invalid("/duration", format!("{error}")))?;
    let moments = Moments { from: Some(&filter.from), to: Some(&filter.to) };
    let zone = if moments.need_zone() { calendar::own_zone(&app, &caller.0).await? } else { Zone::utc() };
    let (from, to) = moments.resolve(&zone)?;
    let scope = format!("free slots of {}", caller.0.user);
    let after = page::cursor(&scope, filter.cursor.as_deref())?;
    let within = match filter.within.unwrap_or_default() {
        Hours::Waking => Within::Waking,
        Hours::Day => Within::Day,
    };
    let asked = Asked { from, to, length: length.duration(), within, after, limit };
    let page = planning::free_slots(&app, &caller.0, asked).await?;
    let next_cursor = page.next.map(|next| next.encode(&scope));
    Ok(json(StatusCode::OK, &SlotPage { items: page.items.iter().map(SlotView::from).collect(), next_cursor }))
}
