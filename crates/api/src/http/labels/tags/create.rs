//! `POST /api/v1/tags`

use std::sync::Arc;

use app::{
    App,
    calendar::labels::{self, Counted},
    domain::calendar::labels::TagDraft,
};
use axum::{extract::State as Extract, response::Response};
use serde::Deserialize;
use utoipa::ToSchema;

use super::{super::refused, view::TagView};
use crate::http::{Caller, Problem, Write, answer, created, etag};

/// A tag that is asked for.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewTag {
    /// One visible line, at most 50 characters, unlike those of your other tags in any case.
    #[schema(example = "deep work")]
    name: String,
    /// `#` and six hexadecimal digits.
    #[schema(example = "#1e90ff")]
    colour: Option<String>,
}

/// Make a tag
///
/// Not needed before it is used: a schedule that names a tag makes it. A person has at most 500.
#[utoipa::path(
    post, path = "/api/v1/tags", tag = "labels", request_body = NewTag,
    responses(
        (status = 201, description = "Made", body = TagView, headers(("location" = String), ("etag" = String))),
        (status = 409, description = "`tag.name_taken`: there is one of this name, `taken_by` is its id; `tag.too_many`: there are 500"),
    )
)]
pub(crate) async fn create_tag(Extract(app): Extract<App>, caller: Caller, request: Write<NewTag>) -> Result<Response, Problem> {
    let NewTag { name, colour } = request.body;
    let render = Arc::new(|tag: &Counted| {
        let location = format!("/api/v1/tags/{}", tag.0.id);
        created(&location, &etag(tag.0.version), &TagView::from(tag))
    });
    let made = labels::create_tag(&app, &caller.0, TagDraft { name, colour }, request.once, render).await;
    Ok(answer(made.map_err(refused)?))
}
