//! What happens in rooms, as their streams say it, and what happens to somebody's rooms, as their own stream says it.

use domain::rooms::{About, Comment, Room, Share, Standing};
use kernel::{EventId, RoomId, ScheduleId, StreamId, UserId};
use serde::Serialize;
use serde_json::{json, value::RawValue};
use store::streams::Draft;

use super::{By, Marked};
use crate::notify;

/// An event of a room: what everybody there is told.
#[derive(Serialize)]
struct Said<'a, D> {
    event_id: EventId,
    #[serde(rename = "type")]
    kind: &'a str,
    publisher_id: &'a str,
    data: D,
}

/// What somebody published, under the id it was given: `data` is an object.
pub(super) fn published((room, id): (RoomId, EventId), kind: String, publisher: &str, data: String) -> Draft {
    // It was written as JSON by the publisher; should it ever not be, the event still arrives.
    let data = RawValue::from_string(data).unwrap_or_else(|_| RawValue::NULL.to_owned());
    let data = notify::json(&Said { event_id: id, kind: &kind, publisher_id: publisher, data });
    Draft { stream: StreamId::from(room), id, kind: kind.into(), data }
}

/// Something that `publisher` did in a room, for its stream: `{"event_id", "type", "publisher_id", "data"}`.
fn said(room: RoomId, kind: &'static str, publisher: UserId, data: impl Serialize, (now, entropy): By<'_>) -> Draft {
    let id = EventId::mint(now, entropy);
    let publisher_id = publisher.to_string();
    let data = notify::json(&Said { event_id: id, kind, publisher_id: &publisher_id, data });
    Draft { stream: StreamId::from(room), id, kind: kind.into(), data }
}

/// `room.created`, `room.updated`: `{name, version}`.
pub(super) fn room(room: &Room, kind: &'static str, publisher: UserId, by: By<'_>) -> Draft {
    said(room.id, kind, publisher, json!({ "name": room.name, "version": room.version }), by)
}

/// `room.deleted`: `{}`; the last of its events.
pub(super) fn room_deleted(room: RoomId, publisher: UserId, by: By<'_>) -> Draft {
    said(room, "room.deleted", publisher, json!({}), by)
}

/// `member.joined`, `member.changed`: `{user_id, role}`.
pub(super) fn member(
    room: RoomId,
    kind: &'static str,
    (user, standing): (UserId, Standing),
    publisher: UserId,
    by: By<'_>,
) -> Draft {
    said(room, kind, publisher, json!({ "user_id": user, "role": standing.as_str() }), by)
}

/// `member.left`, of whom somebody else took out as well: the publisher is who did it. `{user_id}`.
pub(super) fn member_left(room: RoomId, user: UserId, publisher: UserId, by: By<'_>) -> Draft {
    said(room, "member.left", publisher, json!({ "user_id": user }), by)
}

/// `comment.created`: `{comment_id, about, author_id, text, mentions}`.
pub(super) fn comment_created(comment: &Comment, author: UserId, by: By<'_>) -> Draft {
    let data = json!({
        "comment_id": comment.id,
        "about": about(comment),
        "author_id": author,
        "text": comment.text,
        "mentions": comment.mentions,
    });
    said(comment.room, "comment.created", author, data, by)
}

/// `comment.updated`: `{comment_id, about, text, mentions, version}`.
pub(super) fn comment_updated(comment: &Comment, author: UserId, by: By<'_>) -> Draft {
    let data = json!({
        "comment_id": comment.id,
        "about": about(comment),
        "text": comment.text,
        "mentions": comment.mentions,
        "version": comment.version,
    });
    said(comment.room, "comment.updated", author, data, by)
}

/// `comment.deleted`, also by an owner of the room, who is its publisher then: `{comment_id, about}`.
pub(super) fn comment_deleted(comment: &Comment, publisher: UserId, by: By<'_>) -> Draft {
    said(comment.room, "comment.deleted", publisher, json!({ "comment_id": comment.id, "about": about(comment) }), by)
}

fn about(comment: &Comment) -> Option<String> {
    comment.about.map(|about| about.to_string())
}

/// `reaction.added`, `reaction.removed`: `{about, emoji, user_id}`.
pub(super) fn reaction((room, about): (RoomId, About), kind: &'static str, (user, emoji): (UserId, &str), by: By<'_>) -> Draft {
    said(room, kind, user, json!({ "about": about.to_string(), "emoji": emoji, "user_id": user }), by)
}

/// `schedule.shared`, `schedule.changed`: `{schedule_id, user_id, title, all_day, time_zone, start, end, start_at, end_at, rrule, version}`.
pub(super) fn share(share: &Share, kind: &'static str, by: By<'_>) -> Draft {
    let data = json!({
        "schedule_id": share.schedule,
        "user_id": share.by,
        "title": share.title,
        "all_day": share.all_day,
        "time_zone": share.zone,
        "start": share.start.named(share.all_day),
        "end": share.end.named(share.all_day),
        "start_at": share.start_at,
        "end_at": share.end_at,
        "rrule": share.rrule,
        "version": share.version,
    });
    said(share.room, kind, share.by, data, by)
}

/// `schedule.unshared`, of a schedule of `owner`, perhaps by somebody else: `{schedule_id, user_id}`.
pub(super) fn unshared((room, schedule): (RoomId, ScheduleId), owner: UserId, publisher: UserId, by: By<'_>) -> Draft {
    said(room, "schedule.unshared", publisher, json!({ "schedule_id": schedule, "user_id": owner }), by)
}

/// `room.read` on the stream of who reads: `{room_id, up_to, unread, version}`.
pub(super) fn read(user: UserId, marked: Marked, (now, entropy): By<'_>) -> Draft {
    let Marked { room, up_to, unread, version } = marked;
    let data = json!({ "room_id": room, "up_to": up_to, "unread": unread, "version": version }).to_string();
    Draft { stream: StreamId::from(user), id: EventId::mint(now, entropy), kind: "room.read".into(), data }
}

/// `room.changed` on the stream of somebody whose rooms are others than before, or who is something else in one: `{room_id, change}`.
pub(super) fn told(user: UserId, room: RoomId, change: &str, (now, entropy): By<'_>) -> Draft {
    let data = json!({ "room_id": room, "change": change }).to_string();
    Draft { stream: StreamId::from(user), id: EventId::mint(now, entropy), kind: "room.changed".into(), data }
}
