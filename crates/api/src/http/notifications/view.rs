//! A notification and a count, as they go over the wire.

use app::domain::notify::{Notification, Unread};
use kernel::{Instant, NotificationId};
use serde::Serialize;
use serde_json::value::RawValue;
use utoipa::ToSchema;

use crate::http::etag;

/// A row of the inbox. The event `notification.created` of the live stream carries the same, and when it happened (`at`).
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct NotificationView {
    /// Its id.
    #[schema(value_type = String, example = "ntf_01jd2n9w3fkz8q4v6x0c5b7m1t")]
    id: NotificationId,
    /// What it is about.
    #[schema(example = "reminder")]
    r#type: String,
    /// One line.
    #[schema(example = "Standup")]
    title: String,
    /// A few lines, may be empty.
    body: String,
    /// For programs; what is in it depends on the type.
    #[schema(value_type = Object)]
    data: Box<RawValue>,
    /// When it was written.
    #[schema(value_type = String, format = DateTime)]
    created_at: Instant,
    /// When it was read; null while it is unread.
    #[schema(value_type = Option<String>, format = DateTime)]
    read_at: Option<Instant>,
}

impl From<&Notification> for NotificationView {
    fn from(notification: &Notification) -> Self {
        Self {
            id: notification.id,
            r#type: notification.kind.clone(),
            title: notification.title.clone(),
            body: notification.body.clone(),
            data: RawValue::from_string(notification.data.clone()).unwrap_or_else(|_| RawValue::NULL.to_owned()),
            created_at: notification.created_at,
            read_at: notification.read_at,
        }
    }
}

/// The entity tag: whether and when it was read is all that changes.
pub(super) fn tag(notification: &Notification) -> String {
    etag(notification.read_at.map_or(0, Instant::as_micros))
}

/// How many notifications are unread.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct UnreadView {
    /// Unread notifications.
    #[schema(minimum = 0)]
    count: i64,
    /// Grows with every change of the count: of two answers, keep the one with the higher version.
    version: i64,
}

impl From<Unread> for UnreadView {
    fn from(unread: Unread) -> Self {
        Self { count: unread.count, version: unread.version }
    }
}
