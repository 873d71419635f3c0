//! Service keys. A deleted key is gone: what it did is in the streams.

use domain::identity::{ApiKey, Role, Scope};
use kernel::{ApiKeyId, Instant, UserId};

use crate::{Column, Row, Sql, StoreError, Tx, values};

/// A key somebody presents, and the user behind it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// Which key.
    pub id: ApiKeyId,
    /// Whose.
    pub user: UserId,
    /// What that user may do.
    pub role: Role,
    /// What the key may do.
    pub scopes: Vec<Scope>,
    /// When it stops working.
    pub expires_at: Option<Instant>,
    /// When it was last used, to the minute.
    pub last_used_at: Option<Instant>,
}

/// Keeps a new key under the hash of its secret.
pub async fn insert(tx: &mut Tx<'_>, key: &ApiKey, hash: &[u8; 32]) -> Result<(), StoreError> {
    let scopes = key.scopes.iter().map(|scope| scope.as_str()).collect::<Vec<_>>().join(" ");
    tx.execute(
        "INSERT INTO api_keys (id, user_id, name, hash, hint, scopes, created_at, expires_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        values![key.id, key.user, &key.name, hash, &key.hint, scopes, key.created_at, key.expires_at],
    )
    .await?;
    Ok(())
}

/// How many keys a user has. To be asked after the user was locked.
pub async fn count(tx: &mut Tx<'_>, user: UserId) -> Result<i64, StoreError> {
    tx.one("SELECT count(*) FROM api_keys WHERE user_id = $1", values![user], |row| row.get(0)).await
}

/// The keys of a user, oldest first.
pub async fn of(tx: &mut Tx<'_>, user: UserId) -> Result<Vec<ApiKey>, StoreError> {
    tx.all(
        "SELECT id, user_id, name, hint, scopes, created_at, expires_at, last_used_at FROM api_keys
         WHERE user_id = $1 ORDER BY created_at, id",
        values![user],
        |row| {
            Ok(ApiKey {
                id: row.get(0)?,
                user: row.get(1)?,
                name: row.get(2)?,
                hint: row.get(3)?,
                scopes: scopes(row, 4)?,
                created_at: row.get(5)?,
                expires_at: row.get(6)?,
                last_used_at: row.get(7)?,
            })
        },
    )
    .await
}

/// The key with this hash, if it is still good.
pub async fn find(tx: &mut Tx<'_>, hash: &[u8; 32], now: Instant) -> Result<Option<Found>, StoreError> {
    tx.optional(
        "SELECT k.id, k.user_id, u.role, k.scopes, k.expires_at, k.last_used_at FROM api_keys k JOIN users u ON u.id = k.user_id
         WHERE k.hash = $1 AND (k.expires_at IS NULL OR k.expires_at > $2)",
        values![hash, now],
        |row| {
            Ok(Found {
                id: row.get(0)?,
                user: row.get(1)?,
                role: row.parse(2)?,
                scopes: scopes(row, 3)?,
                expires_at: row.get(4)?,
                last_used_at: row.get(5)?,
            })
        },
    )
    .await
}

/// Which of `keys` are still good: one query for all that hold a live stream.
pub async fn good_among(tx: &mut Tx<'_>, keys: &[ApiKeyId], now: Instant) -> Result<Vec<ApiKeyId>, StoreError> {
    let columns = [Column::Uuids(keys.iter().map(|id| id.uuid()).collect()), Column::Instants(vec![now; keys.len()])];
    tx.batch_all(
        Sql::each(
            "SELECT id FROM api_keys WHERE id = $1 AND (expires_at IS NULL OR expires_at > $2)",
            "SELECT k.id FROM unnest($1::uuid[], $2::timestamptz[]) AS w (id, now) JOIN api_keys k ON k.id = w.id
             WHERE k.expires_at IS NULL OR k.expires_at > w.now",
        ),
        &columns,
        |row| row.get(0),
    )
    .await
}

/// Notes that a key was used, unless a use after `unless_since` is noted.
pub async fn touch(tx: &mut Tx<'_>, id: ApiKeyId, now: Instant, unless_since: Instant) -> Result<(), StoreError> {
    tx.execute(
        "UPDATE api_keys SET last_used_at = $2 WHERE id = $1 AND (last_used_at IS NULL OR last_used_at <= $3)",
        values![id, now, unless_since],
    )
    .await?;
    Ok(())
}

/// Deletes a key of `user`; `false` if it is not theirs.
pub async fn delete(tx: &mut Tx<'_>, user: UserId, id: ApiKeyId) -> Result<bool, StoreError> {
    Ok(tx.execute("DELETE FROM api_keys WHERE id = $1 AND user_id = $2", values![id, user]).await? == 1)
}

/// Space separated. A scope a newer version knows and this one does not grants nothing here.
fn scopes(row: &Row<'_>, index: usize) -> Result<Vec<Scope>, StoreError> {
    let text: String = row.get(index)?;
    Ok(text.split(' ').filter_map(|scope| scope.parse().ok()).collect())
}
