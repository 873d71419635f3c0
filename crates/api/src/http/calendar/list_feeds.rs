//! `GET /api/v1/calendar/feeds`

use app::{App, calendar::icalendar};
use axum::{extract::State as Extract, response::Response};
use http::StatusCode;
use serde::Serialize;
use utoipa::ToSchema;

use super::view::FeedView;
use crate::http::{Caller, Problem, json};

/// All feeds.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct FeedList {
    /// Oldest first.
    items: Vec<FeedView>,
    /// Always null: there are at most 10, and all of them are here.
    next_cursor: Option<String>,
}

/// List the feeds of your calendar
#[utoipa::path(
    get, path = "/api/v1/calendar/feeds", tag = "calendar",
    responses((status = 200, description = "All of them, at most 10", body = FeedList))
)]
pub(crate) async fn list_feeds(Extract(app): Extract<App>, caller: Caller) -> Result<Response, Problem> {
    let feeds = icalendar::feeds(&app, &caller.0).await?;
    let items = feeds.iter().map(FeedView::from).collect();
    Ok(json(StatusCode::OK, &FeedList { items, next_cursor: None }))
}
