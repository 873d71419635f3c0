//! Refresh tokens: the path of a family, newest last.

use domain::identity::rotation::Presented;
use kernel::{Instant, SessionId};

use crate::{StoreError, Tx, values};

/// A token as it is kept: never itself, only what recognizes it and what it can be made again from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kept {
    /// Its family.
    pub session: SessionId,
    /// Which of its family, from 1.
    pub generation: i64,
    /// SHA-256 of its text.
    pub hash: [u8; 32],
    /// What the server's key makes it from.
    pub salt: [u8; 16],
}

/// Keeps a token as the active one of its family.
pub async fn insert(tx: &mut Tx<'_>, token: &Kept, now: Instant) -> Result<(), StoreError> {
    tx.execute(
        "INSERT INTO refresh_tokens (session_id, generation, hash, salt, state, issued_at) VALUES ($1, $2, $3, $4, 'active', $5)",
        values![token.session, token.generation, &token.hash, &token.salt, now],
    )
    .await?;
    Ok(())
}

/// The family of a token, by the hash of its text.
pub async fn family_of(tx: &mut Tx<'_>, hash: &[u8; 32]) -> Result<Option<SessionId>, StoreError> {
    tx.optional("SELECT session_id FROM refresh_tokens WHERE hash = $1", values![hash], |row| row.get(0)).await
}

/// Where the token stands. To be asked after its family was locked.
pub async fn presented(tx: &mut Tx<'_>, hash: &[u8; 32]) -> Result<Option<Presented>, StoreError> {
    tx.optional("SELECT generation, used_at FROM refresh_tokens WHERE hash = $1", values![hash], |row| {
        Ok(Presented { generation: row.get(0)?, used_at: row.get(1)? })
    })
    .await
}

/// One token of a family.
pub async fn find(tx: &mut Tx<'_>, session: SessionId, generation: i64) -> Result<Option<Kept>, StoreError> {
    tx.optional(
        "SELECT hash, salt FROM refresh_tokens WHERE session_id = $1 AND generation = $2",
        values![session, generation],
        |row| {
            let (hash, salt): (Vec<u8>, Vec<u8>) = (row.get(0)?, row.get(1)?);
            let hash = hash.try_into().map_err(|_| StoreError::Bug("hash of a refresh token".to_owned()))?;
            let salt = salt.try_into().map_err(|_| StoreError::Bug("salt of a refresh token".to_owned()))?;
            Ok(Kept { session, generation, hash, salt })
        },
    )
    .await
}

/// Marks the active token as used; its successor may be inserted then.
pub async fn mark_used(tx: &mut Tx<'_>, session: SessionId, generation: i64, now: Instant) -> Result<(), StoreError> {
    let marked = tx
        .execute(
            "UPDATE refresh_tokens SET state = 'used', used_at = $3 WHERE session_id = $1 AND generation = $2 AND state = 'active'",
            values![session, generation, now],
        )
        .await?;
    if marked == 1 { Ok(()) } else { Err(StoreError::Bug("a refresh token was not active".to_owned())) }
}
