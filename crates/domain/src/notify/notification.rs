//! A row of somebody's inbox.

use kernel::{Instant, NotificationId, UserId};

/// Something a person was told, once and for ever.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notification {
    /// Its id; inbox lists sort by `(created_at, id)`.
    pub id: NotificationId,
    /// Whose inbox.
    pub user: UserId,
    /// What it is about, e.g. `reminder`.
    pub kind: String,
    /// One line.
    pub title: String,
    /// A few lines, may be empty.
    pub body: String,
    /// A JSON object for programs, as text.
    pub data: String,
    /// When it was written.
    pub created_at: Instant,
    /// When it was read, if it was.
    pub read_at: Option<Instant>,
}
