//! `GET /api/v1/me/stream`

use app::{App, notify};
use axum::{extract::State as Extract, response::Response};
use http::HeaderMap;
use serde::Deserialize;
use utoipa::IntoParams;

use super::{last_seen::last_seen, sse};
use crate::http::{Caller, Problem, Query};

/// Where to begin, and a ticket in place of the header.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Opening {
    /// Begin after this position, for clients that cannot set `Last-Event-ID`. The header counts if both are there.
    #[param(example = "1-42")]
    pub(super) since: Option<String>,
    /// The guard of the route has redeemed it.
    #[param(ignore)]
    #[serde(rename = "ticket")]
    _ticket: Option<String>,
}

/// Follow the own events
///
/// Server-sent events: `notification.created`, `notification.read`, `notification.deleted`, `unread.changed`, `schedule.changed`,
/// `progress.changed`, `reminder.changed` and whatever else happens to the caller, in order, each with its position as `id`.
/// Whoever comes back with the last `id` it saw misses nothing. Without one, the stream begins now, and a first event `ready`
/// tells the position. A service key is told what its scopes let it read; `withheld` stands in the place of anything else, under its
/// `id`, with nothing of it but the time. An event `gap` says that something is missing (`reason`) and that the stream goes on after `head`: load
/// what you show anew. A comment comes every 15 seconds. Before the server ends a stream it sends `retry`, and an event `close`
/// with the reason.
#[utoipa::path(
    get, path = "/api/v1/me/stream", tag = "notifications",
    params(
        Opening,
        ("last-event-id" = Option<String>, Header, description = "Begin after this position, as seen in `id`"),
    ),
    responses(
        (status = 200, description = "Events, until one side ends it", body = String, content_type = "text/event-stream"),
        (status = 429, description = "`stream.too_many_of_user`: one account may hold 20 streams"),
        (status = 503, description = "`stream.too_many` or `stream.draining`: another node, or a moment later, will do"),
    )
)]
pub(crate) async fn me(
    Extract(app): Extract<App>,
    caller: Caller,
    headers: HeaderMap,
    Query(opening): Query<Opening>,
) -> Result<Response, Problem> {
    let since = last_seen(&headers, opening.since.as_deref()).since();
    Ok(sse::response(notify::attach(&app, &caller.0, since)?))
}
