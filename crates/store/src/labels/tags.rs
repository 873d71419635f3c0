//! Tags, and the schedules and tasks that have them. Whoever changes tags, or those of something, has locked their owner.

use domain::calendar::labels::{Colour, LabelName, Tag};
use kernel::{Instant, ScheduleId, TagId, TaskId, UserId};

use crate::{Column, Row, Sql, StoreError, Tx, values};

/// Every column of [`Tag`], in the order [`tag`] reads them.
macro_rules! columns {
    () => {
        "id, owner_id, name, colour, version, created_at, updated_at"
    };
}

/// `SELECT` of tags with their counts, followed by the rest of the statement.
macro_rules! counted {
    ($rest:literal) => {
        concat!(
            "SELECT ",
            columns!(),
            ", (SELECT count(*) FROM schedule_tags t JOIN schedules s ON s.id = t.schedule_id
             WHERE t.tag_id = tags.id AND s.deleted_at IS NULL), (SELECT count(*) FROM task_tags t WHERE t.tag_id = tags.id) FROM tags ",
            $rest
        )
    };
}

/// How much has a tag.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Uses {
    /// Schedules that do not lie in the trash.
    pub schedules: i64,
    /// Tasks, those that are put away too.
    pub tasks: i64,
}

/// A tag, and how much has it.
pub type Counted = (Tag, Uses);

/// All of `owner` with their counts, in no order.
pub async fn all(tx: &mut Tx<'_>, owner: UserId) -> Result<Vec<Counted>, StoreError> {
    tx.all(counted!("WHERE owner_id = $1"), values![owner], counted).await
}

/// One of `owner`.
pub async fn find(tx: &mut Tx<'_>, owner: UserId, id: TagId) -> Result<Option<Counted>, StoreError> {
    tx.optional(counted!("WHERE id = $1 AND owner_id = $2"), values![id, owner], counted).await
}

/// The one of `owner` that has this name.
pub async fn named(tx: &mut Tx<'_>, owner: UserId, name: &LabelName) -> Result<Option<Tag>, StoreError> {
    let sql = concat!("SELECT ", columns!(), " FROM tags WHERE owner_id = $1 AND name_key = $2");
    tx.optional(sql, values![owner, name.key()], tag).await
}

/// What those of `owner` are called, in no order.
pub async fn names_of(tx: &mut Tx<'_>, owner: UserId) -> Result<Vec<LabelName>, StoreError> {
    tx.all("SELECT name FROM tags WHERE owner_id = $1", values![owner], |row| Ok(LabelName::kept(row.get(0)?))).await
}

/// How many `owner` has.
pub async fn count(tx: &mut Tx<'_>, owner: UserId) -> Result<i64, StoreError> {
    tx.one("SELECT count(*) FROM tags WHERE owner_id = $1", values![owner], |row| row.get(0)).await
}

/// Writes a new one.
pub async fn insert(tx: &mut Tx<'_>, tag: &Tag) -> Result<(), StoreError> {
    tx.execute(
        "INSERT INTO tags (id, owner_id, name, name_key, colour, marks, version, created_at, updated_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        values![
            tag.id,
            tag.owner,
            tag.name.as_str(),
            tag.name.key(),
            tag.colour.as_ref().map(Colour::as_str),
            mark(tag.id),
            tag.version,
            tag.created_at,
            tag.updated_at
        ],
    )
    .await?;
    Ok(())
}

/// What stands for a tag where schedules are searched.
pub(crate) fn mark(id: TagId) -> String {
    id.uuid().simple().to_string()
}

/// Writes everything back that may change. What has it shows it: see [`touch`].
pub async fn update(tx: &mut Tx<'_>, tag: &Tag) -> Result<(), StoreError> {
    tx.execute(
        "UPDATE tags SET name = $3, name_key = $4, colour = $5, version = $6, updated_at = $7 WHERE id = $1 AND owner_id = $2",
        values![
            tag.id,
            tag.owner,
            tag.name.as_str(),
            tag.name.key(),
            tag.colour.as_ref().map(Colour::as_str),
            tag.version,
            tag.updated_at
        ],
    )
    .await?;
    Ok(())
}

/// A new version for everything in a table that has a tag, locked lowest id first.
macro_rules! touched {
    ($table:literal, $tagged:literal, $id:literal) => {
        Sql::each(
            concat!(
                "UPDATE ",
                $table,
                " SET version = version + 1, updated_at = $3
                 WHERE owner_id = $1 AND id IN (SELECT ",
                $id,
                " FROM ",
                $tagged,
                " WHERE tag_id = $2)"
            ),
            concat!(
                "WITH touched AS (
                     SELECT id FROM ",
                $table,
                "
                     WHERE owner_id = $1 AND id IN (SELECT ",
                $id,
                " FROM ",
                $tagged,
                " WHERE tag_id = $2) ORDER BY id FOR UPDATE
                 )
                 UPDATE ",
                $table,
                " AS t SET version = t.version + 1, updated_at = $3 FROM touched WHERE t.id = touched.id"
            ),
        )
    };
}

/// Gives the tasks and schedules of `owner` that have a tag a new version: what is shown of them changes.
pub async fn touch(tx: &mut Tx<'_>, owner: UserId, id: TagId, now: Instant) -> Result<(), StoreError> {
    let (tasks, schedules) = (touched!("tasks", "task_tags", "task_id"), touched!("schedules", "schedule_tags", "schedule_id"));
    for sql in [tasks, schedules] {
        tx.execute(sql, values![owner, id, now]).await?;
    }
    Ok(())
}

/// Forgets one; nothing has it any more.
pub async fn delete(tx: &mut Tx<'_>, owner: UserId, id: TagId) -> Result<(), StoreError> {
    tx.execute("DELETE FROM tags WHERE id = $1 AND owner_id = $2", values![id, owner]).await?;
    Ok(())
}

/// Makes two tags of `owner` one: what has `from` has `into`, and is found by it, and `from` is no more.
pub async fn merge(tx: &mut Tx<'_>, owner: UserId, from: TagId, into: TagId) -> Result<(), StoreError> {
    for sql in [
        "INSERT INTO task_tags (task_id, tag_id) SELECT task_id, $2 FROM task_tags WHERE tag_id = $1
         ON CONFLICT (task_id, tag_id) DO NOTHING",
        "INSERT INTO schedule_tags (schedule_id, tag_id) SELECT schedule_id, $2 FROM schedule_tags WHERE tag_id = $1
         ON CONFLICT (schedule_id, tag_id) DO NOTHING",
    ] {
        tx.execute(sql, values![from, into]).await?;
    }
    tx.execute(
        "UPDATE tags SET marks = marks || ' ' || (SELECT other.marks FROM tags other WHERE other.id = $1)
         WHERE id = $2 AND owner_id = $3",
        values![from, into, owner],
    )
    .await?;
    delete(tx, owner, from).await
}

/// Notes that something has some tags of its owner.
macro_rules! given {
    ($tagged:literal, $id:literal) => {
        Sql::each(
            concat!(
                "INSERT INTO ",
                $tagged,
                " (",
                $id,
                ", tag_id) SELECT $1, id FROM tags WHERE owner_id = $2 AND name_key = $3"
            ),
            concat!(
                "INSERT INTO ",
                $tagged,
                " (",
                $id,
                ", tag_id)
                 SELECT e.id, t.id FROM unnest($1::uuid[], $2::uuid[], $3::text[]) AS e (id, owner_id, name_key)
                 JOIN tags t ON t.owner_id = e.owner_id AND t.name_key = e.name_key"
            ),
        )
    };
}

async fn given(tx: &mut Tx<'_>, sql: Sql, (owner, to): (UserId, uuid::Uuid), names: &[LabelName]) -> Result<(), StoreError> {
    let columns = [
        Column::Uuids(vec![to; names.len()]),
        Column::Uuids(vec![owner.uuid(); names.len()]),
        Column::Texts(names.iter().map(|name| name.key().into()).collect()),
    ];
    tx.batch(sql, &columns).await?;
    Ok(())
}

/// Gives a schedule those tags of its owner that have these names, in the place of those it had.
pub async fn assign(tx: &mut Tx<'_>, (owner, schedule): (UserId, ScheduleId), names: &[LabelName]) -> Result<(), StoreError> {
    tx.execute("DELETE FROM schedule_tags WHERE schedule_id = $1", values![schedule]).await?;
    give(tx, (owner, schedule), names).await
}

/// Gives a schedule that has none yet those tags of its owner that have these names.
pub(crate) async fn give(
    tx: &mut Tx<'_>,
    (owner, schedule): (UserId, ScheduleId),
    names: &[LabelName],
) -> Result<(), StoreError> {
    given(tx, given!("schedule_tags", "schedule_id"), (owner, schedule.uuid()), names).await
}

/// Gives a task those tags of its owner that have these names, in the place of those it had.
pub async fn assign_task(tx: &mut Tx<'_>, (owner, task): (UserId, TaskId), names: &[LabelName]) -> Result<(), StoreError> {
    tx.execute("DELETE FROM task_tags WHERE task_id = $1", values![task]).await?;
    give_task(tx, (owner, task), names).await
}

/// Gives a task that has none yet those tags of its owner that have these names.
pub(crate) async fn give_task(tx: &mut Tx<'_>, (owner, task): (UserId, TaskId), names: &[LabelName]) -> Result<(), StoreError> {
    given(tx, given!("task_tags", "task_id"), (owner, task.uuid()), names).await
}

/// The tags of schedules, by name.
pub async fn of_schedules(tx: &mut Tx<'_>, ids: &[ScheduleId]) -> Result<Vec<(ScheduleId, TagId, LabelName)>, StoreError> {
    let columns = [Column::Uuids(ids.iter().map(|id| id.uuid()).collect())];
    Ok(by_name(tx.batch_all(OF_SCHEDULES, &columns, of_schedule).await?))
}

pub(crate) const OF_SCHEDULES: Sql = Sql::each(
    "SELECT st.schedule_id, t.id, t.name FROM schedule_tags st JOIN tags t ON t.id = st.tag_id
     WHERE st.schedule_id = $1",
    "SELECT st.schedule_id, t.id, t.name FROM schedule_tags st JOIN tags t ON t.id = st.tag_id
     WHERE st.schedule_id = ANY ($1::uuid[])",
);

pub(crate) fn of_schedule(row: &Row<'_>) -> Result<(ScheduleId, TagId, LabelName), StoreError> {
    Ok((row.get(0)?, row.get(1)?, LabelName::kept(row.get(2)?)))
}

/// The tags of tasks, by name.
pub async fn of_tasks(tx: &mut Tx<'_>, ids: &[TaskId]) -> Result<Vec<(TaskId, TagId, LabelName)>, StoreError> {
    let sql = Sql::each(
        "SELECT tt.task_id, t.id, t.name FROM task_tags tt JOIN tags t ON t.id = tt.tag_id WHERE tt.task_id = $1",
        "SELECT tt.task_id, t.id, t.name FROM task_tags tt JOIN tags t ON t.id = tt.tag_id WHERE tt.task_id = ANY ($1::uuid[])",
    );
    let columns = [Column::Uuids(ids.iter().map(|id| id.uuid()).collect())];
    let found = tx.batch_all(sql, &columns, |row| Ok((row.get(0)?, row.get(1)?, LabelName::kept(row.get(2)?)))).await?;
    Ok(by_name(found))
}

/// Here, because the engines have orders of their own for text.
pub(crate) fn by_name<I>(mut tags: Vec<(I, TagId, LabelName)>) -> Vec<(I, TagId, LabelName)> {
    tags.sort_by(|a, b| a.2.cmp(&b.2));
    tags
}

/// The names of tags, whosever they are.
pub async fn names(tx: &mut Tx<'_>, ids: &[TagId]) -> Result<Vec<(TagId, String)>, StoreError> {
    let sql = Sql::each("SELECT id, name FROM tags WHERE id = $1", "SELECT id, name FROM tags WHERE id = ANY ($1::uuid[])");
    let columns = [Column::Uuids(ids.iter().map(|id| id.uuid()).collect())];
    tx.batch_all(sql, &columns, |row| Ok((row.get(0)?, row.get(1)?))).await
}

fn counted(row: &Row<'_>) -> Result<Counted, StoreError> {
    Ok((tag(row)?, Uses { schedules: row.get(7)?, tasks: row.get(8)? }))
}

fn tag(row: &Row<'_>) -> Result<Tag, StoreError> {
    Ok(Tag {
        id: row.get(0)?,
        owner: row.get(1)?,
        name: LabelName::kept(row.get(2)?),
        colour: row.get::<Option<String>>(3)?.map(Colour::kept),
        version: row.get(4)?,
        created_at: row.get(5)?,
        updated_at: row.get(6)?,
    })
}
