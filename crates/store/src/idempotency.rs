//! Answers kept under idempotency keys.

use kernel::Instant;

use crate::{Sql, StoreError, Tx, values};

/// A kept answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kept {
    /// SHA-256 over what was asked.
    pub request_hash: Vec<u8>,
    /// HTTP status.
    pub status: u16,
    /// JSON array of name and value.
    pub headers: String,
    /// The body.
    pub body: Vec<u8>,
}

/// Keeps a twin of this request out until the transaction ends. `false`: the twin was first and still runs.
/// SQLite has one writer, so there never is one.
pub async fn claim(tx: &mut Tx<'_>, principal: &str, route: &str, key: &str) -> Result<bool, StoreError> {
    if tx.is_sqlite() {
        return Ok(true);
    }
    let name = format!("{principal}\n{route}\n{key}");
    tx.one("SELECT pg_try_advisory_xact_lock(hashtextextended($1, 0))", values![name], |row| row.get(0)).await
}

/// The answer kept under this key, unless it has expired.
pub async fn find(tx: &mut Tx<'_>, principal: &str, route: &str, key: &str, now: Instant) -> Result<Option<Kept>, StoreError> {
    tx.optional(
        "SELECT request_hash, status, headers, body FROM idempotency
         WHERE principal = $1 AND route = $2 AND key = $3 AND expires_at > $4",
        values![principal, route, key, now],
        |row| {
            let status: i64 = row.get(1)?;
            Ok(Kept {
                request_hash: row.get(0)?,
                status: u16::try_from(status).map_err(|_| StoreError::Bug("status".to_owned()))?,
                headers: row.get(2)?,
                body: row.get(3)?,
            })
        },
    )
    .await
}

/// Keeps an answer until `expires_at`; replaces one that has expired.
pub async fn keep(
    tx: &mut Tx<'_>,
    principal: &str,
    route: &str,
    key: &str,
    kept: &Kept,
    expires_at: Instant,
) -> Result<(), StoreError> {
    tx.execute(
        "INSERT INTO idempotency (principal, route, key, request_hash, status, headers, body, expires_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
         ON CONFLICT (principal, route, key) DO UPDATE SET request_hash = excluded.request_hash, status = excluded.status,
             headers = excluded.headers, body = excluded.body, expires_at = excluded.expires_at",
        values![principal, route, key, &*kept.request_hash, kept.status, &kept.headers, &*kept.body, expires_at],
    )
    .await?;
    Ok(())
}

/// Deletes at most `limit` expired answers; answers how many.
pub async fn purge(tx: &mut Tx<'_>, now: Instant, limit: u32) -> Result<u64, StoreError> {
    tx.execute(
        Sql::each(
            "DELETE FROM idempotency WHERE (principal, route, key) IN
                 (SELECT principal, route, key FROM idempotency WHERE expires_at <= $1 LIMIT $2)",
            "DELETE FROM idempotency WHERE ctid = ANY (ARRAY
                 (SELECT ctid FROM idempotency WHERE expires_at <= $1 LIMIT $2 FOR UPDATE SKIP LOCKED))",
        ),
        values![now, limit],
    )
    .await
}
