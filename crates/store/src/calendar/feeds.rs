//! Secret addresses under which other programs read a calendar. A revoked one is gone.

use domain::calendar::Feed;
use kernel::{FeedId, Instant, UserId};

use crate::{Row, StoreError, Tx, values};

/// Keeps a new feed under the hash of its secret.
pub async fn insert(tx: &mut Tx<'_>, feed: &Feed, hash: &[u8; 32]) -> Result<(), StoreError> {
    tx.execute(
        "INSERT INTO feeds (id, owner_id, name, privacy, hash, created_at) VALUES ($1, $2, $3, $4, $5, $6)",
        values![feed.id, feed.owner, &feed.name, feed.privacy.as_str(), hash, feed.created_at],
    )
    .await?;
    Ok(())
}

/// How many feeds a user has. To be asked after the user was locked.
pub async fn count(tx: &mut Tx<'_>, owner: UserId) -> Result<i64, StoreError> {
    tx.one("SELECT count(*) FROM feeds WHERE owner_id = $1", values![owner], |row| row.get(0)).await
}

/// The feeds of a user, oldest first.
pub async fn of(tx: &mut Tx<'_>, owner: UserId) -> Result<Vec<Feed>, StoreError> {
    let sql =
        "SELECT id, owner_id, name, privacy, created_at, last_read_at FROM feeds WHERE owner_id = $1 ORDER BY created_at, id";
    tx.all(sql, values![owner], feed).await
}

pub(crate) const BY_HASH: &str = "SELECT id, owner_id, name, privacy, created_at, last_read_at FROM feeds WHERE hash = $1";

/// The feed with this hash.
pub async fn by_hash(tx: &mut Tx<'_>, hash: &[u8; 32]) -> Result<Option<Feed>, StoreError> {
    tx.optional(BY_HASH, values![hash], feed).await
}

/// Notes that a feed was read.
pub async fn touch(tx: &mut Tx<'_>, id: FeedId, now: Instant) -> Result<(), StoreError> {
    tx.execute("UPDATE feeds SET last_read_at = $2 WHERE id = $1", values![id, now]).await?;
    Ok(())
}

/// Deletes a feed of `owner`; `false` if it is not theirs.
pub async fn delete(tx: &mut Tx<'_>, owner: UserId, id: FeedId) -> Result<bool, StoreError> {
    Ok(tx.execute("DELETE FROM feeds WHERE id = $1 AND owner_id = $2", values![id, owner]).await? == 1)
}

fn feed(row: &Row<'_>) -> Result<Feed, StoreError> {
    Ok(Feed {
        id: row.get(0)?,
        owner: row.get(1)?,
        name: row.get(2)?,
        privacy: row.parse(3)?,
        created_at: row.get(4)?,
        last_read_at: row.get(5)?,
    })
}
