//! `POST /api/v1/rooms/{id}/leave`

use std::sync::Arc;

use app::{App, Rendered, rooms};
use axum::{extract::State as Extract, response::Response};
use http::StatusCode;
use kernel::RoomId;

use crate::http::{Caller, NoBody, Path, Problem, Write, answer};

/// Leave a room
///
/// To come back takes an invitation. The last owner cannot leave: make somebody else one first, or delete the room.
#[utoipa::path(
    post, path = "/api/v1/rooms/{id}/leave", tag = "rooms", params(("id" = String, Path, description = "Its id")),
    responses(
        (status = 204, description = "You are not in it any more"),
        (status = 409, description = "`room.last_owner`"),
    )
)]
pub(crate) async fn leave_room(
    Extract(app): Extract<App>,
    caller: Caller,
    Path(id): Path<RoomId>,
    request: Write<NoBody>,
) -> Result<Response, Problem> {
    let left = |(): &()| Rendered { status: StatusCode::NO_CONTENT.as_u16(), headers: Vec::new(), body: Vec::new() };
    Ok(answer(rooms::leave(&app, &caller.0, id, request.once, Arc::new(left)).await?))
}
