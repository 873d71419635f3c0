//! `GET /api/v1/categories`

use app::{App, calendar::labels};
use axum::{extract::State as Extract, response::Response};
use http::StatusCode;
use serde::Serialize;
use utoipa::ToSchema;

use super::view::CategoryView;
use crate::http::{Caller, Problem, json};

/// The whole tree.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CategoryList {
    /// From the top down, what lies below a category right behind it.
    items: Vec<CategoryView>,
    /// Always null: there are at most 500, and all of them are here.
    next_cursor: Option<String>,
}

/// List your categories
#[utoipa::path(
    get, path = "/api/v1/categories", tag = "labels",
    responses((status = 200, description = "The whole tree, at most 500", body = CategoryList))
)]
pub(crate) async fn list_categories(Extract(app): Extract<App>, caller: Caller) -> Result<Response, Problem> {
    let items = labels::categories(&app, &caller.0).await?.iter().map(CategoryView::from).collect();
    Ok(json(StatusCode::OK, &CategoryList { items, next_cursor: None }))
}
