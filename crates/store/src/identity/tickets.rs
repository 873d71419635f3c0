//! One-time tickets for streams.

use kernel::{Instant, SessionId, UserId};

use crate::{StoreError, Tx, values};

/// Keeps a ticket under the hash of its text.
pub async fn insert(
    tx: &mut Tx<'_>,
    hash: &[u8; 32],
    user: UserId,
    session: SessionId,
    expires_at: Instant,
) -> Result<(), StoreError> {
    tx.execute(
        "INSERT INTO tickets (hash, user_id, session_id, expires_at) VALUES ($1, $2, $3, $4)",
        values![hash, user, session, expires_at],
    )
    .await?;
    Ok(())
}

/// Takes a ticket away and answers whose session it stood for. Of two who try, one gets it.
pub async fn take(tx: &mut Tx<'_>, hash: &[u8; 32], now: Instant) -> Result<Option<SessionId>, StoreError> {
    tx.optional("DELETE FROM tickets WHERE hash = $1 AND expires_at > $2 RETURNING session_id", values![hash, now], |row| {
        row.get(0)
    })
    .await
}

/// How many tickets of a session are not used yet.
pub async fn count(tx: &mut Tx<'_>, session: SessionId, now: Instant) -> Result<i64, StoreError> {
    tx.one("SELECT count(*) FROM tickets WHERE session_id = $1 AND expires_at > $2", values![session, now], |row| row.get(0))
        .await
}
