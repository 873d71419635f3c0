//! Tags, and the schedules that have them. Whoever changes tags, or those of a schedule, has locked their owner.

use domain::calendar::{
    Schedule,
    labels::{Colour, LabelName, Tag},
};
use kernel::{Instant, ScheduleId, TagId, UserId};

use crate::{Column, Row, Sql, StoreError, Tx, calendar::places, values};

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
             WHERE t.tag_id = tags.id AND s.deleted_at IS NULL) FROM tags ",
            $rest
        )
    };
}

/// A tag, and how many schedules have it that do not lie in the trash.
pub type Counted = (Tag, i64);

/// All of `owner` with their counts, in no order.
pub async fn all(tx: &mut Tx<'_>, owner: UserId) -> Result<Vec<Counted>, StoreError> {
    tx.all(counted!("WHERE owner_id = $1"), values![owner], |row| Ok((tag(row)?, row.get(7)?))).await
}

/// One of `owner`.
pub async fn find(tx: &mut Tx<'_>, owner: UserId, id: TagId) -> Result<Option<Counted>, StoreError> {
    tx.optional(counted!("WHERE id = $1 AND owner_id = $2"), values![id, owner], |row| Ok((tag(row)?, row.get(7)?))).await
}

/// The one of `owner` that has this name.
pub async fn named(tx: &mut Tx<'_>, owner: UserId, name: &LabelName) -> Result<Option<Tag>, StoreError> {
    let sql = concat!("SELECT ", columns!(), " FROM tags WHERE owner_id = $1 AND name_key = $2");
    tx.optional(sql, values![owner, name.key()], tag).await
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

/// Writes everything back that may change. The schedules that have it have a new version then.
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

/// Gives the schedules of `owner` that have a tag a new version: what is shown of them changes. They are locked lowest id first.
pub async fn touch(tx: &mut Tx<'_>, owner: UserId, id: TagId, now: Instant) -> Result<(), StoreError> {
    tx.execute(
        Sql::each(
            "UPDATE schedules SET version = version + 1, updated_at = $3
             WHERE owner_id = $1 AND id IN (SELECT schedule_id FROM schedule_tags WHERE tag_id = $2)",
            "WITH touched AS (
                 SELECT id FROM schedules
                 WHERE owner_id = $1 AND id IN (SELECT schedule_id FROM schedule_tags WHERE tag_id = $2) ORDER BY id FOR UPDATE
             )
             UPDATE schedules s SET version = s.version + 1, updated_at = $3 FROM touched WHERE s.id = touched.id",
        ),
        values![owner, id, now],
    )
    .await?;
    Ok(())
}

/// Forgets one; no schedule has it any more.
pub async fn delete(tx: &mut Tx<'_>, owner: UserId, id: TagId) -> Result<(), StoreError> {
    tx.execute("DELETE FROM tags WHERE id = $1 AND owner_id = $2", values![id, owner]).await?;
    Ok(())
}

/// Makes two tags of `owner` one: what has `from` has `into`, and is found by it, and `from` is no more.
pub async fn merge(tx: &mut Tx<'_>, owner: UserId, from: TagId, into: TagId) -> Result<(), StoreError> {
    tx.execute(
        "INSERT INTO schedule_tags (schedule_id, tag_id) SELECT schedule_id, $2 FROM schedule_tags WHERE tag_id = $1
         ON CONFLICT (schedule_id, tag_id) DO NOTHING",
        values![from, into],
    )
    .await?;
    tx.execute(
        "UPDATE tags SET marks = marks || ' ' || (SELECT other.marks FROM tags other WHERE other.id = $1)
         WHERE id = $2 AND owner_id = $3",
        values![from, into, owner],
    )
    .await?;
    delete(tx, owner, from).await
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
    for name in names {
        tx.execute(
            "INSERT INTO schedule_tags (schedule_id, tag_id) SELECT $1, id FROM tags WHERE owner_id = $2 AND name_key = $3",
            values![schedule, owner, name.key()],
        )
        .await?;
    }
    Ok(())
}

/// Puts the tags of schedules beside them.
pub(crate) async fn attach(tx: &mut Tx<'_>, schedules: &mut [&mut Schedule]) -> Result<(), StoreError> {
    let ids: Vec<_> = schedules.iter().map(|schedule| schedule.id).collect();
    let places = places(schedules);
    for (of, _, name) in of_schedules(tx, &ids).await? {
        if let Some(place) = places.get(&of) {
            schedules[*place].labels.tags.push(name);
        }
    }
    Ok(())
}

/// The tags of schedules, by name.
pub async fn of_schedules(tx: &mut Tx<'_>, ids: &[ScheduleId]) -> Result<Vec<(ScheduleId, TagId, LabelName)>, StoreError> {
    let sql = Sql::each(
        "SELECT st.schedule_id, t.id, t.name FROM schedule_tags st JOIN tags t ON t.id = st.tag_id
         WHERE st.schedule_id = $1",
        "SELECT st.schedule_id, t.id, t.name FROM schedule_tags st JOIN tags t ON t.id = st.tag_id
         WHERE st.schedule_id = ANY ($1::uuid[])",
    );
    let columns = [Column::Uuids(ids.iter().map(|id| id.uuid()).collect())];
    let mut found = tx.batch_all(sql, &columns, |row| Ok((row.get(0)?, row.get(1)?, LabelName::kept(row.get(2)?)))).await?;
    // Here, because the engines have orders of their own for text.
    found.sort_by(|a: &(ScheduleId, TagId, LabelName), b| a.2.cmp(&b.2));
    Ok(found)
}

/// The names of tags, whosever they are.
pub async fn names(tx: &mut Tx<'_>, ids: &[TagId]) -> Result<Vec<(TagId, String)>, StoreError> {
    let sql = Sql::each("SELECT id, name FROM tags WHERE id = $1", "SELECT id, name FROM tags WHERE id = ANY ($1::uuid[])");
    let columns = [Column::Uuids(ids.iter().map(|id| id.uuid()).collect())];
    tx.batch_all(sql, &columns, |row| Ok((row.get(0)?, row.get(1)?))).await
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
