//! `GET /api/v1/tags`

use app::{App, calendar::labels};
use axum::{extract::State as Extract, response::Response};
use http::StatusCode;
use serde::Serialize;
use utoipa::ToSchema;

use super::view::TagView;
use crate::http::{Caller, Problem, json};

/// All tags.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct TagList {
    /// By name.
    items: Vec<TagView>,
    /// Always null: there are at most 500, and all of them are here.
    next_cursor: Option<String>,
}

/// List your tags
#[utoipa::path(
    get, path = "/api/v1/tags", tag = "labels",
    responses((status = 200, description = "All of them, at most 500", body = TagList))
)]
pub(crate) async fn list_tags(Extract(app): Extract<App>, caller: Caller) -> Result<Response, Problem> {
    let items = labels::tags(&app, &caller.0).await?.iter().map(TagView::from).collect();
    Ok(json(StatusCode::OK, &TagList { items, next_cursor: None }))
}
