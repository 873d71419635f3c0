//! `POST /api/v1/rooms`

use std::sync::Arc;

use app::{
    App,
    rooms::{self, Entered},
};
use axum::{extract::State as Extract, response::Response};
use serde::Deserialize;
use utoipa::ToSchema;

use super::view::RoomView;
use crate::http::{Caller, Problem, Write, answer, created, etag};

/// A room that is asked for.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewRoom {
    /// One visible line, at most 80 characters.
    #[schema(min_length = 1, max_length = 80, example = "Choir")]
    name: String,
}

/// Make a room
///
/// You are its owner. Others come in by invitations.
#[utoipa::path(
    post, path = "/api/v1/rooms", tag = "rooms", request_body = NewRoom,
    responses(
        (status = 201, description = "Made", body = RoomView, headers(("location" = String), ("etag" = String))),
        (status = 409, description = "`room.too_many`: you are in as many rooms as one may be"),
    )
)]
pub(crate) async fn create_room(
    Extract(app): Extract<App>,
    caller: Caller,
    request: Write<NewRoom>,
) -> Result<Response, Problem> {
    let render = Arc::new(|entered: &Entered| {
        let location = format!("/api/v1/rooms/{}", entered.room.id);
        created(&location, &etag(entered.room.version), &RoomView::from(entered))
    });
    Ok(answer(rooms::create(&app, &caller.0, request.body.name, request.once, render).await?))
}
