//! `GET /api/v1/rooms/{id}/stream`

use app::{App, rooms};
use axum::{extract::State as Extract, response::Response};
use http::HeaderMap;
use kernel::RoomId;

use super::{last_seen::last_seen, me::Opening, sse};
use crate::http::{Caller, Path, Problem, Query};

/// Follow a room
///
/// Server-sent events, as of `/api/v1/me/stream`: whatever happens in the room, in order, each with its position as `id`. Whoever comes back
/// with the last `id` it saw misses nothing. The stream ends (`close`) when you are in the room no longer.
#[utoipa::path(
    get, path = "/api/v1/rooms/{id}/stream", tag = "rooms",
    params(
        ("id" = String, Path, description = "The room"),
        Opening,
        ("last-event-id" = Option<String>, Header, description = "Begin after this position, as seen in `id`"),
    ),
    responses(
        (status = 200, description = "Events, until one side ends it", body = String, content_type = "text/event-stream"),
        (status = 429, description = "`stream.too_many_of_user`, `stream.too_many_of_stream` or `stream.too_many_of_address`"),
        (status = 503, description = "`stream.too_many` or `stream.draining`: another node, or a moment later, will do"),
    )
)]
pub(crate) async fn room(
    Extract(app): Extract<App>,
    caller: Caller,
    Path(id): Path<RoomId>,
    headers: HeaderMap,
    Query(opening): Query<Opening>,
) -> Result<Response, Problem> {
    let since = last_seen(&headers, opening.since.as_deref()).since();
    Ok(sse::response(rooms::attach(&app, &caller.0, id, since).await?))
}
