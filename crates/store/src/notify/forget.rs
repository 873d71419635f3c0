//! Forgetting notifications: for housekeeping, which walks over all inboxes.
//!
//! The key of a notification goes with its row. It has done its work long ago: what writes a notification (an alarm that fires)
//! is settled in the same transaction and never comes back.

use kernel::{Instant, NotificationId, UserId};

use crate::{Column, Sql, StoreError, Tx, values};

/// What is old.
#[derive(Clone, Copy, Debug)]
pub struct Old {
    /// What was written before this, read or not.
    pub written_before: Instant,
    /// What was read or deleted before this.
    pub read_before: Instant,
}

/// A page of notifications in the order they were made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page {
    /// Its last row.
    pub last: NotificationId,
    /// Those of it that are old.
    pub old: Vec<(UserId, NotificationId)>,
    /// Whether what follows may be old as well.
    pub goes_on: bool,
}

/// The page after `after`, `None` if nothing follows. No index is kept for this: ids are in the order of time, and the walk ends
/// where nothing can be old.
pub async fn page(tx: &mut Tx<'_>, after: NotificationId, old: Old, limit: u32) -> Result<Option<Page>, StoreError> {
    let rows = tx
        .all(
            "SELECT id, user_id, created_at, created_at < $2 OR coalesce(read_at < $3, false) OR coalesce(deleted_at < $3, false)
             FROM notifications WHERE id > $1 ORDER BY id LIMIT $4",
            values![after, old.written_before, old.read_before, limit],
            |row| Ok((row.get::<NotificationId>(0)?, row.get::<UserId>(1)?, row.get::<Instant>(2)?, row.get::<bool>(3)?)),
        )
        .await?;
    let Some(&(last, _, written_at, _)) = rows.last() else { return Ok(None) };
    let goes_on = written_at < old.written_before.max(old.read_before);
    let old = rows.into_iter().filter(|(.., is_old)| *is_old).map(|(id, user, ..)| (user, id)).collect();
    Ok(Some(Page { last, old, goes_on }))
}

/// Deletes those of `rows` that are still old: whoever marked one as unread in the meantime keeps it. Answers, for each that is
/// gone, whose it was and whether it counted as unread. The inboxes must be locked.
pub async fn delete(tx: &mut Tx<'_>, rows: &[(UserId, NotificationId)], old: Old) -> Result<Vec<(UserId, bool)>, StoreError> {
    let columns = [
        Column::Uuids(rows.iter().map(|(user, _)| user.uuid()).collect()),
        Column::Uuids(rows.iter().map(|(_, id)| id.uuid()).collect()),
        Column::Instants(vec![old.written_before; rows.len()]),
        Column::Instants(vec![old.read_before; rows.len()]),
    ];
    tx.batch_all(
        Sql::each(
            "DELETE FROM notifications
             WHERE user_id = $1 AND id = $2 AND (created_at < $3 OR read_at < $4 OR deleted_at < $4)
             RETURNING user_id, read_at IS NULL AND deleted_at IS NULL",
            "DELETE FROM notifications n
             USING unnest($1::uuid[], $2::uuid[], $3::timestamptz[], $4::timestamptz[])
                 AS w (user_id, id, written_before, read_before)
             WHERE n.user_id = w.user_id AND n.id = w.id
               AND (n.created_at < w.written_before OR n.read_at < w.read_before OR n.deleted_at < w.read_before)
             RETURNING n.user_id, n.read_at IS NULL AND n.deleted_at IS NULL",
        ),
        &columns,
        |row| Ok((row.get(0)?, row.get(1)?)),
    )
    .await
}
