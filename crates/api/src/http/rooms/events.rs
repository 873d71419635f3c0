//! `GET /api/v1/rooms/{id}/events`

use app::{App, rooms};
use axum::{extract::State as Extract, response::Response};
use http::StatusCode;
use hub::Since;
use kernel::{Event, Position, RoomId};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use utoipa::{IntoParams, ToSchema};

use crate::http::{Caller, Path, Problem, Query, json, page};

/// Events of a page unless asked otherwise.
const DEFAULT_LIMIT: u32 = 100;
/// The most events of a page; who asks for more gets these.
const MAX_LIMIT: u32 = 500;

/// Which events.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Section {
    /// Those after this position; from the first that is kept unless given.
    #[param(example = "1-42")]
    since: Option<String>,
    /// Events of the page, 100 unless given; who asks for more than 500 gets 500.
    #[param(minimum = 1)]
    limit: Option<i64>,
}

/// What happened in a room
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = RoomEvents)]
pub(crate) struct EventsView {
    /// In order, without a hole.
    events: Vec<EventView>,
    /// The position to go on from.
    #[schema(example = "1-42")]
    last_id: String,
    /// Whether there is more already.
    has_more: bool,
    /// Why what was asked for is not to be had, if it is not: there are no events then, and `last_id` is the head. Load what you show anew.
    #[serde(skip_serializing_if = "Option::is_none")]
    gap: Option<GapView>,
}

/// Why events are missing
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = RoomGap)]
pub(crate) struct GapView {
    /// `trimmed`, `epoch_changed`, `ahead_of_log` or `unreadable_position`.
    reason: &'static str,
    /// After this position it goes on.
    head: String,
}

/// An event of a room. Its stream carries the same, with `id` in a field of its own.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = RoomEvent)]
pub(crate) struct EventView {
    /// Its position.
    #[schema(example = "1-42")]
    id: String,
    /// When it happened.
    #[schema(value_type = String, format = DateTime)]
    at: kernel::Instant,
    #[serde(flatten)]
    said: Said,
}

/// What an event carries, as it was kept.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub(crate) struct Said {
    /// Its own id.
    #[schema(example = "evt_01jd2n9w3fkz8q4v6x0c5b7m1t")]
    event_id: String,
    /// What happened.
    #[schema(example = "order.paid")]
    r#type: String,
    /// Who published it: a user, or whoever a program said it speaks for.
    #[schema(example = "usr_01jd2n9w3fkz8q4v6x0c5b7m1t")]
    publisher_id: String,
    /// What the publisher says of it.
    #[schema(value_type = Object)]
    data: Box<RawValue>,
}

fn shown(event: &Event) -> Result<EventView, Problem> {
    let said = serde_json::from_str(&event.data).map_err(|error| Problem::internal(&error))?;
    Ok(EventView { id: event.position.to_string(), at: event.at, said })
}

/// Read what happened in a room
///
/// A page of its events, in order. Go on with `last_id` as `since`; or follow its stream from there, which misses nothing.
#[utoipa::path(
    get, path = "/api/v1/rooms/{id}/events", tag = "rooms", params(("id" = String, Path, description = "The room"), Section),
    responses((status = 200, description = "A page, or why there is none", body = EventsView))
)]
pub(crate) async fn list_events(
    Extract(app): Extract<App>,
    caller: Caller,
    Path(id): Path<RoomId>,
    Query(section): Query<Section>,
) -> Result<Response, Problem> {
    let limit = match section.limit {
        None => DEFAULT_LIMIT,
        Some(limit) if limit < 1 => return Err(page::invalid("/limit", "must be at least 1")),
        Some(limit) => u32::try_from(limit).map_or(MAX_LIMIT, |limit| limit.min(MAX_LIMIT)),
    };
    let since = section.since.as_deref().map(|text| text.parse::<Position>().map_or(Since::Unreadable, Since::After));
    let history = rooms::events(&app, &caller.0, id, since, limit).await?;
    let last_id = history.last.to_string();
    let gap = history.gap.map(|reason| GapView { reason: reason.as_str(), head: last_id.clone() });
    let events = history.events.iter().map(shown).collect::<Result<_, _>>()?;
    Ok(json(StatusCode::OK, &EventsView { events, last_id, has_more: history.more, gap }))
}
