//! `GET /api/v1/stream`

use std::collections::BTreeSet;

use app::{
    App,
    notify::{self, StreamLog, Topic},
};
use axum::{extract::State as Extract, response::Response};
use bytes::Bytes;
use futures_util::stream;
use http::HeaderMap;
use hub::{Live, STREAMS_PER_CONNECTION, Step, Wire, Word};
use kernel::Category;

use super::{
    last_seen::last_seen,
    places::{Claimed, Places},
    sse,
};
use crate::http::{Caller, Problem, Query};

/// Follow many streams on one connection
///
/// Server-sent events of the own stream (`me=1`) and of rooms (`room=`, once for each), 50 streams at most. Each event has in its data the
/// `stream` it is of, `me` or the id of a room, and as `id` the positions in all of them, `me@1-5,rom_…@1-7`: whoever comes back with
/// the last `id` it saw misses nothing in any of them. Streams the `id` does not name begin now, with `ready`; `gap` is said for each
/// stream apart. A stream whose right has ended, or whose room is no more, ends with `ended` and the others go on.
#[utoipa::path(
    get, path = "/api/v1/stream", tag = "notifications",
    params(
        ("me" = Option<String>, Query, description = "`1`: the own stream", example = "1"),
        ("room" = Option<Vec<String>>, Query, style = Form, explode, description = "A room; once for each"),
        ("since" = Option<String>, Query, description = "Begin after these positions, for clients that cannot set `Last-Event-ID`. The header counts if both are there.", example = "me@1-42"),
        ("last-event-id" = Option<String>, Header, description = "Begin after these positions, as seen in `id`"),
    ),
    responses(
        (status = 200, description = "Events, until one side ends it", body = String, content_type = "text/event-stream"),
        (status = 404, description = "`room.not_found`: one of the rooms is not there, or not for the caller"),
        (status = 429, description = "`stream.too_many_of_user`: one account may hold 20 connections"),
        (status = 503, description = "`stream.too_many` or `stream.draining`: another node, or a moment later, will do"),
    )
)]
pub(crate) async fn many(
    Extract(app): Extract<App>,
    caller: Caller,
    headers: HeaderMap,
    Query(pairs): Query<Vec<(String, String)>>,
) -> Result<Response, Problem> {
    let asked = Asked::read(&pairs)?;
    let claimed = Claimed::read(last_seen(&headers, asked.since));
    let mut reader = Reader { live: notify::connect(&app, &caller.0)?, places: Places::new(), ended: false };
    for topic in asked.topics {
        let since = claimed.since(topic);
        let stream = notify::subscribe(&app, &caller.0, &mut reader.live, (topic, since)).await?;
        reader.places.add(stream, topic, since);
    }
    Ok(sse::answer(stream::unfold(reader, |mut reader| async move {
        let chunk = reader.chunk().await?;
        Some((chunk, reader))
    })))
}

/// What the query asks for.
struct Asked<'a> {
    topics: BTreeSet<Topic>,
    since: Option<&'a str>,
}

impl<'a> Asked<'a> {
    fn read(pairs: &'a [(String, String)]) -> Result<Self, Problem> {
        let mut asked = Self { topics: BTreeSet::new(), since: None };
        for (name, value) in pairs {
            let topic = match (name.as_str(), value.as_str()) {
                ("me", "1") => Topic::Me,
                ("me", _) => return Err(refused("/me", "this can only be 1")),
                ("room", id) => Topic::Room(id.parse().map_err(|_| refused("/room", "this is not the id of a room"))?),
                ("since", since) if asked.since.is_none() => {
                    asked.since = Some(since);
                    continue;
                }
                ("since", _) => return Err(refused("/since", "say this once")),
                // The guard of the route has redeemed it.
                ("ticket", _) => continue,
                (other, _) => return Err(refused(format!("/{other}"), "unknown: expected `me`, `room` or `since`")),
            };
            asked.topics.insert(topic);
        }
        match asked.topics.len() {
            0 => Err(refused("/room", "ask for one stream at least: `me=1`, or a room")),
            1..=STREAMS_PER_CONNECTION => Ok(asked),
            _ => Err(refused("/room", format!("one connection reads at most {STREAMS_PER_CONNECTION} streams"))),
        }
    }
}

fn refused(pointer: impl Into<String>, detail: impl Into<String>) -> Problem {
    Problem::new(Category::Invalid, "query.invalid", "a query parameter is not what is expected here: see `errors`")
        .field(pointer, detail)
}

/// The connection, and where its client is.
struct Reader {
    live: Live<StreamLog>,
    places: Places,
    ended: bool,
}

impl Reader {
    /// All there is to say at this moment; `None` at the end.
    async fn chunk(&mut self) -> Option<Bytes> {
        if self.ended {
            return None;
        }
        let mut out = Vec::new();
        for word in self.live.next().await? {
            self.write(&mut out, word);
        }
        if self.live.streams().next().is_none() {
            // Nothing will ever come.
            self.ended = true;
        }
        Some(out.into())
    }

    fn write(&mut self, out: &mut Vec<u8>, word: Word) {
        let text = match word {
            Word::Began(_) => return,
            Word::Step(stream, Step::Event(shared)) => {
                self.places.reach(stream, shared.event().position);
                let written = shared.written(Wire::Events, sse::event);
                return splice(out, &written, &self.places, self.places.name(stream));
            }
            Word::Presence(stream, update) => {
                let written = update.written(Wire::Events, sse::presence);
                return under_name(out, &written, self.places.name(stream));
            }
            Word::Hello { retry_ms } => format!("retry: {retry_ms}\n\n"),
            Word::Step(stream, Step::Ready { head }) => {
                self.places.reach(stream, head);
                let (places, name) = (&self.places, self.places.name(stream));
                format!("id: {places}\nevent: ready\ndata: {{\"stream\":\"{name}\",\"head\":\"{head}\"}}\n\n")
            }
            Word::Step(stream, Step::Gap { reason, head }) => {
                self.places.reach(stream, head);
                let (places, name, reason) = (&self.places, self.places.name(stream), reason.as_str());
                format!(
                    "id: {places}\nevent: gap\ndata: {{\"stream\":\"{name}\",\"reason\":\"{reason}\",\"head\":\"{head}\"}}\n\n"
                )
            }
            Word::Ended { stream, reason, resume_at } => {
                let (name, reason) = (self.places.name(stream).to_owned(), reason.as_str());
                self.places.remove(stream);
                let resume_at = resume_at.map_or_else(|| "null".to_owned(), |position| format!("\"{position}\""));
                format!("event: ended\ndata: {{\"stream\":\"{name}\",\"reason\":\"{reason}\",\"resume_at\":{resume_at}}}\n\n")
            }
            Word::Heartbeat(_) => format!(": head {}\n\n", self.places),
            Word::Close { reason, retry_ms, .. } => {
                self.ended = true;
                let (reason, places) = (reason.as_str(), self.places.to_string());
                let resume_at = if places.is_empty() { "null".to_owned() } else { format!("\"{places}\"") };
                format!("retry: {retry_ms}\nevent: close\ndata: {{\"reason\":\"{reason}\",\"resume_at\":{resume_at}}}\n\n")
            }
        };
        out.extend_from_slice(text.as_bytes());
    }
}

/// Writes an event that [`sse::event`] has written for its own stream, with the `id` and the name it has here. Its lines are `id:`,
/// `event:` and `data: {"at":`.
fn splice(out: &mut Vec<u8>, written: &[u8], places: &Places, name: &str) {
    out.extend_from_slice(format!("id: {places}\n").as_bytes());
    under_name(out, written.splitn(2, |byte| *byte == b'\n').nth(1).unwrap_or_default(), name);
}

/// Writes two lines, `event:` and `data: {"…":`, with the name of the stream. So is written as it is what [`sse::presence`] has written: it
/// has no `id`, so the places of before stay the last ones.
fn under_name(out: &mut Vec<u8>, lines: &[u8], name: &str) {
    let mut lines = lines.splitn(2, |byte| *byte == b'\n');
    let (event, data) = (lines.next().unwrap_or_default(), lines.next().unwrap_or_default());
    out.extend_from_slice(event);
    out.extend_from_slice(format!("\ndata: {{\"stream\":\"{name}\",").as_bytes());
    out.extend_from_slice(data.strip_prefix(b"data: {").unwrap_or_default());
}

#[cfg(test)]
mod tests {
    use hub::{PresenceUpdate, Since};
    use kernel::{Event, Instant, Position, UserId};

    use super::*;

    fn pairs(query: &str) -> Vec<(String, String)> {
        form_urlencoded::parse(query.as_bytes()).into_owned().collect()
    }

    #[test]
    fn an_event_keeps_its_bytes_and_gets_the_places_and_the_name() {
        let user: UserId = "usr_00000000000000000000000001".parse().unwrap();
        let mut places = Places::new();
        places.add(user.into(), Topic::Me, Since::After(Position { epoch: 1, seq: 41 }));
        let event = Event {
            stream: user.into(),
            position: Position { epoch: 1, seq: 42 },
            id: "evt_00000000000000000000000001".parse().unwrap(),
            kind: "unread.changed".to_owned(),
            at: Instant::EPOCH,
            data: "{\"count\":1}".to_owned(),
        };
        places.reach(event.stream, event.position);
        let mut out = Vec::new();
        splice(&mut out, &sse::event(&event), &places, "me");
        let expected =
            "id: me@1-42\nevent: unread.changed\ndata: {\"stream\":\"me\",\"at\":\"1970-01-01T00:00:00Z\",\"count\":1}\n\n";
        assert_eq!(String::from_utf8(out).unwrap(), expected);
    }

    #[test]
    fn who_came_is_told_under_the_name_of_the_stream_and_without_a_place() {
        let user: UserId = "usr_00000000000000000000000001".parse().unwrap();
        let update = PresenceUpdate::new([user].into(), [].into(), (3, 7));
        let mut out = Vec::new();
        under_name(&mut out, &update.written(Wire::Events, sse::presence), "rom_x");
        let expected = "event: presence.update\ndata: {\"stream\":\"rom_x\",\"joined\":[\"usr_00000000000000000000000001\"],\"left\":[],\
                        \"count\":3,\"version\":7}\n\n";
        assert_eq!(String::from_utf8(out).unwrap(), expected);
    }

    #[test]
    fn a_query_asks_for_streams_once_each_and_for_nothing_else() {
        let query = "me=1&room=rom_00000000000000000000000001&room=rom_00000000000000000000000001&ticket=x&since=me@1-1";
        let pairs_read = pairs(query);
        let asked = Asked::read(&pairs_read).unwrap();
        assert_eq!((asked.topics.len(), asked.since), (2, Some("me@1-1")));
        let rooms: Vec<String> = (0..=STREAMS_PER_CONNECTION).map(|room| format!("room=rom_{room:026}")).collect();
        assert!(Asked::read(&pairs(&rooms[1..].join("&"))).is_ok());
        let rooms = rooms.join("&");
        for bad in ["", "me=0", "me", "room=", "room=me", "me=1&since=a&since=b", "me=1&sinse=a", &rooms] {
            assert!(Asked::read(&pairs(bad)).is_err(), "{bad}");
        }
    }
}
