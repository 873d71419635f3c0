//! What was published under a key of the publisher's own: the same again is the same event.

use kernel::{EventId, Instant, RoomId};

use crate::{Sql, StoreError, Tx, values};

/// What a key of a room stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Publication {
    /// The event.
    pub event: EventId,
    /// SHA-256 over what was published.
    pub hash: Vec<u8>,
}

/// Keeps a key for an event that is about to be appended; answers what it stands for already, if it does. One that is being published at
/// this moment is waited for.
pub async fn claim(
    tx: &mut Tx<'_>,
    (room, key): (RoomId, &str),
    event: EventId,
    hash: &[u8; 32],
    at: Instant,
) -> Result<Option<Publication>, StoreError> {
    let claimed = tx
        .execute(
            "INSERT INTO room_publications (room_id, dedupe_key, event_id, request_hash, at) VALUES ($1, $2, $3, $4, $5)
             ON CONFLICT (room_id, dedupe_key) DO NOTHING",
            values![room, key, event, hash, at],
        )
        .await?;
    if claimed == 1 {
        return Ok(None);
    }
    tx.optional(FIND, values![room, key], |row| Ok(Publication { event: row.get(0)?, hash: row.get(1)? })).await
}

pub(crate) const FIND: &str = "SELECT event_id, request_hash FROM room_publications WHERE room_id = $1 AND dedupe_key = $2";

/// Forgets at most `limit` keys of events from before `before`; answers how many.
pub async fn purge(tx: &mut Tx<'_>, before: Instant, limit: u32) -> Result<u64, StoreError> {
    tx.execute(
        Sql::each(
            "DELETE FROM room_publications WHERE (room_id, dedupe_key) IN
                 (SELECT room_id, dedupe_key FROM room_publications WHERE at < $1 LIMIT $2)",
            "DELETE FROM room_publications WHERE ctid = ANY (ARRAY
                 (SELECT ctid FROM room_publications WHERE at < $1 LIMIT $2 FOR UPDATE SKIP LOCKED))",
        ),
        values![before, limit],
    )
    .await
}
