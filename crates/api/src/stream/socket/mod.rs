//! `GET /api/v1/socket`: the same streams over a WebSocket (RFC 6455).
//!
//! ```text
//!   message ──► message: read strictly ──► talk ──► subscribe, unsubscribe ──► Live ──► words ──► all that waits, in one write
//!                      └─ unreadable: close 1007, 1008, 1009              pings, silence, drain: close with a resume point
//! ```

mod message;
mod talk;
mod words;

use std::sync::Arc;

use app::{App, notify};
use axum::{
    extract::{
        FromRequestParts, State as Extract,
        ws::{WebSocketUpgrade, rejection::WebSocketUpgradeRejection},
    },
    response::{IntoResponse, Response},
};
use http::{HeaderMap, HeaderValue, StatusCode, Uri, Version, header, request::Parts};
use serde::Deserialize;
use utoipa::IntoParams;

use crate::{
    http::{Caller, Listener, Problem, Query, State, admits_origin},
    serve::Tether,
};

/// The largest message a client may send, in bytes; fragments count together.
const MAX_MESSAGE_BYTES: usize = 64 * 1024;
/// What is read at a time. Messages of clients are small, and each connection has a buffer of this size.
const READ_BYTES: usize = 4 * 1024;
/// What is collected before it is written, should more wait than that.
const WRITE_BYTES: usize = 32 * 1024;
/// The name of what is spoken here, for clients that ask for one.
const PROTOCOL: &str = "campanile.v1";

/// A ticket in place of the header.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Opening {
    /// The guard of the route has redeemed it.
    #[param(ignore)]
    #[serde(rename = "ticket")]
    _ticket: Option<String>,
}

/// Talk over a WebSocket
///
/// The same streams as `/api/v1/stream`, subscribed and left while the connection is open. Messages are JSON texts of 64 KiB at most:
/// `{"op":"subscribe","stream":"me","since":"1-42"}`, `{"op":"unsubscribe","stream":"me"}`, `{"op":"ping"}`. What comes back has the names and
/// the data of the server-sent events: `{"event":"notification.created","stream":"me","id":"1-43","data":{…}}`. The manual (Streams) lists
/// the messages and the close codes, and says after which of them to come back.
#[utoipa::path(
    get, path = "/api/v1/socket", tag = "notifications",
    params(Opening),
    responses(
        (status = 101, description = "From here on it is a WebSocket"),
        (status = 422, description = "`query.invalid`: the query holds something else than a `ticket`"),
        (status = 426, description = "`socket.upgrade_required`: this is no opening handshake of a WebSocket, version 13, over HTTP/1.1"),
        (status = 429, description = "`stream.too_many_of_user`: one account may hold 20 connections"),
        (status = 503, description = "`stream.too_many` or `stream.draining`: another node, or a moment later, will do"),
    )
)]
pub(crate) async fn socket(
    Extract(state): Extract<State>,
    caller: Caller,
    uri: Uri,
    headers: HeaderMap,
    Query(_opening): Query<Opening>,
    upgrade: Upgrade,
) -> Result<Response, Problem> {
    // A browser lets any page open a socket to anywhere, and asks nobody: whether this page may is said here.
    admits_origin(&state.settings, &headers, &uri)?;
    let Upgrade { handshake, tether, listening } = upgrade;
    let app: App = state.app.clone();
    let live = notify::connect(&app, &caller.0)?;
    let handshake = handshake
        .protocols([PROTOCOL])
        .max_message_size(MAX_MESSAGE_BYTES)
        .max_frame_size(MAX_MESSAGE_BYTES)
        .read_buffer_size(READ_BYTES)
        .write_buffer_size(WRITE_BYTES);
    Ok(handshake.on_upgrade(move |socket| async move {
        // The answer ends here; what it counts as among the streams of its address does not.
        let _listening = listening;
        let talk = talk::Talk::new(socket, app, caller.0, live);
        match tether {
            // Whatever it is doing: when the server has waited long enough, it is cut.
            Some(tether) => tokio::select! {
                () = talk.run() => {}
                () = tether.cut() => {}
            },
            None => talk.run().await,
        }
    }))
}

/// An opening handshake, and what keeps the connection counted once it is no HTTP any more.
pub(crate) struct Upgrade {
    handshake: WebSocketUpgrade,
    tether: Option<Tether>,
    listening: Option<Arc<Listener>>,
}

impl<S: Send + Sync> FromRequestParts<S> for Upgrade {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Response> {
        let (tether, listening) = (parts.extensions.get().cloned(), parts.extensions.get().cloned());
        match WebSocketUpgrade::from_request_parts(parts, state).await {
            Ok(handshake) => Ok(Self { handshake, tether, listening }),
            Err(rejection) => Err(required(&rejection, parts.version)),
        }
    }
}

/// RFC 9110, section 15.5.22, and RFC 6455, section 4.4.
fn required(rejection: &WebSocketUpgradeRejection, version: Version) -> Response {
    let detail = format!("this address speaks WebSocket only: {rejection}");
    let mut response = Problem::of_status(StatusCode::UPGRADE_REQUIRED, "socket.upgrade_required", detail).into_response();
    let headers = response.headers_mut();
    headers.insert(header::SEC_WEBSOCKET_VERSION, HeaderValue::from_static("13"));
    // In HTTP/2 these would be an error themselves.
    if version == Version::HTTP_11 {
        headers.insert(header::UPGRADE, HeaderValue::from_static("websocket"));
        headers.insert(header::CONNECTION, HeaderValue::from_static("upgrade"));
    }
    response
}
