//! Reading an inbox and marking what was read.
//!
//! Lists run newest first by `(created_at, id)`, which never changes, so a page that follows another repeats nothing and skips
//! nothing, whatever happened in between. Whoever changes rows locks the inbox first ([`lock`]); so the count always is what the
//! rows say, and two who mark the same rows wait for each other in one place.

use std::collections::BTreeMap;

use domain::notify::{Notification, Shelf, Unread};
use kernel::{Cursor, Instant, NotificationId, UserId};

use super::deliver;
use crate::{Row, Sql, StoreError, Tx, values};

/// What a list shows, and how much of it.
#[derive(Clone, Copy, Debug)]
pub struct Listing<'a> {
    /// Unread, read, or both.
    pub shelf: Shelf,
    /// Only this kind.
    pub kind: Option<&'a str>,
    /// Rows before this place only.
    pub before: Option<Cursor>,
    /// At most this many.
    pub limit: u32,
}

macro_rules! page {
    ($shelf:literal) => {
        concat!(
            "SELECT id, user_id, kind, title, body, data, created_at, read_at FROM notifications
             WHERE user_id = $1 AND deleted_at IS NULL",
            $shelf,
            " AND (created_at, id) < ($2, $3) AND (CAST($4 AS text) IS NULL OR kind = $4)
             ORDER BY created_at DESC, id DESC LIMIT $5"
        )
    };
}

pub(crate) const PAGE: &str = page!("");
pub(crate) const PAGE_UNREAD: &str = page!(" AND read_at IS NULL");
const PAGE_READ: &str = page!(" AND read_at IS NOT NULL");

/// A page of the inbox of `user`, newest first.
pub async fn page(tx: &mut Tx<'_>, user: UserId, listing: Listing<'_>) -> Result<Vec<Notification>, StoreError> {
    let sql = match listing.shelf {
        Shelf::All => PAGE,
        Shelf::Unread => PAGE_UNREAD,
        Shelf::Read => PAGE_READ,
    };
    let end = Cursor::new(Instant::MAX, uuid::Uuid::max());
    let before = listing.before.unwrap_or(end);
    tx.all(sql, values![user, before.at, before.id, listing.kind, listing.limit], notification).await
}

/// One notification of `user`.
pub async fn find(tx: &mut Tx<'_>, user: UserId, id: NotificationId) -> Result<Option<Notification>, StoreError> {
    tx.optional(
        "SELECT id, user_id, kind, title, body, data, created_at, read_at FROM notifications
         WHERE id = $1 AND user_id = $2 AND deleted_at IS NULL",
        values![id, user],
        notification,
    )
    .await
}

pub(crate) const UNREAD: &str = "SELECT unread, version FROM inboxes WHERE user_id = $1";

/// How many are unread; nothing yet for a user without an inbox.
pub async fn unread(tx: &mut Tx<'_>, user: UserId) -> Result<Unread, StoreError> {
    let found = tx.optional(UNREAD, values![user], counted).await?;
    Ok(found.unwrap_or(Unread { count: 0, version: 0 }))
}

/// Locks the inbox until the transaction ends: to be called before any of the changes below.
pub async fn lock(tx: &mut Tx<'_>, user: UserId) -> Result<(), StoreError> {
    let sql =
        Sql::each("SELECT user_id FROM inboxes WHERE user_id = $1", "SELECT user_id FROM inboxes WHERE user_id = $1 FOR UPDATE");
    tx.optional(sql, values![user], |_| Ok(())).await?;
    Ok(())
}

/// Changes the count by `by` and answers how it stands.
pub async fn shift_unread(tx: &mut Tx<'_>, user: UserId, by: i64) -> Result<Unread, StoreError> {
    let inboxes = deliver::add_unread(tx, &BTreeMap::from([(user, by)])).await?;
    match inboxes.as_slice() {
        [inbox] => Ok(Unread { count: inbox.unread, version: inbox.version }),
        _ => Err(StoreError::Bug("a user has no inbox".to_owned())),
    }
}

/// Marks one as read at `read_at`, or as unread; `false` if it is so already, or not there.
pub async fn set_read(tx: &mut Tx<'_>, user: UserId, id: NotificationId, read_at: Option<Instant>) -> Result<bool, StoreError> {
    let touched = match read_at {
        Some(at) => {
            tx.execute(
                "UPDATE notifications SET read_at = $3
                 WHERE id = $1 AND user_id = $2 AND read_at IS NULL AND deleted_at IS NULL",
                values![id, user, at],
            )
            .await?
        }
        None => {
            tx.execute(
                "UPDATE notifications SET read_at = NULL
                 WHERE id = $1 AND user_id = $2 AND read_at IS NOT NULL AND deleted_at IS NULL",
                values![id, user],
            )
            .await?
        }
    };
    Ok(touched == 1)
}

/// Where a notification of `user` stands in its inbox.
pub async fn place(tx: &mut Tx<'_>, user: UserId, id: NotificationId) -> Result<Option<Cursor>, StoreError> {
    tx.optional(
        "SELECT created_at, id FROM notifications WHERE id = $1 AND user_id = $2 AND deleted_at IS NULL",
        values![id, user],
        cursor,
    )
    .await
}

/// The place of the newest notification of `user` that is unread.
pub async fn newest_unread(tx: &mut Tx<'_>, user: UserId) -> Result<Option<Cursor>, StoreError> {
    tx.optional(
        "SELECT created_at, id FROM notifications WHERE user_id = $1 AND read_at IS NULL AND deleted_at IS NULL
         ORDER BY created_at DESC, id DESC LIMIT 1",
        values![user],
        cursor,
    )
    .await
}

/// The place of the `number`-th unread notification of `user`, the oldest being the first.
pub async fn nth_unread(tx: &mut Tx<'_>, user: UserId, number: u32) -> Result<Option<Cursor>, StoreError> {
    tx.optional(
        "SELECT created_at, id FROM notifications WHERE user_id = $1 AND read_at IS NULL AND deleted_at IS NULL
         ORDER BY created_at, id LIMIT 1 OFFSET $2",
        values![user, number.saturating_sub(1)],
        cursor,
    )
    .await
}

/// Marks all unread ones up to and including `end` as read; answers how many.
pub async fn read_up_to(tx: &mut Tx<'_>, user: UserId, end: Cursor, at: Instant) -> Result<u64, StoreError> {
    tx.execute(
        "UPDATE notifications SET read_at = $4
         WHERE user_id = $1 AND read_at IS NULL AND deleted_at IS NULL AND (created_at, id) <= ($2, $3)",
        values![user, end.at, end.id, at],
    )
    .await
}

/// Empties a notification of `user` and hides it for good; answers whether it was unread, `None` if it is not there.
pub async fn delete(tx: &mut Tx<'_>, user: UserId, id: NotificationId, at: Instant) -> Result<Option<bool>, StoreError> {
    tx.optional(
        "UPDATE notifications SET deleted_at = $3, title = '', body = '', data = '{}'
         WHERE id = $1 AND user_id = $2 AND deleted_at IS NULL RETURNING read_at",
        values![id, user, at],
        |row| Ok(row.get::<Option<Instant>>(0)?.is_none()),
    )
    .await
}

fn notification(row: &Row<'_>) -> Result<Notification, StoreError> {
    Ok(Notification {
        id: row.get(0)?,
        user: row.get(1)?,
        kind: row.get(2)?,
        title: row.get(3)?,
        body: row.get(4)?,
        data: row.get(5)?,
        created_at: row.get(6)?,
        read_at: row.get(7)?,
    })
}

fn counted(row: &Row<'_>) -> Result<Unread, StoreError> {
    Ok(Unread { count: row.get(0)?, version: row.get(1)? })
}

fn cursor(row: &Row<'_>) -> Result<Cursor, StoreError> {
    Ok(Cursor::new(row.get(0)?, row.get(1)?))
}
