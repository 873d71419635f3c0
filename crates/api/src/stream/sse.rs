//! Server-sent events (WHATWG HTML, 9.2): frames as text.

use std::{collections::BTreeSet, convert::Infallible, fmt::Write as _};

use axum::{body::Body, response::Response};
use bytes::Bytes;
use futures_util::{Stream, StreamExt as _};
use http::{HeaderName, HeaderValue, header};
use hub::{Attached, CloseReason, EventLog, Frame, PresenceUpdate, Wire};
use kernel::{Event, Position, UserId};

/// Proxies of the nginx kind hold answers back until they have enough of them, unless told not to.
const X_ACCEL_BUFFERING: HeaderName = HeaderName::from_static("x-accel-buffering");

/// What tells who came and who went.
pub(super) const PRESENCE: &str = "presence.update";

/// The answer that goes on for as long as `attached` does. Whatever is ready at one moment leaves in one chunk.
pub(super) fn response<L: EventLog>(attached: Attached<L>) -> Response {
    answer(attached.into_stream().map(|batch| chunk(&batch)))
}

/// The answer that consists of `chunks`.
pub(super) fn answer(chunks: impl Stream<Item = Bytes> + Send + 'static) -> Response {
    let mut response = Response::new(Body::from_stream(chunks.map(Ok::<_, Infallible>)));
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/event-stream"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(X_ACCEL_BUFFERING, HeaderValue::from_static("no"));
    response
}

fn chunk(batch: &[Frame]) -> Bytes {
    if let [Frame::Event(shared)] = batch {
        // The common case: one event for many readers, written once and shared as it is.
        return Bytes::from_owner(shared.written(Wire::Events, event));
    }
    let mut out = Vec::new();
    for frame in batch {
        match frame {
            Frame::Event(shared) => out.extend_from_slice(&shared.written(Wire::Events, event)),
            Frame::Presence(update) => out.extend_from_slice(&update.written(Wire::Events, presence)),
            other => out.extend_from_slice(control(other).as_bytes()),
        }
    }
    out.into()
}

/// An event as all readers of single streams get it.
pub(super) fn event(event: &Event) -> Vec<u8> {
    message(Some(event.position), &event.kind, &with_time(event)).into_bytes()
}

/// Who came and who went. It has no id: the last one the client saw is still where it is.
pub(super) fn presence(update: &PresenceUpdate) -> Vec<u8> {
    message(None, PRESENCE, &presence_data(update)).into_bytes()
}

/// `{"joined", "left", "count", "version"}`.
pub(super) fn presence_data(update: &PresenceUpdate) -> String {
    let names = |users: &BTreeSet<UserId>| users.iter().map(|user| format!("\"{user}\"")).collect::<Vec<_>>().join(",");
    let (joined, left) = (names(&update.joined), names(&update.left));
    format!("{{\"joined\":[{joined}],\"left\":[{left}],\"count\":{},\"version\":{}}}", update.count, update.version)
}

/// The data of an event, with when it happened: `{"at": …, …}`.
pub(super) fn with_time(event: &Event) -> String {
    let members = event.data.trim().strip_prefix('{').map_or("}", str::trim_start);
    let comma = if members.starts_with('}') { "" } else { "," };
    format!("{{\"at\":\"{}\"{comma}{members}", event.at)
}

fn control(frame: &Frame) -> String {
    match frame {
        Frame::Event(_) | Frame::Presence(_) => String::new(),
        Frame::Hello { retry_ms } => format!("retry: {retry_ms}\n\n"),
        Frame::Ready { head } => message(Some(*head), "ready", &format!("{{\"head\":\"{head}\"}}")),
        Frame::Gap { reason, head } => {
            message(Some(*head), "gap", &format!("{{\"reason\":\"{}\",\"head\":\"{head}\"}}", reason.as_str()))
        }
        Frame::Heartbeat { head } => format!(": head {head}\n\n"),
        Frame::Close { reason, resume_at, retry_ms } => close(*reason, *resume_at, *retry_ms),
    }
}

/// The last message. It has no id of its own: the last one the client saw is where it resumes.
fn close(reason: CloseReason, resume_at: Option<Position>, retry_ms: u32) -> String {
    let resume_at = resume_at.map_or_else(|| "null".to_owned(), |position| format!("\"{position}\""));
    let data = format!("{{\"reason\":\"{}\",\"resume_at\":{resume_at}}}", reason.as_str());
    format!("retry: {retry_ms}\n{}", message(None, "close", &data))
}

/// One message. A line end within `data` would end the field; between the members of JSON it means nothing, and within a text
/// JSON has none.
fn message(id: Option<Position>, name: &str, data: &str) -> String {
    let mut out = String::with_capacity(data.len() + name.len() + 48);
    if let Some(id) = id {
        let _ = writeln!(out, "id: {id}");
    }
    let _ = writeln!(out, "event: {name}");
    out.push_str("data: ");
    out.extend(data.chars().map(|c| if matches!(c, '\n' | '\r') { ' ' } else { c }));
    out.push_str("\n\n");
    out
}

#[cfg(test)]
mod tests {
    use hub::{GapReason, Shared};
    use kernel::Instant;

    use super::*;

    const HEAD: Position = Position { epoch: 1, seq: 42 };

    fn event_of(data: &str) -> Frame {
        Frame::Event(Shared::new(Event {
            stream: "str_00000000000000000000000001".parse().unwrap(),
            position: HEAD,
            id: "evt_00000000000000000000000001".parse().unwrap(),
            kind: "notification.created".to_owned(),
            at: Instant::EPOCH,
            data: data.to_owned(),
        }))
    }

    fn text(batch: &[Frame]) -> String {
        String::from_utf8(chunk(batch).to_vec()).unwrap()
    }

    #[test]
    fn an_event_is_one_line_of_json_under_its_position() {
        assert_eq!(
            text(&[event_of("{\n  \"title\": \"a\\nb\"\r\n}")]),
            "id: 1-42\nevent: notification.created\ndata: {\"at\":\"1970-01-01T00:00:00Z\",\"title\": \"a\\nb\"  }\n\n"
        );
        assert!(text(&[event_of("{}")]).ends_with("data: {\"at\":\"1970-01-01T00:00:00Z\"}\n\n"));
    }

    #[test]
    fn what_is_ready_at_one_moment_is_one_chunk() {
        let batch = [Frame::Hello { retry_ms: 1_500 }, Frame::Ready { head: HEAD }, Frame::Heartbeat { head: HEAD }];
        assert_eq!(text(&batch), "retry: 1500\n\nid: 1-42\nevent: ready\ndata: {\"head\":\"1-42\"}\n\n: head 1-42\n\n");
    }

    #[test]
    fn a_gap_moves_the_position_and_a_close_does_not() {
        assert_eq!(
            text(&[Frame::Gap { reason: GapReason::Trimmed, head: HEAD }]),
            "id: 1-42\nevent: gap\ndata: {\"reason\":\"trimmed\",\"head\":\"1-42\"}\n\n"
        );
        let close = Frame::Close { reason: CloseReason::Draining, resume_at: Some(HEAD), retry_ms: 1_200 };
        assert_eq!(text(&[close]), "retry: 1200\nevent: close\ndata: {\"reason\":\"draining\",\"resume_at\":\"1-42\"}\n\n");
    }
}
