//! How far one has read: `PUT /api/v1/rooms/{id}/read`, `GET /api/v1/rooms/unread`

use app::{
    App,
    domain::rooms::RoomError,
    rooms::{self, Marked},
};
use axum::{extract::State as Extract, response::Response};
use http::StatusCode;
use kernel::{FieldError, Position, RoomId};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::http::{Caller, Json, Path, Problem, json};

/// How far.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ReadMark {
    /// The position of the last event you have seen, as its `id`.
    #[schema(example = "1-42")]
    up_to: String,
}

/// How far you have read a room
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = RoomRead)]
pub(crate) struct MarkedView {
    /// The room.
    #[schema(value_type = String, example = "rom_01jd2n9w3fkz8q4v6x0c5b7m1t")]
    room_id: RoomId,
    /// Up to where: further on than you said, if it was already.
    #[schema(example = "1-42")]
    up_to: String,
    /// How many events come after it.
    unread: i64,
    /// Grows with every mark of yours: of two answers, keep the one with the higher version.
    version: i64,
}

impl From<Marked> for MarkedView {
    fn from(Marked { room, up_to, unread, version }: Marked) -> Self {
        Self { room_id: room, up_to: up_to.to_string(), unread, version }
    }
}

/// Say how far you have read
///
/// It never goes back: an older position changes nothing, and the same again neither. Your other devices hear of it on your own stream
/// (`room.read`).
#[utoipa::path(
    put, path = "/api/v1/rooms/{id}/read", tag = "rooms", request_body = ReadMark,
    params(("id" = String, Path, description = "The room")),
    responses((status = 200, description = "How far you have read", body = MarkedView))
)]
pub(crate) async fn mark_room(
    Extract(app): Extract<App>,
    caller: Caller,
    Path(id): Path<RoomId>,
    Json(mark): Json<ReadMark>,
) -> Result<Response, Problem> {
    let wrong = || Problem::of(RoomError::Invalid(vec![FieldError::new("/up_to", "write the id of an event, such as 1-42")]));
    let up_to: Position = mark.up_to.parse().map_err(|_| wrong())?;
    let marked = rooms::mark(&app, &caller.0, id, up_to).await?;
    Ok(json(StatusCode::OK, &MarkedView::from(marked)))
}

/// What you have not read
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = RoomsUnread)]
pub(crate) struct UnreadRoomsView {
    /// Events in all your rooms together.
    total: i64,
    /// Grows with every mark of yours.
    version: i64,
    /// The rooms in which there is something.
    rooms: Vec<UnreadRoomView>,
}

/// What you have not read of a room
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = RoomUnread)]
pub(crate) struct UnreadRoomView {
    /// The room.
    #[schema(value_type = String, example = "rom_01jd2n9w3fkz8q4v6x0c5b7m1t")]
    room_id: RoomId,
    /// Events.
    unread: i64,
}

/// Count what you have not read in your rooms
#[utoipa::path(
    get, path = "/api/v1/rooms/unread", tag = "rooms",
    responses((status = 200, description = "The counts", body = UnreadRoomsView))
)]
pub(crate) async fn count_unread(Extract(app): Extract<App>, caller: Caller) -> Result<Response, Problem> {
    let unread = rooms::unread(&app, &caller.0).await?;
    let rooms = unread.rooms.iter().map(|(room_id, unread)| UnreadRoomView { room_id: *room_id, unread: *unread }).collect();
    Ok(json(StatusCode::OK, &UnreadRoomsView { total: unread.total, version: unread.version, rooms }))
}
