//! `GET /api/v1/rooms/{id}`

use app::{App, rooms};
use axum::{
    extract::State as Extract,
    response::{IntoResponse as _, Response},
};
use http::{StatusCode, header};
use kernel::RoomId;

use super::view::RoomView;
use crate::http::{Caller, Path, Problem, etag, json};

/// Read a room
#[utoipa::path(
    get, path = "/api/v1/rooms/{id}", tag = "rooms", params(("id" = String, Path, description = "Its id")),
    responses((status = 200, description = "As it is now", body = RoomView, headers(("etag" = String))))
)]
pub(crate) async fn get_room(Extract(app): Extract<App>, caller: Caller, Path(id): Path<RoomId>) -> Result<Response, Problem> {
    let entered = rooms::get(&app, &caller.0, id).await?;
    let tag = [(header::ETAG, etag(entered.room.version))];
    Ok((tag, json(StatusCode::OK, &RoomView::from(&entered))).into_response())
}
