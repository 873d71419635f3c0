//! What is said to a client, as texts of JSON: `{"event", "stream", "id", "data"}`, with the names and data of server-sent events.

use app::{domain::identity::Caller, notify::Topic};
use axum::extract::ws::{CloseFrame, Utf8Bytes};
use bytes::Bytes;
use hub::{CloseReason, PresenceUpdate, Step, Wire, Word};
use kernel::{Event, Position, StreamId};
use serde_json::{Value, json};

use crate::{http::Problem, stream::sse};

/// Close codes (RFC 6455, section 7.4, and our own). The manual says after which of them to come back.
pub(super) const GOING_AWAY: u16 = 1001;
pub(super) const PROTOCOL_ERROR: u16 = 1002;
pub(super) const UNSUPPORTED: u16 = 1003;
pub(super) const GARBLED: u16 = 1007;
pub(super) const POLICY: u16 = 1008;
pub(super) const TOO_BIG: u16 = 1009;
const TRY_AGAIN_LATER: u16 = 1013;
const REVOKED: u16 = 4401;
pub(super) const LAGGED: u16 = 4408;
pub(super) const TOO_MANY: u16 = 4429;

/// The code that tells why a connection ends.
pub(super) fn code(reason: CloseReason) -> u16 {
    match reason {
        CloseReason::Draining => GOING_AWAY,
        CloseReason::Revoked => REVOKED,
        CloseReason::Lagged => LAGGED,
        CloseReason::Unavailable => TRY_AGAIN_LATER,
        // Only streams end so.
        CloseReason::Asked | CloseReason::Forbidden | CloseReason::Gone => POLICY,
    }
}

/// The last frame.
pub(super) fn frame(code: u16, reason: &'static str) -> CloseFrame {
    CloseFrame { code, reason: Utf8Bytes::from_static(reason) }
}

/// A word as a text.
pub(super) fn text(word: Word, caller: &Caller) -> Utf8Bytes {
    let name = |stream: StreamId| Topic::of(stream, caller).to_string();
    let value = match word {
        Word::Step(stream, Step::Event(shared)) => {
            let written = shared.written(Wire::Socket, |shared| event(shared, &name(stream)));
            // What was written as UTF-8 is UTF-8.
            return Utf8Bytes::try_from(Bytes::from_owner(written)).unwrap_or_default();
        }
        Word::Presence(stream, update) => {
            let written = update.written(Wire::Socket, |update| presence(update, &name(stream)));
            return Utf8Bytes::try_from(Bytes::from_owner(written)).unwrap_or_default();
        }
        Word::Hello { retry_ms } => json!({ "event": "hello", "data": { "retry_ms": retry_ms } }),
        Word::Began(stream) => json!({ "event": "subscribed", "stream": name(stream) }),
        Word::Step(stream, Step::Ready { head }) => {
            json!({ "event": "ready", "stream": name(stream), "id": head.to_string(), "data": { "head": head.to_string() } })
        }
        Word::Step(stream, Step::Gap { reason, head }) => {
            let data = json!({ "reason": reason.as_str(), "head": head.to_string() });
            json!({ "event": "gap", "stream": name(stream), "id": head.to_string(), "data": data })
        }
        Word::Ended { stream, reason, resume_at } => {
            let data = json!({ "reason": reason.as_str(), "resume_at": resume_at.map(|position| position.to_string()) });
            json!({ "event": "ended", "stream": name(stream), "data": data })
        }
        Word::Heartbeat(heads) => json!({ "event": "heartbeat", "data": { "heads": places(&heads, caller) } }),
        Word::Close { reason, resume_at, retry_ms } => {
            let data = json!({ "reason": reason.as_str(), "resume_at": places(&resume_at, caller), "retry_ms": retry_ms });
            json!({ "event": "close", "data": data })
        }
    };
    Utf8Bytes::from(value.to_string())
}

/// The answer to `ping`.
pub(super) fn pong() -> Utf8Bytes {
    Utf8Bytes::from_static(r#"{"event":"pong"}"#)
}

/// A stream that is not given.
pub(super) fn refused(stream: &str, problem: &Problem) -> Utf8Bytes {
    let data = json!({ "code": problem.code(), "detail": problem.detail() });
    Utf8Bytes::from(json!({ "event": "refused", "stream": stream, "data": data }).to_string())
}

fn places(positions: &[(StreamId, Position)], caller: &Caller) -> Value {
    positions.iter().map(|(stream, position)| (Topic::of(*stream, caller).to_string(), position.to_string())).collect()
}

/// Its data is JSON as it was kept; every reader of a stream calls it by the same name.
fn event(event: &Event, name: &str) -> Vec<u8> {
    let (kind, data) = (Value::from(event.kind.as_str()), sse::with_time(event));
    format!(r#"{{"event":{kind},"stream":"{name}","id":"{}","data":{data}}}"#, event.position).into_bytes()
}

/// It has no `id`: the last one the client saw is still where it is.
fn presence(update: &PresenceUpdate, name: &str) -> Vec<u8> {
    format!(r#"{{"event":"{}","stream":"{name}","data":{}}}"#, sse::PRESENCE, sse::presence_data(update)).into_bytes()
}

#[cfg(test)]
mod tests {
    use app::domain::identity::{Credential, Role};
    use hub::{GapReason, Shared};
    use kernel::{Instant, UserId};

    use super::*;

    fn ada() -> Caller {
        let user: UserId = "usr_00000000000000000000000001".parse().unwrap();
        let session = "ses_00000000000000000000000001".parse().unwrap();
        Caller { user, role: Role::Member, credential: Credential::Session(session) }
    }

    fn said(word: Word) -> Value {
        serde_json::from_str(text(word, &ada()).as_str()).unwrap()
    }

    #[test]
    fn every_word_is_an_object_with_the_names_and_data_of_the_events() {
        let (me, room) = (StreamId::from(ada().user), "str_00000000000000000000000007".parse().unwrap());
        let head = Position { epoch: 1, seq: 42 };
        let event = Event {
            stream: room,
            position: head,
            id: "evt_00000000000000000000000001".parse().unwrap(),
            kind: "a.b".to_owned(),
            at: Instant::EPOCH,
            data: r#"{"x":"\n"}"#.to_owned(),
        };
        let event = said(Word::Step(room, Step::Event(Shared::new(event))));
        let data = json!({ "at": "1970-01-01T00:00:00Z", "x": "\n" });
        assert_eq!(event, json!({ "event": "a.b", "stream": "rom_00000000000000000000000007", "id": "1-42", "data": data }));
        let gap = said(Word::Step(me, Step::Gap { reason: GapReason::Trimmed, head }));
        let data = json!({ "reason": "trimmed", "head": "1-42" });
        assert_eq!(gap, json!({ "event": "gap", "stream": "me", "id": "1-42", "data": data }));
        let came = PresenceUpdate::new([ada().user].into(), [].into(), (3, 7));
        let data = json!({ "joined": [ada().user], "left": [], "count": 3, "version": 7 });
        let presence = json!({ "event": "presence.update", "stream": "rom_00000000000000000000000007", "data": data });
        assert_eq!(said(Word::Presence(room, came.into())), presence);
        let ended = said(Word::Ended { stream: me, reason: CloseReason::Forbidden, resume_at: None });
        assert_eq!(ended["data"], json!({ "reason": "forbidden", "resume_at": null }));
        let close = said(Word::Close { reason: CloseReason::Draining, resume_at: vec![(me, head)], retry_ms: 1_200 });
        assert_eq!(close["data"], json!({ "reason": "draining", "resume_at": { "me": "1-42" }, "retry_ms": 1_200 }));
        let heartbeat = said(Word::Heartbeat(vec![(me, head)]));
        assert_eq!(heartbeat["data"], json!({ "heads": { "me": "1-42" } }));
        // Nobody can publish what looks like a word of the connection.
        let (hello, began) = (said(Word::Hello { retry_ms: 1 }), said(Word::Began(me)));
        let (ready, pong) = (said(Word::Step(me, Step::Ready { head })), serde_json::from_str(pong().as_str()).unwrap());
        for word in [gap, ended, close, heartbeat, hello, began, ready, pong] {
            let event = word["event"].as_str().unwrap();
            assert!(app::domain::rooms::OF_THE_CONNECTION.contains(&event), "{event}");
        }
    }

    #[test]
    fn readers_of_one_stream_share_one_writing() {
        let event = Event {
            stream: ada().user.into(),
            position: Position { epoch: 1, seq: 1 },
            id: "evt_00000000000000000000000001".parse().unwrap(),
            kind: "a.b".to_owned(),
            at: Instant::EPOCH,
            data: "{}".to_owned(),
        };
        let shared = Shared::new(event);
        let written: Vec<_> = (0..2).map(|_| text(Word::Step(ada().user.into(), Step::Event(shared.clone())), &ada())).collect();
        assert!(std::ptr::eq(written[0].as_str(), written[1].as_str()));
    }
}
