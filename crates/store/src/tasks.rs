//! Tasks and who waits for whom.
//!
//! Whoever changes tasks has locked their owner ([`crate::identity::users::lock`]): edits of one owner that together would make
//! tasks wait for each other in a circle never run side by side.

pub mod lists;

use std::collections::BTreeSet;

use domain::{
    calendar::labels::Labels,
    tasks::{Deadline, Task},
};
use kernel::{Instant, Resolved, ScheduleId, TaskId, UserId};

use crate::{Column, Row, Sql, StoreError, Tx, Value, labels::tags, search, values};

/// The columns of a task, in the order [`task`] reads them.
macro_rules! columns {
    () => {
        concat!(
            "id, owner_id, title, description, deadline, time_zone, sorts_at, importance, difficulty, estimate_seconds, parent_id, \
             completed_at, completed_by, archived_at, version, created_at, updated_at, category_id, \
             (SELECT part.id ",
            from_open_subtasks!(),
            " LIMIT 1) IS NOT NULL"
        )
    };
}
use columns;

/// `FROM` the subtasks of a task that are to be done. Not for an `EXISTS` alone, for which PostgreSQL may gather those of everybody.
macro_rules! from_open_subtasks {
    () => {
        "FROM tasks AS part WHERE part.owner_id = tasks.owner_id AND part.parent_id = tasks.id
             AND part.completed_at IS NULL AND part.archived_at IS NULL"
    };
}
use from_open_subtasks;

/// Where a task without a deadline stands among the others: behind them.
const NEVER: Instant = Instant::from_micros(Instant::MAX.as_micros() - 1);

/// Where a task stands among others by deadline.
pub fn place(task: &Task) -> Instant {
    task.deadline.as_ref().map_or(NEVER, |deadline| deadline.at.instant)
}

/// Writes a new task with its dependencies, with those of its tags that exist, and with what it is found by; its reminders belong to
/// the schedule of its deadline.
pub async fn insert(tx: &mut Tx<'_>, task: &Task) -> Result<(), StoreError> {
    let mut params = changing(task);
    params.push(Value::from(task.created_at));
    tx.execute(
        "INSERT INTO tasks (id, owner_id, title, description, deadline, time_zone, sorts_at, importance, difficulty,
             estimate_seconds, parent_id, completed_at, completed_by, archived_at, version, updated_at, category_id, created_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18)",
        &params,
    )
    .await?;
    tags::give_task(tx, (task.owner, task.id), &task.labels.tags).await?;
    search::put_task(tx, task).await?;
    depend(tx, task.owner, task.id, &task.depends_on).await
}

/// Writes everything of a task back that may change, but not its dependencies and tags.
pub async fn update(tx: &mut Tx<'_>, task: &Task) -> Result<(), StoreError> {
    let touched = tx
        .execute(
            "UPDATE tasks SET title = $3, description = $4, deadline = $5, time_zone = $6, sorts_at = $7, importance = $8,
                 difficulty = $9, estimate_seconds = $10, parent_id = $11, completed_at = $12, completed_by = $13,
                 archived_at = $14, version = $15, updated_at = $16, category_id = $17
             WHERE id = $1 AND owner_id = $2",
            &changing(task),
        )
        .await?;
    if touched == 1 { Ok(()) } else { Err(StoreError::Bug("a task vanished while it was changed".to_owned())) }
}

/// The values of [`insert`] and [`update`], in their order.
fn changing(task: &Task) -> Vec<Value<'_>> {
    let deadline = task.deadline.as_ref();
    vec![
        Value::from(task.id),
        Value::from(task.owner),
        Value::from(&task.title),
        Value::from(&task.description),
        Value::from(deadline.map(|deadline| deadline.by.to_string())),
        Value::from(deadline.map(|deadline| deadline.zone.name())),
        Value::from(place(task)),
        Value::from(task.importance),
        Value::from(task.difficulty),
        Value::from(task.estimate_seconds),
        Value::from(task.parent),
        Value::from(task.completed_at),
        Value::from(task.completed_by),
        Value::from(task.archived_at),
        Value::from(task.version),
        Value::from(task.updated_at),
        Value::from(task.labels.category),
    ]
}

/// Notes that tasks changed through another; answers their versions.
pub async fn touch(tx: &mut Tx<'_>, owner: UserId, ids: &[TaskId], now: Instant) -> Result<Vec<(TaskId, i64)>, StoreError> {
    let sql = Sql::each(
        "UPDATE tasks SET version = version + 1, updated_at = $3 WHERE owner_id = $1 AND id = $2 RETURNING id, version",
        "UPDATE tasks t SET version = version + 1, updated_at = e.at FROM unnest($1::uuid[], $2::uuid[], $3::timestamptz[])
             AS e (owner_id, id, at) WHERE t.owner_id = e.owner_id AND t.id = e.id RETURNING t.id, t.version",
    );
    let columns = [
        Column::Uuids(vec![owner.uuid(); ids.len()]),
        Column::Uuids(ids.iter().map(|id| id.uuid()).collect()),
        Column::Instants(vec![now; ids.len()]),
    ];
    tx.batch_all(sql, &columns, |row| Ok((row.get(0)?, row.get(1)?))).await
}

/// Forgets a task and what waits for it through it. Its subtasks, its sessions and its deadline have been taken away before.
pub async fn delete(tx: &mut Tx<'_>, owner: UserId, id: TaskId) -> Result<(), StoreError> {
    tx.execute("DELETE FROM tasks WHERE id = $1 AND owner_id = $2", values![id, owner]).await?;
    Ok(())
}

/// Makes the subtasks of a task those of another, or of none.
pub async fn lift(tx: &mut Tx<'_>, owner: UserId, from: TaskId, to: Option<TaskId>) -> Result<(), StoreError> {
    tx.execute("UPDATE tasks SET parent_id = $3 WHERE parent_id = $2 AND owner_id = $1", values![owner, from, to]).await?;
    Ok(())
}

/// Lets a task wait for others of its owner.
pub async fn depend(tx: &mut Tx<'_>, owner: UserId, task: TaskId, on: &BTreeSet<TaskId>) -> Result<(), StoreError> {
    edges(
        tx,
        Sql::each(
            "INSERT INTO task_dependencies (owner_id, task_id, depends_on_id) VALUES ($1, $2, $3)",
            "INSERT INTO task_dependencies (owner_id, task_id, depends_on_id)
             SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::uuid[])",
        ),
        (owner, task, on),
    )
    .await
}

/// Lets a task wait for others no more.
pub async fn release(tx: &mut Tx<'_>, owner: UserId, task: TaskId, on: &BTreeSet<TaskId>) -> Result<(), StoreError> {
    edges(
        tx,
        Sql::each(
            "DELETE FROM task_dependencies WHERE owner_id = $1 AND task_id = $2 AND depends_on_id = $3",
            "DELETE FROM task_dependencies d USING unnest($1::uuid[], $2::uuid[], $3::uuid[]) AS e (owner_id, task_id, depends_on_id)
             WHERE d.owner_id = e.owner_id AND d.task_id = e.task_id AND d.depends_on_id = e.depends_on_id",
        ),
        (owner, task, on),
    )
    .await
}

async fn edges(tx: &mut Tx<'_>, sql: Sql, (owner, task, on): (UserId, TaskId, &BTreeSet<TaskId>)) -> Result<(), StoreError> {
    let columns = [
        Column::Uuids(vec![owner.uuid(); on.len()]),
        Column::Uuids(vec![task.uuid(); on.len()]),
        Column::Uuids(on.iter().map(|id| id.uuid()).collect()),
    ];
    tx.batch(sql, &columns).await?;
    Ok(())
}

const FIND: &str = concat!("SELECT ", columns!(), " FROM tasks WHERE id = $1 AND owner_id = $2");

/// The task `id` of `owner`.
pub async fn find(tx: &mut Tx<'_>, owner: UserId, id: TaskId) -> Result<Option<Task>, StoreError> {
    let found = tx.optional(FIND, values![id, owner], task).await?;
    Ok(whole(tx, owner, found.into_iter().collect()).await?.pop())
}

/// The same, locked until the transaction ends, for who has not locked its owner.
pub async fn lock(tx: &mut Tx<'_>, owner: UserId, id: TaskId) -> Result<Option<Task>, StoreError> {
    let sql = Sql::each(FIND, concat!("SELECT ", columns!(), " FROM tasks WHERE id = $1 AND owner_id = $2 FOR UPDATE"));
    let found = tx.optional(sql, values![id, owner], task).await?;
    Ok(whole(tx, owner, found.into_iter().collect()).await?.pop())
}

/// Which of `ids` are tasks of `owner`.
pub async fn known(tx: &mut Tx<'_>, owner: UserId, ids: &BTreeSet<TaskId>) -> Result<BTreeSet<TaskId>, StoreError> {
    let sql = Sql::each(
        "SELECT id FROM tasks WHERE owner_id = $1 AND id = $2",
        "SELECT id FROM unnest($1::uuid[], $2::uuid[]) AS asked (owner_id, id) JOIN tasks USING (owner_id, id)",
    );
    let columns = [Column::Uuids(vec![owner.uuid(); ids.len()]), Column::Uuids(ids.iter().map(|id| id.uuid()).collect())];
    let known = tx.batch_all(sql, &columns, |row| row.get(0)).await?;
    Ok(known.into_iter().collect())
}

/// How many tasks `owner` has, counting to at most `most`.
pub async fn count(tx: &mut Tx<'_>, owner: UserId, most: u32) -> Result<i64, StoreError> {
    tx.one("SELECT count(*) FROM (SELECT 1 FROM tasks WHERE owner_id = $1 LIMIT $2) AS own", values![owner, most], |row| {
        row.get(0)
    })
    .await
}

// The joins are crossed so that SQLite goes from what is reached to what that waits for. By its own choice it went through all
// dependencies of the owner for each task that is reached.
pub(crate) const WAITS: Sql = Sql::each(
    "WITH RECURSIVE reached (id) AS (
         SELECT $2
         UNION SELECT d.depends_on_id FROM reached CROSS JOIN task_dependencies d WHERE d.owner_id = $1 AND d.task_id = reached.id
         UNION SELECT t.id FROM reached CROSS JOIN tasks t WHERE t.owner_id = $1 AND t.parent_id = reached.id
     )
     SELECT reached.id, d.depends_on_id FROM reached CROSS JOIN task_dependencies d WHERE d.owner_id = $1 AND d.task_id = reached.id
     UNION ALL SELECT reached.id, t.id FROM reached CROSS JOIN tasks t WHERE t.owner_id = $1 AND t.parent_id = reached.id",
    "WITH RECURSIVE reached (id) AS (
         SELECT $2::uuid
         UNION SELECT n.id FROM reached r CROSS JOIN LATERAL (
             SELECT d.depends_on_id AS id FROM task_dependencies d WHERE d.owner_id = $1 AND d.task_id = r.id
             UNION ALL SELECT t.id FROM tasks t WHERE t.owner_id = $1 AND t.parent_id = r.id
         ) n
     )
     SELECT r.id, n.id FROM reached r CROSS JOIN LATERAL (
         SELECT d.depends_on_id AS id FROM task_dependencies d WHERE d.owner_id = $1 AND d.task_id = r.id
         UNION ALL SELECT t.id FROM tasks t WHERE t.owner_id = $1 AND t.parent_id = r.id
     ) n",
);

/// Who waits for whom, as far as `task` waits, directly or not: for what a task depends on, and for its subtasks.
pub async fn waits(tx: &mut Tx<'_>, owner: UserId, task: TaskId) -> Result<Vec<(TaskId, TaskId)>, StoreError> {
    tx.all(WAITS, values![owner, task], |row| Ok((row.get(0)?, row.get(1)?))).await
}

/// Which task `id` is a part of.
pub async fn parent(tx: &mut Tx<'_>, owner: UserId, id: TaskId) -> Result<Option<TaskId>, StoreError> {
    let sql = "SELECT parent_id FROM tasks WHERE id = $1 AND owner_id = $2";
    let found: Option<Option<TaskId>> = tx.optional(sql, values![id, owner], |row| row.get(0)).await?;
    Ok(found.flatten())
}

/// The subtasks of some tasks; those that are to be done, or all.
pub async fn subtasks(tx: &mut Tx<'_>, owner: UserId, of: &[TaskId], active: bool) -> Result<Vec<TaskId>, StoreError> {
    let sql = Sql::each(
        "SELECT id FROM tasks WHERE parent_id = $2 AND owner_id = $1
           AND ($3 = 0 OR (completed_at IS NULL AND archived_at IS NULL)) ORDER BY id",
        "SELECT t.id FROM unnest($1::uuid[], $2::uuid[], $3::bigint[]) AS p (owner, id, active)
             JOIN tasks t ON t.parent_id = p.id AND t.owner_id = p.owner
         WHERE p.active = 0 OR (t.completed_at IS NULL AND t.archived_at IS NULL) ORDER BY t.id",
    );
    let columns = [
        Column::Uuids(vec![owner.uuid(); of.len()]),
        Column::Uuids(of.iter().map(|id| id.uuid()).collect()),
        Column::Ints(vec![i64::from(active); of.len()]),
    ];
    tx.batch_all(sql, &columns, |row| row.get(0)).await
}

/// How many dependencies the tasks of `owner` have together, counting to at most `most`.
pub async fn count_dependencies(tx: &mut Tx<'_>, owner: UserId, most: u32) -> Result<i64, StoreError> {
    tx.one(
        "SELECT count(*) FROM (SELECT 1 FROM task_dependencies WHERE owner_id = $1 LIMIT $2) AS own",
        values![owner, most],
        |row| row.get(0),
    )
    .await
}

/// Which tasks depend on `id`.
pub async fn dependents(tx: &mut Tx<'_>, owner: UserId, id: TaskId) -> Result<Vec<TaskId>, StoreError> {
    let sql = "SELECT task_id FROM task_dependencies WHERE owner_id = $1 AND depends_on_id = $2 ORDER BY task_id";
    tx.all(sql, values![owner, id], |row| row.get(0)).await
}

/// Tasks with everything that lies in other tables: what they depend on, what of it is open, their reminders and tags.
async fn whole(tx: &mut Tx<'_>, owner: UserId, mut tasks: Vec<Task>) -> Result<Vec<Task>, StoreError> {
    let columns = [Column::Uuids(vec![owner.uuid(); tasks.len()]), Column::Uuids(tasks.iter().map(|t| t.id.uuid()).collect())];
    let dependencies = Sql::each(
        "SELECT d.task_id, d.depends_on_id, p.completed_at IS NULL AND p.archived_at IS NULL
         FROM task_dependencies d JOIN tasks p ON p.id = d.depends_on_id
         WHERE d.owner_id = $1 AND d.task_id = $2 ORDER BY d.depends_on_id",
        "SELECT d.task_id, d.depends_on_id, p.completed_at IS NULL AND p.archived_at IS NULL
         FROM unnest($1::uuid[], $2::uuid[]) AS asked (owner_id, task_id)
         JOIN task_dependencies d USING (owner_id, task_id) JOIN tasks p ON p.id = d.depends_on_id
         ORDER BY d.task_id, d.depends_on_id",
    );
    let found = tx.batch_all(dependencies, &columns, |row| Ok((row.get::<TaskId>(0)?, row.get(1)?, row.get::<bool>(2)?))).await?;
    for (of, on, is_open) in found {
        if let Some(task) = tasks.iter_mut().find(|task| task.id == of) {
            task.depends_on.insert(on);
            task.blocked_by.extend(is_open.then_some(on));
        }
    }
    let reminders = Sql::each(
        "SELECT s.task_id, r.id, r.before_seconds, r.relative_to, r.at, r.critical FROM schedules s JOIN reminders r ON r.schedule_id = s.id
         WHERE s.owner_id = $1 AND s.task_id = $2 AND s.role = 'deadline' AND r.retired_at IS NULL ORDER BY r.position",
        "SELECT s.task_id, r.id, r.before_seconds, r.relative_to, r.at, r.critical FROM unnest($1::uuid[], $2::uuid[]) AS asked (owner_id, task_id)
         JOIN schedules s ON s.owner_id = asked.owner_id AND s.task_id = asked.task_id AND s.role = 'deadline'
         JOIN reminders r ON r.schedule_id = s.id WHERE r.retired_at IS NULL ORDER BY s.task_id, r.position",
    );
    let found = tx.batch_all(reminders, &columns, |row| Ok((row.get::<TaskId>(0)?, crate::calendar::reminder(row)?))).await?;
    for (of, reminder) in found {
        if let Some(task) = tasks.iter_mut().find(|task| task.id == of) {
            task.reminders.push(reminder);
        }
    }
    let ids: Vec<TaskId> = tasks.iter().map(|task| task.id).collect();
    for (of, _, name) in tags::of_tasks(tx, &ids).await? {
        if let Some(task) = tasks.iter_mut().find(|task| task.id == of) {
            task.labels.tags.push(name);
        }
    }
    Ok(tasks)
}

fn task(row: &Row<'_>) -> Result<Task, StoreError> {
    Ok(Task {
        id: row.get(0)?,
        owner: row.get(1)?,
        title: row.get(2)?,
        description: row.get(3)?,
        labels: Labels { category: row.get(17)?, tags: Vec::new() },
        deadline: row.get::<Option<String>>(4)?.map(|_| deadline(row)).transpose()?,
        importance: row.get(7)?,
        difficulty: row.get(8)?,
        estimate_seconds: row.get::<Option<i64>>(9)?.map(crate::calendar::seconds).transpose()?,
        parent: row.get(10)?,
        depends_on: BTreeSet::new(),
        blocked_by: Vec::new(),
        has_open_subtasks: row.get(18)?,
        reminders: Vec::new(),
        completed_at: row.get(11)?,
        completed_by: row.get::<Option<ScheduleId>>(12)?,
        archived_at: row.get(13)?,
        version: row.get(14)?,
        created_at: row.get(15)?,
        updated_at: row.get(16)?,
    })
}

fn deadline(row: &Row<'_>) -> Result<Deadline, StoreError> {
    let deadline = Deadline::new(row.parse(4)?, row.parse(5)?);
    // What was kept is what the lists go by, also when the rules of a zone have changed since.
    Ok(Deadline { at: Resolved { instant: row.get(6)?, ..deadline.at }, ..deadline })
}
