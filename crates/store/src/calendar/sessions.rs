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

/// The sessions of a task, in the trash or not, by id: as they are locked.
pub async fn ids_of_task(tx: &mut Tx<'_>, owner: UserId, task: TaskId) -> Result<Vec<ScheduleId>, StoreError> {
    tx.all(
        "SELECT id FROM schedules WHERE task_id = $1 AND owner_id = $2 AND role = 'event' ORDER BY id",
        values![task, owner],
        |row| row.get(0),
    )
    .await
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
