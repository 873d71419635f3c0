//! `GET` and `DELETE /api/v1/habits`

use app::{
    App,
    domain::planning::HOURS,
    planning::{self, Known},
};
use axum::{extract::State as Extract, response::Response};
use http::StatusCode;
use kernel::Instant;
use serde::Serialize;
use utoipa::ToSchema;

use crate::http::{Caller, Problem, json};

/// In which hours of the week somebody works.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct HabitsView {
    /// From when on work was counted: twelve weeks back, or when the habits were forgotten.
    #[schema(value_type = String, format = DateTime)]
    since: Instant,
    /// The caller's zone, which the hours are of.
    #[schema(example = "Asia/Seoul")]
    time_zone: String,
    /// Seconds worked in each hour of the week; the first is Monday from midnight to one.
    #[schema(min_items = 168, max_items = 168)]
    hours: Vec<u32>,
}

impl From<&Known> for HabitsView {
    fn from(known: &Known) -> Self {
        let seconds: &[u32; HOURS] = known.habits.seconds();
        Self { since: known.since, time_zone: known.zone.name().to_owned(), hours: seconds.to_vec() }
    }
}

/// Read your habits
///
/// What suggestions call your strong hours: learned from the sessions of work of the last twelve weeks, and from nothing else.
#[utoipa::path(
    get, path = "/api/v1/habits", tag = "planning",
    responses((status = 200, description = "Hour by hour", body = HabitsView))
)]
pub(crate) async fn habits(Extract(app): Extract<App>, caller: Caller) -> Result<Response, Problem> {
    Ok(json(StatusCode::OK, &HabitsView::from(&planning::habits(&app, &caller.0).await?)))
}

/// Forget your habits
///
/// Work before this moment says nothing of them any more. It stays in the statistics.
#[utoipa::path(delete, path = "/api/v1/habits", tag = "planning", responses((status = 204, description = "Forgotten")))]
pub(crate) async fn forget_habits(Extract(app): Extract<App>, caller: Caller) -> Result<StatusCode, Problem> {
    planning::forget_habits(&app, &caller.0).await?;
    Ok(StatusCode::NO_CONTENT)
}
