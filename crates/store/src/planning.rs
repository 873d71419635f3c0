//! What plans are made from, beside schedules and tasks.

use kernel::{Instant, TaskId, UserId};

use crate::{Column, Sql, StoreError, Tx, values};

/// From when on the work of `owner` says something of their habits.
pub async fn habits_since(tx: &mut Tx<'_>, owner: UserId) -> Result<Option<Instant>, StoreError> {
    let since = tx.optional("SELECT habits_since FROM users WHERE id = $1", values![owner], |row| row.get(0)).await?;
    Ok(since.flatten())
}

/// Lets only work after `at` say something of them.
pub async fn forget_habits(tx: &mut Tx<'_>, owner: UserId, at: Instant) -> Result<(), StoreError> {
    tx.execute("UPDATE users SET habits_since = $2 WHERE id = $1", values![owner, at]).await?;
    Ok(())
}

/// The sessions of `owner` that are planned for `tasks` and not over at `now`: for which task, and from when to when.
pub async fn sessions_ahead(
    tx: &mut Tx<'_>,
    owner: UserId,
    tasks: &[TaskId],
    now: Instant,
) -> Result<Vec<(TaskId, Instant, Instant)>, StoreError> {
    let sql = Sql::each(
        "SELECT task_id, start_at, end_at FROM schedules
         WHERE task_id = $1 AND owner_id = $2 AND role = 'event' AND deleted_at IS NULL AND rrule IS NULL AND end_at > $3",
        "SELECT s.task_id, s.start_at, s.end_at FROM schedules s
         JOIN unnest($1::uuid[], $2::uuid[], $3::timestamptz[]) AS asked (task_id, owner_id, at) USING (task_id, owner_id)
         WHERE s.role = 'event' AND s.deleted_at IS NULL AND s.rrule IS NULL AND s.end_at > asked.at",
    );
    let columns = [
        Column::Uuids(tasks.iter().map(|id| id.uuid()).collect()),
        Column::Uuids(vec![owner.uuid(); tasks.len()]),
        Column::Instants(vec![now; tasks.len()]),
    ];
    tx.batch_all(sql, &columns, |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?))).await
}
