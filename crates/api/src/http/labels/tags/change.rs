//! `PATCH /api/v1/tags/{id}`

use std::sync::Arc;

use app::{App, calendar::labels, domain::calendar::labels::TagChange};
use axum::{extract::State as Extract, response::Response};
use kernel::TagId;
use serde::Deserialize;
use utoipa::ToSchema;

use super::{
    super::refused,
    view::{TagView, shown},
};
use crate::http::{Caller, IfMatch, Nullable, Path, Problem, Write, answer};

/// What shall change; what is not given stays.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = TagChange)]
pub(crate) struct Change {
    /// One visible line.
    name: Option<String>,
    /// `#` and six hexadecimal digits; null: none.
    #[serde(default)]
    #[schema(value_type = Option<String>, example = "#1e90ff")]
    colour: Nullable<String>,
}

/// Change a tag
///
/// Needs `If-Match` with the ETag of the version that was changed, or `*`. What has it shows the new name, each in a
/// new version. A name that another tag has is refused: merge the two.
#[utoipa::path(
    patch, path = "/api/v1/tags/{id}", tag = "labels", request_body = Change,
    params(("id" = String, Path, description = "Its id"), ("if-match" = Option<String>, Header, description = "ETag, or *")),
    responses(
        (status = 200, description = "As it is now", body = TagView, headers(("etag" = String))),
        (status = 409, description = "`tag.name_taken`: another has the name, `taken_by` is its id"),
        (status = 412, description = "`tag.version_mismatch`: somebody else changed it"),
        (status = 428, description = "`tag.version_required`: send If-Match"),
    )
)]
pub(crate) async fn change_tag(
    Extract(app): Extract<App>,
    caller: Caller,
    Path(id): Path<TagId>,
    if_match: IfMatch,
    request: Write<Change>,
) -> Result<Response, Problem> {
    let Change { name, colour } = request.body;
    let change = TagChange { name, colour: colour.into() };
    let target = (id, if_match.into());
    let answered = labels::change_tag(&app, &caller.0, target, change, request.once, Arc::new(shown)).await;
    Ok(answer(answered.map_err(refused)?))
}
