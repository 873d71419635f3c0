//! `POST /api/v1/categories`

use std::sync::Arc;

use app::{
    App,
    calendar::labels::{self, Placed},
    domain::calendar::labels::CategoryDraft,
};
use axum::{extract::State as Extract, response::Response};
use kernel::CategoryId;
use serde::Deserialize;
use utoipa::ToSchema;

use super::{super::refused, view::CategoryView};
use crate::http::{Caller, Problem, Write, answer, created, etag};

/// A category that is asked for.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewCategory {
    /// One visible line, at most 50 characters, unlike those of its siblings in any case.
    #[schema(example = "Work")]
    name: String,
    /// Below which it lies; at the top unless given. At most 8 lie above one another.
    #[schema(value_type = Option<String>)]
    parent_id: Option<CategoryId>,
    /// `#` and six hexadecimal digits.
    #[schema(example = "#1e90ff")]
    colour: Option<String>,
    /// Where it stands among its siblings: lowest first, equals by name. 0 unless given.
    #[serde(default)]
    #[schema(minimum = 0, maximum = 1_000_000)]
    position: i64,
}

/// Make a category
///
/// A person has at most 500.
#[utoipa::path(
    post, path = "/api/v1/categories", tag = "labels", request_body = NewCategory,
    responses(
        (status = 201, description = "Made", body = CategoryView, headers(("location" = String), ("etag" = String))),
        (status = 409, description = "`category.name_taken`: a sibling has the name, `taken_by` is its id; `category.too_many`: there are 500"),
    )
)]
pub(crate) async fn create_category(
    Extract(app): Extract<App>,
    caller: Caller,
    request: Write<NewCategory>,
) -> Result<Response, Problem> {
    let NewCategory { name, parent_id, colour, position } = request.body;
    let draft = CategoryDraft { name, parent: parent_id, colour, position };
    let render = Arc::new(|placed: &Placed| {
        let location = format!("/api/v1/categories/{}", placed.category.id);
        created(&location, &etag(placed.category.version), &CategoryView::from(placed))
    });
    Ok(answer(labels::create_category(&app, &caller.0, draft, request.once, render).await.map_err(refused)?))
}
