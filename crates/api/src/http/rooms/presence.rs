//! Who is in a room at the moment: `GET /api/v1/rooms/{id}/presence`, `POST /api/v1/rooms/{id}/presence/heartbeat`

use app::{
    App,
    rooms::{self, Company, Present},
};
use axum::{extract::State as Extract, response::Response};
use http::StatusCode;
use kernel::{Instant, RoomId, UserId};
use serde::Serialize;
use utoipa::ToSchema;

use crate::http::{Caller, NoBody, Path, Problem, Write, json};

/// Who is in a room at the moment
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = RoomPresence)]
pub(crate) struct CompanyView {
    /// They; at most 1,000.
    members: Vec<PresentView>,
    /// How many they are.
    count: usize,
    /// Grows with every change: a `presence.update` of this version or a lower one says nothing new.
    version: i64,
}

/// Somebody who is in a room at the moment
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = RoomPresent)]
pub(crate) struct PresentView {
    /// Who.
    #[schema(value_type = String, example = "usr_01jd2n9w3fkz8q4v6x0c5b7m1t")]
    user_id: UserId,
    /// What they are called.
    #[schema(example = "Ada")]
    name: String,
    /// When they were seen last: with an open stream, now.
    #[schema(value_type = String, format = DateTime)]
    last_seen_at: Instant,
    /// Streams of theirs that follow the room, and clients that send heartbeats; 0 for the few seconds after the last one ended.
    connections: i64,
}

impl From<Present> for PresentView {
    fn from(Present { user, name, last_seen_at, connections }: Present) -> Self {
        Self { user_id: user, name, last_seen_at, connections }
    }
}

/// See who is in a room at the moment
///
/// Who follows its stream, on whichever connection, and whose client sent a heartbeat in the last 40 seconds. To keep up with it, open the
/// stream of the room first: it tells `presence.update` when somebody comes or goes.
#[utoipa::path(
    get, path = "/api/v1/rooms/{id}/presence", tag = "rooms",
    params(("id" = String, Path, description = "The room")),
    responses((status = 200, description = "Who is there", body = CompanyView))
)]
pub(crate) async fn read_presence(
    Extract(app): Extract<App>,
    caller: Caller,
    Path(id): Path<RoomId>,
) -> Result<Response, Problem> {
    let Company { members, count, version } = rooms::company(&app, &caller.0, id).await?;
    let members = members.into_iter().map(PresentView::from).collect();
    Ok(json(StatusCode::OK, &CompanyView { members, count, version }))
}

/// When to say so again
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = RoomHeartbeat)]
pub(crate) struct HeartbeatView {
    /// Send the next one after so many seconds, 12 to 18.
    #[schema(example = 15)]
    next_in_seconds: u32,
}

/// Say that you are in a room
///
/// For clients without a stream: who follows the room is there anyway. It counts for 40 seconds.
#[utoipa::path(
    post, path = "/api/v1/rooms/{id}/presence/heartbeat", tag = "rooms",
    params(("id" = String, Path, description = "The room")),
    responses((status = 200, description = "You are there", body = HeartbeatView))
)]
pub(crate) async fn beat(
    Extract(app): Extract<App>,
    caller: Caller,
    Path(id): Path<RoomId>,
    _request: Write<NoBody>,
) -> Result<Response, Problem> {
    let next_in_seconds = rooms::beat(&app, &caller.0, id).await?;
    Ok(json(StatusCode::OK, &HeartbeatView { next_in_seconds }))
}
