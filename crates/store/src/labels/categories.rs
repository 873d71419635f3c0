//! Trees of categories. Whoever changes one has locked its owner.

use domain::calendar::labels::{Category, Colour, LabelName};
use kernel::{CategoryId, Instant, ScheduleId, UserId};

use crate::{Column, Row, Sql, StoreError, Tx, values};

/// Every column of [`Category`], in the order [`category`] reads them.
macro_rules! columns {
    () => {
        "id, owner_id, parent_id, name, colour, position, version, created_at, updated_at"
    };
}

/// All of `owner`, in no order.
pub async fn all(tx: &mut Tx<'_>, owner: UserId) -> Result<Vec<Category>, StoreError> {
    tx.all(concat!("SELECT ", columns!(), " FROM categories WHERE owner_id = $1"), values![owner], category).await
}

/// Whether `owner` has this category. It stays until the transaction ends.
pub async fn holds(tx: &mut Tx<'_>, owner: UserId, id: CategoryId) -> Result<bool, StoreError> {
    let sql = Sql::each(
        "SELECT 1 FROM categories WHERE id = $1 AND owner_id = $2",
        "SELECT 1 FROM categories WHERE id = $1 AND owner_id = $2 FOR KEY SHARE",
    );
    Ok(tx.optional(sql, values![id, owner], |_| Ok(())).await?.is_some())
}

/// Writes a new one.
pub async fn insert(tx: &mut Tx<'_>, category: &Category) -> Result<(), StoreError> {
    tx.execute(
        "INSERT INTO categories (id, owner_id, parent_id, name, name_key, colour, position, version, created_at, updated_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
        values![
            category.id,
            category.owner,
            category.parent,
            category.name.as_str(),
            category.name.key(),
            category.colour.as_ref().map(Colour::as_str),
            category.position,
            category.version,
            category.created_at,
            category.updated_at
        ],
    )
    .await?;
    Ok(())
}

/// Writes everything back that may change.
pub async fn update(tx: &mut Tx<'_>, category: &Category) -> Result<(), StoreError> {
    tx.execute(
        "UPDATE categories SET parent_id = $3, name = $4, name_key = $5, colour = $6, position = $7, version = $8, updated_at = $9
         WHERE id = $1 AND owner_id = $2",
        values![
            category.id,
            category.owner,
            category.parent,
            category.name.as_str(),
            category.name.key(),
            category.colour.as_ref().map(Colour::as_str),
            category.position,
            category.version,
            category.updated_at
        ],
    )
    .await?;
    Ok(())
}

/// Frees the name of a category that is about to be forgotten, for one that takes its place.
pub async fn vacate(tx: &mut Tx<'_>, owner: UserId, id: CategoryId) -> Result<(), StoreError> {
    tx.execute(
        "UPDATE categories SET name_key = $3 WHERE id = $1 AND owner_id = $2",
        // Longer than any name: nobody else has it.
        values![id, owner, format!("{id} {id}")],
    )
    .await?;
    Ok(())
}

/// Takes everything in a table out of some categories: all at once, because whoever locks several rows does so lowest id first.
macro_rules! vacated {
    ($table:literal) => {
        Sql::each(
            concat!(
                "UPDATE ",
                $table,
                " SET category_id = NULL, version = version + 1, updated_at = $3
                 WHERE category_id = $1 AND owner_id = $2"
            ),
            concat!(
                "WITH inside AS (
                     SELECT t.id, c.at FROM unnest($1::uuid[], $2::uuid[], $3::timestamptz[]) AS c (id, owner_id, at)
                     JOIN ",
                $table,
                " t ON t.category_id = c.id AND t.owner_id = c.owner_id ORDER BY t.id FOR UPDATE OF t
                 )
                 UPDATE ",
                $table,
                " AS t SET category_id = NULL, version = t.version + 1, updated_at = inside.at
                 FROM inside WHERE t.id = inside.id"
            ),
        )
    };
}

/// Forgets categories, what lies below before what lies above. The tasks and schedules that were in them are in none then, and have a
/// new version.
pub async fn delete(tx: &mut Tx<'_>, owner: UserId, ids: &[CategoryId], now: Instant) -> Result<(), StoreError> {
    for id in ids {
        // Who is about to put something into it has a hold on the row: first comes the end of that, and then the look.
        let lock = Sql::each(
            "SELECT 1 FROM categories WHERE id = $1 AND owner_id = $2",
            "SELECT 1 FROM categories WHERE id = $1 AND owner_id = $2 FOR UPDATE",
        );
        tx.optional(lock, values![*id, owner], |_| Ok(())).await?;
    }
    let columns = [
        Column::Uuids(ids.iter().map(|id| id.uuid()).collect()),
        Column::Uuids(vec![owner.uuid(); ids.len()]),
        Column::Instants(vec![now; ids.len()]),
    ];
    for vacated in [vacated!("tasks"), vacated!("schedules")] {
        tx.batch(vacated, &columns).await?;
    }
    for id in ids {
        tx.execute("DELETE FROM categories WHERE id = $1 AND owner_id = $2", values![*id, owner]).await?;
    }
    Ok(())
}

pub(crate) const BELOW: &str = "WITH RECURSIVE below (id) AS (
         SELECT id FROM categories WHERE id = $2 AND owner_id = $1
         UNION ALL SELECT c.id FROM categories c JOIN below ON c.parent_id = below.id WHERE c.owner_id = $1
     ) SELECT id FROM below";

/// The category and everything below it; nothing if `owner` has none of this id.
pub async fn below(tx: &mut Tx<'_>, owner: UserId, id: CategoryId) -> Result<Vec<CategoryId>, StoreError> {
    tx.all(BELOW, values![owner, id], |row| row.get(0)).await
}

/// The categories of schedules.
pub async fn of_schedules(tx: &mut Tx<'_>, ids: &[ScheduleId]) -> Result<Vec<(ScheduleId, Option<CategoryId>)>, StoreError> {
    let sql = Sql::each(
        "SELECT id, category_id FROM schedules WHERE id = $1",
        "SELECT id, category_id FROM schedules WHERE id = ANY ($1::uuid[])",
    );
    let columns = [Column::Uuids(ids.iter().map(|id| id.uuid()).collect())];
    tx.batch_all(sql, &columns, |row| Ok((row.get(0)?, row.get(1)?))).await
}

/// The names of categories, whosever they are.
pub async fn names(tx: &mut Tx<'_>, ids: &[CategoryId]) -> Result<Vec<(CategoryId, String)>, StoreError> {
    let sql =
        Sql::each("SELECT id, name FROM categories WHERE id = $1", "SELECT id, name FROM categories WHERE id = ANY ($1::uuid[])");
    let columns = [Column::Uuids(ids.iter().map(|id| id.uuid()).collect())];
    tx.batch_all(sql, &columns, |row| Ok((row.get(0)?, row.get(1)?))).await
}

fn category(row: &Row<'_>) -> Result<Category, StoreError> {
    Ok(Category {
        id: row.get(0)?,
        owner: row.get(1)?,
        parent: row.get(2)?,
        name: LabelName::kept(row.get(3)?),
        colour: row.get::<Option<String>>(4)?.map(Colour::kept),
        position: u32::try_from(row.get::<i64>(5)?).map_err(|_| StoreError::Bug("a position is out of range".to_owned()))?,
        version: row.get(6)?,
        created_at: row.get(7)?,
        updated_at: row.get(8)?,
    })
}
