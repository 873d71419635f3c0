//! What the events of an inbox carry.
//!
//! An event's data is the same JSON the HTTP answers show, so that a client that follows the stream never has to ask again.

use domain::notify::Notification;
use kernel::{EventId, Instant, NotificationId, StreamId};
use serde::Serialize;
use serde_json::value::RawValue;
use store::{notify::deliver::Inbox, streams::Draft};

/// A row was written to the inbox; the data is [`created_event_data`].
pub const CREATED: &str = "notification.created";
/// Rows were marked as read, or as unread again; the data is [`read_event_data`].
pub const READ: &str = "notification.read";
/// A row was deleted by its owner; the data is [`deleted_event_data`].
pub const DELETED: &str = "notification.deleted";
/// The unread count changed; the data is [`unread_event_data`].
pub const UNREAD: &str = "unread.changed";

/// A notification as it goes over the wire.
#[derive(Serialize)]
struct Shown<'a> {
    id: NotificationId,
    #[serde(rename = "type")]
    kind: &'a str,
    title: &'a str,
    body: &'a str,
    data: &'a RawValue,
    created_at: Instant,
    read_at: Option<Instant>,
}

/// The data of `notification.created`: the notification itself, `{id, type, title, body, data, created_at, read_at}`.
pub fn created_event_data(notification: &Notification) -> String {
    json(&Shown {
        id: notification.id,
        kind: &notification.kind,
        title: &notification.title,
        body: &notification.body,
        // What is kept was written as JSON by this product; should it ever not be, the notification still arrives.
        data: serde_json::from_str(&notification.data).unwrap_or(RawValue::NULL),
        created_at: notification.created_at,
        read_at: notification.read_at,
    })
}

/// `unread.changed` for the stream of whose inbox it is.
pub(crate) fn unread_changed(inbox: &Inbox, id: EventId) -> Draft {
    let data = unread_event_data(inbox.unread, inbox.version);
    Draft { stream: StreamId::from(inbox.user), id, kind: UNREAD.into(), data }
}

/// The data of `unread.changed`: `{count, version}`. A reader keeps the pair with the highest version.
pub fn unread_event_data(count: i64, version: i64) -> String {
    #[derive(Serialize)]
    struct Unread {
        count: i64,
        version: i64,
    }
    json(&Unread { count, version })
}

/// The data of `notification.read` for one row: `{id, read_at}`, `read_at` is null when it was marked as unread again.
pub fn read_event_data(id: NotificationId, read_at: Option<Instant>) -> String {
    #[derive(Serialize)]
    struct Read {
        id: NotificationId,
        read_at: Option<Instant>,
    }
    json(&Read { id, read_at })
}

/// The data of `notification.read` for many rows: `{up_to, read_at}`, every row up to and including `up_to` is read.
pub fn read_up_to_event_data(up_to: NotificationId, read_at: Instant) -> String {
    #[derive(Serialize)]
    struct ReadUpTo {
        up_to: NotificationId,
        read_at: Instant,
    }
    json(&ReadUpTo { up_to, read_at })
}

/// The data of `notification.deleted`: `{id}`.
pub fn deleted_event_data(id: NotificationId) -> String {
    #[derive(Serialize)]
    struct Deleted {
        id: NotificationId,
    }
    json(&Deleted { id })
}

/// Writes one line of JSON. The shapes above have only text keys and plain values, which always can be written.
pub(crate) fn json(shape: &impl Serialize) -> String {
    serde_json::to_string(shape).unwrap_or_else(|_| "null".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_notification_carries_its_data_as_json_and_not_as_text() {
        let notification = Notification {
            id: "ntf_00000000000000000000000001".parse().unwrap(),
            user: "usr_00000000000000000000000002".parse().unwrap(),
            kind: "reminder".to_owned(),
            title: "say \"hi\"\nnow".to_owned(),
            body: String::new(),
            data: r#"{"schedule_id":"sch_1"}"#.to_owned(),
            created_at: Instant::EPOCH,
            read_at: None,
        };
        assert_eq!(
            created_event_data(&notification),
            concat!(
                r#"{"id":"ntf_00000000000000000000000001","type":"reminder","title":"say \"hi\"\nnow","body":"","#,
                r#""data":{"schedule_id":"sch_1"},"created_at":"1970-01-01T00:00:00Z","read_at":null}"#
            )
        );
        assert!(created_event_data(&Notification { data: "{".to_owned(), ..notification }).contains(r#""data":null"#));
    }

    #[test]
    fn the_unread_count_carries_its_version() {
        assert_eq!(unread_event_data(3, 7), r#"{"count":3,"version":7}"#);
    }
}
