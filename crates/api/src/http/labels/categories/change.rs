//! `PATCH /api/v1/categories/{id}`

use std::sync::Arc;

use app::{App, calendar::labels, domain::calendar::labels::CategoryChange};
use axum::{extract::State as Extract, response::Response};
use kernel::CategoryId;
use serde::Deserialize;
use utoipa::ToSchema;

use super::{
    super::refused,
    view::{CategoryView, shown},
};
use crate::http::{Caller, IfMatch, Nullable, Path, Problem, Write, answer};

/// What shall change; what is not given stays.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = CategoryChange)]
pub(crate) struct Change {
    /// One visible line.
    name: Option<String>,
    /// Below which it lies; null: at the top. What lies below it moves along.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    parent_id: Nullable<CategoryId>,
    /// `#` and six hexadecimal digits; null: none.
    #[serde(default)]
    #[schema(value_type = Option<String>, example = "#1e90ff")]
    colour: Nullable<String>,
    /// Where it stands among its siblings.
    #[schema(minimum = 0, maximum = 1_000_000)]
    position: Option<i64>,
}

/// Change a category
///
/// Needs `If-Match` with the ETag of the version that was changed, or `*`.
#[utoipa::path(
    patch, path = "/api/v1/categories/{id}", tag = "labels", request_body = Change,
    params(("id" = String, Path, description = "Its id"), ("if-match" = Option<String>, Header, description = "ETag, or *")),
    responses(
        (status = 200, description = "As it is now", body = CategoryView, headers(("etag" = String))),
        (status = 409, description = "`category.name_taken`: a sibling has the name, `taken_by` is its id"),
        (status = 412, description = "`category.version_mismatch`: somebody else changed it"),
        (status = 422, description = "`category.cycle`: it would lie below itself, `cycle` names the way; `category.too_deep`; `category.invalid`"),
        (status = 428, description = "`category.version_required`: send If-Match"),
    )
)]
pub(crate) async fn change_category(
    Extract(app): Extract<App>,
    caller: Caller,
    Path(id): Path<CategoryId>,
    if_match: IfMatch,
    request: Write<Change>,
) -> Result<Response, Problem> {
    let Change { name, parent_id, colour, position } = request.body;
    let change = CategoryChange { name, parent: parent_id.into(), colour: colour.into(), position };
    let target = (id, if_match.into());
    let answered = labels::change_category(&app, &caller.0, target, change, request.once, Arc::new(shown)).await;
    Ok(answer(answered.map_err(refused)?))
}
