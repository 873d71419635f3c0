//! `GET /api/v1/rooms`

use app::{App, rooms};
use axum::{extract::State as Extract, response::Response};
use http::StatusCode;
use serde::Serialize;
use utoipa::ToSchema;

use super::view::RoomView;
use crate::http::{Caller, Problem, Query, json, page::Part};

/// A page of rooms.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct RoomPage {
    /// The one you joined last first.
    items: Vec<RoomView>,
    /// Where the next page begins; null on the last one.
    next_cursor: Option<String>,
}

/// List the rooms you are in
#[utoipa::path(
    get, path = "/api/v1/rooms", tag = "rooms", params(Part),
    responses((status = 200, description = "A page", body = RoomPage))
)]
pub(crate) async fn list_rooms(
    Extract(app): Extract<App>,
    caller: Caller,
    Query(part): Query<Part>,
) -> Result<Response, Problem> {
    let scope = format!("rooms of {}", caller.0.user);
    let (before, limit) = part.of(&scope)?;
    let page = rooms::list(&app, &caller.0, before, limit).await?;
    let next_cursor = page.next.map(|next| next.encode(&scope));
    Ok(json(StatusCode::OK, &RoomPage { items: page.items.iter().map(RoomView::from).collect(), next_cursor }))
}
