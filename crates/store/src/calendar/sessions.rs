//! Schedules that belong to a task: the sessions planned for it, and the one that stands for its deadline.

use domain::calendar::Schedule;
use kernel::{Cursor, Instant, ScheduleId, TaskId, UserId};

use super::{schedule, with_reminders};
use crate::{Column, Sql, StoreError, Tx, values};

pub(crate) const OF_TASK: &str = concat!(
    "SELECT id FROM schedules WHERE task_id = $1 AND owner_id = $2 AND role = 'event' AND deleted_at IS NULL ",
    "AND (start_at, id) > ($3, $4) ORDER BY start_at, id LIMIT $5"
);

/// The sessions of a task that are not in the trash, by start, after `after`.
pub async fn of_task(
    tx: &mut Tx<'_>,
    owner: UserId,
    task: TaskId,
    after: Option<Cursor>,
    limit: u32,
) -> Result<Vec<Schedule>, StoreError> {
    let (at, id) = after.map_or((Instant::DISTANT_PAST, uuid::Uuid::nil()), |c| (c.at, c.id));
    let ids = tx.all(OF_TASK, values![task, owner, at, id, limit], |row| row.get::<ScheduleId>(0)).await?;
    let sql = select!("WHERE id = $1", "WHERE id = ANY ($1::uuid[]) ORDER BY start_at, id");
    let columns = [Column::Uuids(ids.iter().map(|id| id.uuid()).collect())];
    let rows = tx.batch_all(sql, &columns, schedule).await?;
    with_reminders(tx, rows).await
}

/// Which task a schedule is planned for, if it is a session. It is asked before anything is locked: sessions never change their task.
pub async fn task_of(tx: &mut Tx<'_>, owner: UserId, id: ScheduleId) -> Result<Option<TaskId>, StoreError> {
    let sql = "SELECT task_id FROM schedules WHERE id = $1 AND owner_id = $2 AND role = 'event'";
    let found: Option<Option<TaskId>> = tx.optional(sql, values![id, owner], |row| row.get(0)).await?;
    Ok(found.flatten())
}

/// The sessions of a task, in the trash or not, by id.
pub async fn ids_of_task(tx: &mut Tx<'_>, owner: UserId, task: TaskId) -> Result<Vec<ScheduleId>, StoreError> {
    tx.all(
        "SELECT id FROM schedules WHERE task_id = $1 AND owner_id = $2 AND role = 'event' ORDER BY id",
        values![task, owner],
        |row| row.get(0),
    )
    .await
}

/// How many sessions a task has, without the trash.
pub async fn count_of_task(tx: &mut Tx<'_>, owner: UserId, task: TaskId) -> Result<i64, StoreError> {
    tx.one(
        "SELECT count(*) FROM schedules WHERE task_id = $1 AND owner_id = $2 AND role = 'event' AND deleted_at IS NULL",
        values![task, owner],
        |row| row.get(0),
    )
    .await
}

/// The sessions of a task that are neither completed nor in the trash.
pub async fn open_of_task(tx: &mut Tx<'_>, owner: UserId, task: TaskId) -> Result<Vec<ScheduleId>, StoreError> {
    tx.all(
        "SELECT s.id FROM schedules s LEFT JOIN progress p ON p.schedule_id = s.id AND p.recurrence_id = ''
         WHERE s.task_id = $1 AND s.owner_id = $2 AND s.role = 'event' AND s.deleted_at IS NULL
           AND coalesce(p.state, 'NOT_STARTED') <> 'COMPLETED' ORDER BY s.id",
        values![task, owner],
        |row| row.get(0),
    )
    .await
}

/// Locks schedules of `owner`, lowest id first, for whoever changes several of them.
pub async fn hold(tx: &mut Tx<'_>, owner: UserId, ids: &[ScheduleId]) -> Result<(), StoreError> {
    // SQLite has one writer, who holds everything.
    let sql = Sql::each(
        "SELECT id FROM schedules WHERE owner_id = $1 AND id = $2",
        "SELECT s.id FROM unnest($1::uuid[], $2::uuid[]) AS asked (owner_id, id) JOIN schedules s USING (owner_id, id)
         ORDER BY s.id FOR UPDATE OF s",
    );
    let columns = [Column::Uuids(vec![owner.uuid(); ids.len()]), Column::Uuids(ids.iter().map(|id| id.uuid()).collect())];
    tx.batch_all(sql, &columns, |row| row.get::<ScheduleId>(0)).await?;
    Ok(())
}

/// The schedule that stands for the deadline of a task, locked until the transaction ends.
pub async fn deadline(tx: &mut Tx<'_>, owner: UserId, task: TaskId) -> Result<Option<Schedule>, StoreError> {
    let sql = select!(
        "WHERE task_id = $1 AND owner_id = $2 AND role = 'deadline'",
        "WHERE task_id = $1 AND owner_id = $2 AND role = 'deadline' FOR UPDATE"
    );
    let found = tx.optional(sql, values![task, owner], schedule).await?;
    Ok(with_reminders(tx, found.into_iter().collect()).await?.pop())
}

/// Which schedule stands for the deadline of a task, to read its alarms.
pub async fn deadline_id(tx: &mut Tx<'_>, owner: UserId, task: TaskId) -> Result<Option<ScheduleId>, StoreError> {
    tx.optional(
        "SELECT id FROM schedules WHERE task_id = $1 AND owner_id = $2 AND role = 'deadline'",
        values![task, owner],
        |row| row.get(0),
    )
    .await
}

/// Forgets the schedule that stands for the deadline of a task, with its reminders and alarms.
pub async fn forget_deadline(tx: &mut Tx<'_>, owner: UserId, task: TaskId) -> Result<(), StoreError> {
    tx.execute("DELETE FROM schedules WHERE task_id = $1 AND owner_id = $2 AND role = 'deadline'", values![task, owner]).await?;
    Ok(())
}
