//! `DELETE /api/v1/tags/{id}`

use app::{App, calendar::labels};
use axum::extract::State as Extract;
use http::StatusCode;
use kernel::TagId;

use crate::http::{Caller, IfMatch, Path, Problem};

/// Delete a tag
///
/// For good. Tasks and schedules that had it lose it, each in a new version.
#[utoipa::path(
    delete, path = "/api/v1/tags/{id}", tag = "labels",
    params(("id" = String, Path, description = "Its id"), ("if-match" = Option<String>, Header, description = "ETag, or *")),
    responses(
        (status = 204, description = "Gone"),
        (status = 412, description = "`tag.version_mismatch`: somebody else changed it"),
    )
)]
pub(crate) async fn delete_tag(
    Extract(app): Extract<App>,
    caller: Caller,
    Path(id): Path<TagId>,
    if_match: IfMatch,
) -> Result<StatusCode, Problem> {
    labels::delete_tag(&app, &caller.0, id, if_match.into()).await?;
    Ok(StatusCode::NO_CONTENT)
}
