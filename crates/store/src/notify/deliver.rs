//! Writing notifications: each fact reaches a user once.

use std::{borrow::Cow, collections::BTreeMap};

use domain::notify::Notification;
use kernel::{NotificationId, UserId};
use uuid::Uuid;

use crate::{Column, Sql, StoreError, Tx};

/// A notification and the fact it comes from.
#[derive(Clone, Debug)]
pub struct Draft {
    /// Derived from the fact, never from the attempt: the same fact finds its notification there already.
    pub key: Uuid,
    /// What the user is told.
    pub notification: Notification,
}

/// How an inbox stands after a change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Inbox {
    /// Whose.
    pub user: UserId,
    /// Unread notifications.
    pub unread: i64,
    /// Grows with every change of the count.
    pub version: i64,
}

/// Writes the notifications whose facts are new; answers their ids, in no particular order.
pub async fn insert(tx: &mut Tx<'_>, drafts: &[Draft]) -> Result<Vec<NotificationId>, StoreError> {
    let all = || drafts.iter().map(|d| &d.notification);
    let columns = [
        Column::Uuids(all().map(|n| n.id.uuid()).collect()),
        Column::Uuids(all().map(|n| n.user.uuid()).collect()),
        Column::Uuids(drafts.iter().map(|d| d.key).collect()),
        Column::Texts(all().map(|n| Cow::Borrowed(n.kind.as_str())).collect()),
        Column::Texts(all().map(|n| Cow::Borrowed(n.title.as_str())).collect()),
        Column::Texts(all().map(|n| Cow::Borrowed(n.body.as_str())).collect()),
        Column::Texts(all().map(|n| Cow::Borrowed(n.data.as_str())).collect()),
        Column::Instants(all().map(|n| n.created_at).collect()),
    ];
    let written = tx
        .batch_insert(
            Sql::each(
                "INSERT INTO notifications (id, user_id, key, kind, title, body, data, created_at)
                 VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (user_id, key) DO NOTHING",
                "INSERT INTO notifications (id, user_id, key, kind, title, body, data, created_at)
                 SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::text[], $5::text[], $6::text[], $7::text[],
                     $8::timestamptz[])
                 ON CONFLICT (user_id, key) DO NOTHING RETURNING id",
            ),
            &columns,
        )
        .await?;
    Ok(written.into_iter().map(NotificationId::from_uuid).collect())
}

/// Adds to the unread counts. Locks the inboxes lowest user first, so that two batches never wait for each other in a circle.
pub async fn add_unread(tx: &mut Tx<'_>, added: &BTreeMap<UserId, i64>) -> Result<Vec<Inbox>, StoreError> {
    let columns = [Column::Uuids(added.keys().map(|u| u.uuid()).collect()), Column::Ints(added.values().copied().collect())];
    tx.batch_update(
        Sql::each(
            "UPDATE inboxes SET unread = unread + $2, version = version + 1 WHERE user_id = $1",
            "WITH wanted AS (
                 SELECT i.user_id, w.count FROM unnest($1::uuid[], $2::bigint[]) AS w (user_id, count)
                 JOIN inboxes i ON i.user_id = w.user_id ORDER BY i.user_id FOR UPDATE OF i
             )
             UPDATE inboxes i SET unread = i.unread + wanted.count, version = i.version + 1
             FROM wanted WHERE i.user_id = wanted.user_id RETURNING i.user_id, i.unread, i.version",
        ),
        "SELECT user_id, unread, version FROM inboxes WHERE user_id = $1",
        &columns,
        |row| Ok(Inbox { user: row.get(0)?, unread: row.get(1)?, version: row.get(2)? }),
    )
    .await
}
