//! `POST /api/v1/notifications/publish`

use std::sync::Arc;

use app::{
    App,
    domain::rooms::Wanted,
    rooms::{self, Published},
};
use axum::{extract::State as Extract, response::Response};
use http::StatusCode;
use kernel::{EventId, RoomId};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use utoipa::ToSchema;

use crate::http::{Caller, Problem, Write, answer, rendered};

/// What shall be published. Give either `room_id` or `room_key`.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct WantedEvent {
    /// Into which room.
    #[schema(value_type = Option<String>, example = "rom_01jd2n9w3fkz8q4v6x0c5b7m1t")]
    room_id: Option<RoomId>,
    /// Or: what you, or your programs, call a room; 1 to 128 characters. If there is none of this name, it is made, and is yours.
    #[schema(min_length = 1, max_length = 128)]
    room_key: Option<String>,
    /// What happened: at most 100 characters, words of `a-z`, `0-9` and `_` with dots between them. The first words `room`, `member`,
    /// `presence`, `comment`, `reaction` and `schedule` are the product's own, and so is what a connection says of itself (`hello`, `subscribed`,
    /// `ready`, `gap`, `ended`, `refused`, `heartbeat`, `pong`, `close`) and `open` and `error` alone.
    #[schema(min_length = 1, max_length = 100, example = "order.paid")]
    r#type: String,
    /// An object, whatever is in it: at most 64 KiB without the space between its parts, at most 32 deep.
    #[schema(value_type = Object)]
    data: Box<RawValue>,
    /// For whom: of a service key only, at most 128 characters, no id of another person. Unless given, the user the credential belongs to.
    #[schema(min_length = 1, max_length = 128)]
    publisher_id: Option<String>,
    /// Your own name of this publication, at most 200 characters: the same again is the same event.
    #[schema(min_length = 1, max_length = 200)]
    dedupe_key: Option<String>,
}

/// What was published.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PublishedView {
    /// The event.
    #[schema(value_type = String, example = "evt_01jd2n9w3fkz8q4v6x0c5b7m1t")]
    event_id: EventId,
    /// In which room.
    #[schema(value_type = String, example = "rom_01jd2n9w3fkz8q4v6x0c5b7m1t")]
    room_id: RoomId,
    /// Whether it had been published before; nothing happened this time.
    duplicate: bool,
}

/// Publish into a room
///
/// For its members and owners. The answer comes when the event is on disk; everybody who follows the room is told. Publish again with
/// the same `dedupe_key` as often as you have no answer: as long as events are kept, it is answered with the same event, and something
/// else under the same key is refused.
#[utoipa::path(
    post, path = "/api/v1/notifications/publish", tag = "rooms", request_body = WantedEvent,
    responses(
        (status = 202, description = "Published", body = PublishedView),
        (status = 403, description = "`room.forbidden`: viewers do not publish"),
        (status = 404, description = "`room.not_found`"),
        (status = 413, description = "`room.event_too_large`"),
        (status = 409, description = "`room.too_many`: a `room_key` would make one more room than you may be in"),
        (status = 422, description = "`room.invalid`, or `room.dedupe_key_taken`: something else was published under this key"),
    )
)]
pub(crate) async fn publish(
    Extract(app): Extract<App>,
    caller: Caller,
    request: Write<WantedEvent>,
) -> Result<Response, Problem> {
    let WantedEvent { room_id, room_key, r#type, data, publisher_id, dedupe_key } = request.body;
    let data = Box::<str>::from(data).into_string();
    let wanted = Wanted { room_id, room_key, kind: r#type, data, publisher: publisher_id, dedupe_key };
    let shown = |published: &Published| {
        let Published { room, event, duplicate } = *published;
        rendered(StatusCode::ACCEPTED, None, None, &PublishedView { event_id: event, room_id: room, duplicate })
    };
    Ok(answer(rooms::publish(&app, &caller.0, wanted, request.once, Arc::new(shown)).await?))
}
