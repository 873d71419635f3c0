//! What plans are made from, beside schedules and tasks.

use std::collections::BTreeMap;

use domain::{
    calendar::MAX_SPAN,
    planning::{PlannedSession, Subtask, Subtasks},
};
use kernel::{Instant, TaskId, UserId};

use crate::{Column, Row, Sql, StoreError, Tx, calendar::seconds, values};

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

/// The sessions of `owner` that are planned for `tasks`, over or not, without the trash.
pub async fn sessions(tx: &mut Tx<'_>, owner: UserId, tasks: &[TaskId]) -> Result<Vec<PlannedSession>, StoreError> {
    let sql = Sql::each(
        "SELECT s.task_id, s.start_at, s.end_at, coalesce(p.state, 'NOT_STARTED')
         FROM schedules s LEFT JOIN progress p ON p.schedule_id = s.id AND p.recurrence_id = ''
         WHERE s.task_id = $1 AND s.owner_id = $2 AND s.role = 'event' AND s.deleted_at IS NULL AND s.rrule IS NULL",
        "SELECT s.task_id, s.start_at, s.end_at, coalesce(p.state, 'NOT_STARTED')
         FROM unnest($1::uuid[], $2::uuid[]) AS asked (task_id, owner_id) JOIN schedules s USING (task_id, owner_id)
         LEFT JOIN progress p ON p.schedule_id = s.id AND p.recurrence_id = ''
         WHERE s.role = 'event' AND s.deleted_at IS NULL AND s.rrule IS NULL",
    );
    let columns = [Column::Uuids(tasks.iter().map(|id| id.uuid()).collect()), Column::Uuids(vec![owner.uuid(); tasks.len()])];
    tx.batch_all(sql, &columns, session).await
}

// Not `IS NOT NULL`, for which SQLite would rather walk the sessions of everybody.
pub(crate) const SESSIONS_WITHIN: &str = "SELECT s.task_id, s.start_at, s.end_at, coalesce(p.state, 'NOT_STARTED')
     FROM schedules s LEFT JOIN progress p ON p.schedule_id = s.id AND p.recurrence_id = ''
     WHERE s.owner_id = $1 AND s.deleted_at IS NULL AND s.rrule IS NULL AND (s.task_id IS NULL) = false AND s.role = 'event'
       AND s.start_at >= $2 AND s.start_at < $3 AND s.end_at > $4 ORDER BY s.start_at, s.id LIMIT $5";

/// The sessions of `owner` that are planned for any task and have time in common with `from..to`, by start, at most `limit`.
pub async fn sessions_within(
    tx: &mut Tx<'_>,
    owner: UserId,
    (from, to): (Instant, Instant),
    limit: u32,
) -> Result<Vec<PlannedSession>, StoreError> {
    // Nothing lasts longer than MAX_SPAN, so nothing that starts before that can reach into the range.
    tx.all(SESSIONS_WITHIN, values![owner, from - MAX_SPAN, to, from, limit], session).await
}

fn session(row: &Row<'_>) -> Result<PlannedSession, StoreError> {
    Ok(PlannedSession { task: row.get(0)?, start: row.get(1)?, end: row.get(2)?, state: row.parse(3)? })
}

/// The estimates in seconds of those of `tasks` that are `owner`'s.
pub async fn estimates(tx: &mut Tx<'_>, owner: UserId, tasks: &[TaskId]) -> Result<Vec<(TaskId, Option<u32>)>, StoreError> {
    let sql = Sql::each(
        "SELECT id, estimate_seconds FROM tasks WHERE id = $1 AND owner_id = $2",
        "SELECT id, estimate_seconds FROM unnest($1::uuid[], $2::uuid[]) AS asked (id, owner_id) JOIN tasks USING (id, owner_id)",
    );
    let columns = [Column::Uuids(tasks.iter().map(|id| id.uuid()).collect()), Column::Uuids(vec![owner.uuid(); tasks.len()])];
    let estimate = |row: &Row<'_>| Ok((row.get(0)?, row.get::<Option<i64>>(1)?.map(seconds).transpose()?));
    tx.batch_all(sql, &columns, estimate).await
}

/// By when those of `tasks` are due that are `owner`'s and to be done: by the first of the deadlines of the task and of all that it is a
/// part of, up to where that is done or put away. One without any is not among them.
pub async fn due(tx: &mut Tx<'_>, owner: UserId, tasks: &[TaskId]) -> Result<BTreeMap<TaskId, Instant>, StoreError> {
    // As far up as tasks may lie deep, and never twice through the same.
    let sql = Sql::each(
        "WITH RECURSIVE above (task, whole, due) AS (
             SELECT id, parent_id, CASE WHEN deadline IS NOT NULL THEN sorts_at END FROM tasks
             WHERE owner_id = $1 AND id = $2 AND completed_at IS NULL AND archived_at IS NULL
             UNION SELECT above.task, t.parent_id, CASE WHEN t.deadline IS NOT NULL THEN t.sorts_at END
             FROM above CROSS JOIN tasks t
             WHERE t.owner_id = $1 AND t.id = above.whole AND t.completed_at IS NULL AND t.archived_at IS NULL
         ) SELECT task, min(due) FROM above WHERE due IS NOT NULL GROUP BY task",
        "WITH RECURSIVE above (owner_id, task, whole, due) AS (
             SELECT t.owner_id, t.id, t.parent_id, CASE WHEN t.deadline IS NOT NULL THEN t.sorts_at END
             FROM unnest($1::uuid[], $2::uuid[]) AS asked (owner_id, id) JOIN tasks t USING (owner_id, id)
             WHERE t.completed_at IS NULL AND t.archived_at IS NULL
             UNION SELECT t.owner_id, a.task, t.parent_id, CASE WHEN t.deadline IS NOT NULL THEN t.sorts_at END
             FROM above a JOIN tasks t ON t.owner_id = a.owner_id AND t.id = a.whole
             WHERE t.completed_at IS NULL AND t.archived_at IS NULL
         ) SELECT task, min(due) FROM above WHERE due IS NOT NULL GROUP BY task",
    );
    let columns = [Column::Uuids(vec![owner.uuid(); tasks.len()]), Column::Uuids(tasks.iter().map(|id| id.uuid()).collect())];
    Ok(tx.batch_all(sql, &columns, |row| Ok((row.get(0)?, row.get(1)?))).await?.into_iter().collect())
}

/// What of `tasks` that are `owner`'s is made of parts, with the parts of these.
pub async fn subtasks(tx: &mut Tx<'_>, owner: UserId, tasks: &[TaskId]) -> Result<Subtasks, StoreError> {
    let sql = Sql::each(
        "WITH RECURSIVE below (id, whole, estimate, open) AS (
             SELECT id, parent_id, estimate_seconds, completed_at IS NULL FROM tasks
             WHERE owner_id = $1 AND parent_id = $2 AND (completed_at IS NOT NULL OR archived_at IS NULL)
             UNION SELECT t.id, t.parent_id, t.estimate_seconds, t.completed_at IS NULL FROM below CROSS JOIN tasks t
             WHERE t.owner_id = $1 AND t.parent_id = below.id AND (t.completed_at IS NOT NULL OR t.archived_at IS NULL)
         ) SELECT id, whole, estimate, open FROM below",
        "WITH RECURSIVE below (owner_id, id, whole, estimate, open) AS (
             SELECT t.owner_id, t.id, t.parent_id, t.estimate_seconds, t.completed_at IS NULL
             FROM unnest($1::uuid[], $2::uuid[]) AS asked (owner_id, parent_id) JOIN tasks t USING (owner_id, parent_id)
             WHERE t.completed_at IS NOT NULL OR t.archived_at IS NULL
             UNION SELECT t.owner_id, t.id, t.parent_id, t.estimate_seconds, t.completed_at IS NULL
             FROM below b JOIN tasks t ON t.owner_id = b.owner_id AND t.parent_id = b.id
             WHERE t.completed_at IS NOT NULL OR t.archived_at IS NULL
         ) SELECT id, whole, estimate, open FROM below",
    );
    let columns = [Column::Uuids(vec![owner.uuid(); tasks.len()]), Column::Uuids(tasks.iter().map(|id| id.uuid()).collect())];
    let subtask = |row: &Row<'_>| {
        let estimate_seconds = row.get::<Option<i64>>(2)?.map(seconds).transpose()?;
        Ok(Subtask { id: row.get(0)?, whole: row.get(1)?, estimate_seconds, open: row.get(3)? })
    };
    Ok(tx.batch_all(sql, &columns, subtask).await?.into_iter().collect())
}
