//! `DELETE /api/v1/rooms/{id}`

use app::{App, rooms};
use axum::extract::State as Extract;
use http::StatusCode;
use kernel::RoomId;

use crate::http::{Caller, Path, Problem};

/// Delete a room
///
/// For its owners: for everybody in it, and for good. What happened in it is forgotten within the hour.
#[utoipa::path(
    delete, path = "/api/v1/rooms/{id}", tag = "rooms", params(("id" = String, Path, description = "Its id")),
    responses((status = 204, description = "Gone"))
)]
pub(crate) async fn delete_room(
    Extract(app): Extract<App>,
    caller: Caller,
    Path(id): Path<RoomId>,
) -> Result<StatusCode, Problem> {
    rooms::delete(&app, &caller.0, id).await?;
    Ok(StatusCode::NO_CONTENT)
}
