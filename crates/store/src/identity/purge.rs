//! What nobody needs any more.

use std::time::Duration;

use kernel::Instant;

use crate::{Sql, StoreError, Tx, values};

/// How long the row of an ended session, and of a used refresh token, is kept: a token that shows up later is unknown.
const KEPT: Duration = Duration::from_hours(30 * 24);

/// Deletes expired tickets and throttles, sessions that ended 30 days ago and refresh tokens used 30 days ago: at most `limit`
/// rows of each kind. Answers how many rows went; fewer than `limit` means that nothing is left.
pub async fn purge(tx: &mut Tx<'_>, now: Instant, limit: u32) -> Result<u64, StoreError> {
    let old = now - KEPT;
    let statements = [
        (
            Sql::each(
                "DELETE FROM tickets WHERE hash IN (SELECT hash FROM tickets WHERE expires_at <= $1 LIMIT $2)",
                "DELETE FROM tickets WHERE hash IN
                     (SELECT hash FROM tickets WHERE expires_at <= $1 LIMIT $2 FOR UPDATE SKIP LOCKED)",
            ),
            now,
        ),
        (
            Sql::each(
                "DELETE FROM throttles WHERE key IN (SELECT key FROM throttles WHERE window_ends_at <= $1 LIMIT $2)",
                "DELETE FROM throttles WHERE key IN
                     (SELECT key FROM throttles WHERE window_ends_at <= $1 LIMIT $2 FOR UPDATE SKIP LOCKED)",
            ),
            now,
        ),
        (
            Sql::each(
                "DELETE FROM sessions WHERE id IN (SELECT id FROM sessions WHERE idle_expires_at <= $1 LIMIT $2)",
                "DELETE FROM sessions WHERE id IN
                     (SELECT id FROM sessions WHERE idle_expires_at <= $1 LIMIT $2 FOR UPDATE SKIP LOCKED)",
            ),
            old,
        ),
        (
            Sql::each(
                "DELETE FROM refresh_tokens WHERE (session_id, generation) IN
                     (SELECT session_id, generation FROM refresh_tokens WHERE state = 'used' AND used_at <= $1 LIMIT $2)",
                "DELETE FROM refresh_tokens WHERE (session_id, generation) IN
                     (SELECT session_id, generation FROM refresh_tokens WHERE state = 'used' AND used_at <= $1 LIMIT $2
                      FOR UPDATE SKIP LOCKED)",
            ),
            old,
        ),
    ];
    let mut gone = 0;
    for (sql, before) in statements {
        gone += tx.execute(sql, values![before, limit]).await?;
    }
    Ok(gone)
}
