//! Products. Whoever changes the stock of one, who waits for it, or a round of it, has locked it.

use domain::campaigns::{Product, ProductName, RoundState, Waves};
use kernel::{Cursor, Instant, ProductId, UserId};

use super::{rounds, subscriptions};
use crate::{Row, Sql, StoreError, Tx, values};

/// A product as its owner looks at it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    /// The product.
    pub product: Product,
    /// Its last round, if there was one.
    pub last: Option<LastRound>,
}

/// How the last round of a product stands, as far as whoever looks at all products wants to know.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LastRound {
    /// Which it is.
    pub number: i64,
    /// Where it stands.
    pub state: RoundState,
    /// How many were written down for it so far.
    pub total: i64,
    /// Whether everybody was written down.
    pub frozen: bool,
    /// How many were told.
    pub sent: i64,
    /// How many were passed over.
    pub skipped: i64,
    /// How many could not be told.
    pub failed: i64,
    /// Grows with every change of state.
    pub version: i64,
}

/// `SELECT` of products, in the order [`product`] reads, followed by the rest of the statement.
macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT id, owner_id, external_key, name, stock, round, subscribers, strict, per_item, wait_seconds, version, created_at,
                 updated_at
             FROM products ",
            $rest
        )
    };
}

/// The same of products `p` with their last rounds, in the order [`seen`] reads.
macro_rules! select_seen {
    ($rest:literal) => {
        concat!(
            "SELECT p.id, p.owner_id, p.external_key, p.name, p.stock, p.round, p.subscribers, p.strict, p.per_item, p.wait_seconds,
                 p.version, p.created_at, p.updated_at, r.round, r.state, r.total, r.frozen, r.sent, r.skipped, r.failed, r.version
             FROM products p LEFT JOIN campaign_rounds r ON r.product_id = p.id AND r.round = p.round ",
            $rest
        )
    };
}

pub(crate) const BY_KEY: &str = select!("WHERE owner_id = $1 AND external_key = $2 AND deleted_at IS NULL");
pub(crate) const BY_ID: &str = select!("WHERE owner_id = $1 AND id = $2 AND deleted_at IS NULL");

/// A product of `owner`.
pub async fn find(tx: &mut Tx<'_>, owner: UserId, name: &ProductName) -> Result<Option<Product>, StoreError> {
    match name {
        ProductName::Key(key) => tx.optional(BY_KEY, values![owner, key], product).await,
        ProductName::Id(id) => tx.optional(BY_ID, values![owner, *id], product).await,
    }
}

pub(crate) const SEEN_BY_KEY: &str = select_seen!("WHERE p.owner_id = $1 AND p.external_key = $2 AND p.deleted_at IS NULL");
pub(crate) const SEEN_BY_ID: &str = select_seen!("WHERE p.owner_id = $1 AND p.id = $2 AND p.deleted_at IS NULL");

/// As [`find`], with its last round.
pub async fn see(tx: &mut Tx<'_>, owner: UserId, name: &ProductName) -> Result<Option<Seen>, StoreError> {
    match name {
        ProductName::Key(key) => tx.optional(SEEN_BY_KEY, values![owner, key], seen).await,
        ProductName::Id(id) => tx.optional(SEEN_BY_ID, values![owner, *id], seen).await,
    }
}

/// A product of `owner`, locked until the transaction ends.
pub async fn lock(tx: &mut Tx<'_>, owner: UserId, name: &ProductName) -> Result<Option<Product>, StoreError> {
    match name {
        ProductName::Key(key) => {
            let sql =
                Sql::each(BY_KEY, select!("WHERE owner_id = $1 AND external_key = $2 AND deleted_at IS NULL FOR NO KEY UPDATE"));
            tx.optional(sql, values![owner, key], product).await
        }
        ProductName::Id(id) => {
            let sql = Sql::each(BY_ID, select!("WHERE owner_id = $1 AND id = $2 AND deleted_at IS NULL FOR NO KEY UPDATE"));
            tx.optional(sql, values![owner, *id], product).await
        }
    }
}

/// As [`lock`], if nobody else has it locked: then none is answered, as where there is none.
pub async fn try_lock(tx: &mut Tx<'_>, owner: UserId, id: ProductId) -> Result<Option<Product>, StoreError> {
    let sql = Sql::each(BY_ID, select!("WHERE owner_id = $1 AND id = $2 AND deleted_at IS NULL FOR NO KEY UPDATE SKIP LOCKED"));
    tx.optional(sql, values![owner, id], product).await
}

/// Whose product this is: for whoever subscribes to a product of somebody else.
pub async fn owner(tx: &mut Tx<'_>, id: ProductId) -> Result<Option<UserId>, StoreError> {
    let sql = "SELECT owner_id FROM products WHERE id = $1 AND deleted_at IS NULL";
    tx.optional(sql, values![id], |row| row.get(0)).await
}

/// How many `owner` has. To be asked after the owner was locked.
pub async fn count(tx: &mut Tx<'_>, owner: UserId) -> Result<i64, StoreError> {
    let sql = "SELECT count(*) FROM products WHERE owner_id = $1 AND deleted_at IS NULL";
    tx.one(sql, values![owner], |row| row.get(0)).await
}

/// Writes a new one.
pub async fn insert(tx: &mut Tx<'_>, product: &Product) -> Result<(), StoreError> {
    tx.execute(
        "INSERT INTO products (id, owner_id, external_key, name, stock, round, strict, per_item, wait_seconds, version, created_at,
             updated_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
        values![
            product.id,
            product.owner,
            &product.key,
            &product.name,
            product.stock,
            product.round,
            product.strict,
            product.waves.map(|waves| waves.per_item),
            product.waves.map(|waves| waves.wait_seconds),
            product.version,
            product.created_at,
            product.updated_at
        ],
    )
    .await?;
    Ok(())
}

/// Writes back what may change of one that was locked; [`admit`] and [`dismiss`] count who waits.
pub async fn update(tx: &mut Tx<'_>, product: &Product) -> Result<(), StoreError> {
    tx.execute(
        "UPDATE products SET name = $3, stock = $4, round = $5, strict = $6, per_item = $7, wait_seconds = $8, version = $9,
             updated_at = $10
         WHERE id = $1 AND owner_id = $2",
        values![
            product.id,
            product.owner,
            &product.name,
            product.stock,
            product.round,
            product.strict,
            product.waves.map(|waves| waves.per_item),
            product.waves.map(|waves| waves.wait_seconds),
            product.version,
            product.updated_at
        ],
    )
    .await?;
    Ok(())
}

pub(crate) const PAGE: &str = select_seen!(
    "WHERE p.owner_id = $1 AND (p.created_at, p.id) > ($2, $3) AND p.deleted_at IS NULL ORDER BY p.created_at, p.id LIMIT $4"
);

/// A page of those of `owner`, oldest first.
pub async fn page(tx: &mut Tx<'_>, owner: UserId, after: Option<Cursor>, limit: u32) -> Result<Vec<Seen>, StoreError> {
    let after = after.unwrap_or(Cursor::new(Instant::EPOCH, uuid::Uuid::nil()));
    tx.all(PAGE, values![owner, after.at, after.id, limit], seen).await
}

/// Places for so many more at the end of the line of a product that was locked; answers the first of them.
pub async fn admit(tx: &mut Tx<'_>, id: ProductId, many: i64) -> Result<i64, StoreError> {
    let sql =
        "UPDATE products SET next_seq = next_seq + $2, subscribers = subscribers + $2 WHERE id = $1 RETURNING next_seq - $2";
    tx.one(sql, values![id, many], |row| row.get(0)).await
}

/// So many do not wait any more for a product that was locked.
pub async fn dismiss(tx: &mut Tx<'_>, id: ProductId, many: i64) -> Result<(), StoreError> {
    tx.execute("UPDATE products SET subscribers = subscribers - $2 WHERE id = $1", values![id, many]).await?;
    Ok(())
}

/// Ends a product that was locked: it is nobody's any more. What hangs on it is left to [`purge`].
pub async fn discard(tx: &mut Tx<'_>, id: ProductId, now: Instant) -> Result<(), StoreError> {
    tx.execute("UPDATE products SET deleted_at = $2 WHERE id = $1", values![id, now]).await?;
    Ok(())
}

pub(crate) const WALK: &str = "SELECT id, round FROM products WHERE id > $1 ORDER BY id LIMIT $2";

/// At most `limit` products behind `after`, of whatever owner, each with the number of its last round.
pub async fn walk(tx: &mut Tx<'_>, after: ProductId, limit: u32) -> Result<Vec<(ProductId, i64)>, StoreError> {
    tx.all(WALK, values![after, limit], |row| Ok((row.get(0)?, row.get(1)?))).await
}

/// The product that was deleted first, of those that are still there.
pub(crate) const DELETED: &str = "SELECT id FROM products WHERE deleted_at IS NOT NULL ORDER BY deleted_at LIMIT 1";

/// Forgets at most `limit` rows of a product that was deleted: ledgers and rounds, then who waited for it, and at last the product. Answers
/// how many rows are gone; none are where there is nothing to forget.
pub async fn purge(tx: &mut Tx<'_>, limit: u32) -> Result<u64, StoreError> {
    let Some(id) = tx.optional(DELETED, values![], |row| row.get::<ProductId>(0)).await? else { return Ok(0) };
    let mut gone = rounds::forget(tx, id, i64::from(limit)).await?;
    if gone == 0 {
        gone = subscriptions::forget(tx, id, limit).await?;
    }
    if gone == 0 {
        gone = tx.execute("DELETE FROM products WHERE id = $1", values![id]).await?;
    }
    Ok(gone)
}

fn product(row: &Row<'_>) -> Result<Product, StoreError> {
    let waves = match (row.get(8)?, row.get(9)?) {
        (Some(per_item), Some(wait_seconds)) => Some(Waves { per_item, wait_seconds }),
        _ => None,
    };
    Ok(Product {
        id: row.get(0)?,
        owner: row.get(1)?,
        key: row.get(2)?,
        name: row.get(3)?,
        stock: row.get(4)?,
        round: row.get(5)?,
        subscribers: row.get(6)?,
        strict: row.get(7)?,
        waves,
        version: row.get(10)?,
        created_at: row.get(11)?,
        updated_at: row.get(12)?,
    })
}

fn seen(row: &Row<'_>) -> Result<Seen, StoreError> {
    let last = match row.get(13)? {
        Some(number) => Some(LastRound {
            number,
            state: row.parse(14)?,
            total: row.get(15)?,
            frozen: row.get(16)?,
            sent: row.get(17)?,
            skipped: row.get(18)?,
            failed: row.get(19)?,
            version: row.get(20)?,
        }),
        None => None,
    };
    Ok(Seen { product: product(row)?, last })
}
