//! `PATCH /api/v1/rooms/{id}`

use std::sync::Arc;

use app::{App, rooms};
use axum::{extract::State as Extract, response::Response};
use kernel::RoomId;
use serde::Deserialize;
use utoipa::ToSchema;

use super::view::{RoomView, shown};
use crate::http::{Caller, IfMatch, Path, Problem, Write, answer};

/// What shall change; what is not given stays.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RoomChange {
    /// One visible line, at most 80 characters.
    #[schema(min_length = 1, max_length = 80)]
    name: Option<String>,
}

/// Rename a room
///
/// For its owners. Needs `If-Match` with the ETag of the version that was changed, or `*`.
#[utoipa::path(
    patch, path = "/api/v1/rooms/{id}", tag = "rooms", request_body = RoomChange,
    params(("id" = String, Path, description = "Its id"), ("if-match" = Option<String>, Header, description = "ETag, or *")),
    responses(
        (status = 200, description = "As it is now", body = RoomView, headers(("etag" = String))),
        (status = 412, description = "`room.version_mismatch`: somebody else changed it"),
        (status = 428, description = "`room.version_required`: send If-Match"),
    )
)]
pub(crate) async fn rename_room(
    Extract(app): Extract<App>,
    caller: Caller,
    Path(id): Path<RoomId>,
    if_match: IfMatch,
    request: Write<RoomChange>,
) -> Result<Response, Problem> {
    let target = (id, if_match.into());
    Ok(answer(rooms::rename(&app, &caller.0, target, request.body.name, request.once, Arc::new(shown)).await?))
}
