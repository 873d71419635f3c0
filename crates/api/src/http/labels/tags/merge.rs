//! `POST /api/v1/tags/{id}/merge`

use std::sync::Arc;

use app::{App, calendar::labels};
use axum::{extract::State as Extract, response::Response};
use kernel::TagId;
use serde::Deserialize;
use utoipa::ToSchema;

use super::view::{TagView, shown};
use crate::http::{Caller, Path, Problem, Write, answer};

/// With which.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = TagMerge)]
pub(crate) struct Merge {
    /// The tag that stays.
    #[schema(value_type = String, example = "tag_01jd2n9w3fkz8q4v6x0c5b7m1t")]
    into: TagId,
}

/// Merge a tag into another
///
/// What has this tag has the other one from then on, and this one is gone; both in one transaction. Answers the one that stays.
#[utoipa::path(
    post, path = "/api/v1/tags/{id}/merge", tag = "labels", request_body = Merge,
    params(("id" = String, Path, description = "Of the tag that goes")),
    responses((status = 200, description = "The tag that stays", body = TagView, headers(("etag" = String))))
)]
pub(crate) async fn merge_tags(
    Extract(app): Extract<App>,
    caller: Caller,
    Path(id): Path<TagId>,
    request: Write<Merge>,
) -> Result<Response, Problem> {
    let tags = (id, request.body.into);
    Ok(answer(labels::merge_tags(&app, &caller.0, tags, request.once, Arc::new(shown)).await?))
}
