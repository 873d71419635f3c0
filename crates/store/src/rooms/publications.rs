//! What was published under a key of the publisher's own: the same again is the same event.

use kernel::{EventId, Instant, RoomId};

use crate::{Column, Sql, StoreError, Tx, values};

/// What a key of a room stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Publication {
    /// The event.
    pub event: EventId,
    /// SHA-256 over what was published.
    pub hash: Vec<u8>,
}

/// A key for an event that is about to be appended.
#[derive(Clone, Debug)]
pub struct Claim<'a> {
    /// What the publisher calls it.
    pub key: &'a str,
    /// The event.
    pub event: EventId,
    /// SHA-256 over what is published.
    pub hash: [u8; 32],
}

/// Keeps keys of a room; answers for each what it stands for from now on, which is another event if it was taken, also by one of `claims`
/// before it. One that is being published at this moment is waited for.
pub async fn claim(tx: &mut Tx<'_>, room: RoomId, claims: &[Claim<'_>], at: Instant) -> Result<Vec<Publication>, StoreError> {
    // In one order for all, so that two who claim the same keys do not wait for each other in a circle; of the same key the first wins.
    let mut sorted: Vec<&Claim<'_>> = claims.iter().collect();
    sorted.sort_by_key(|claim| claim.key);
    let rooms = || Column::Uuids(vec![room.uuid(); claims.len()]);
    let columns = [
        rooms(),
        Column::Texts(sorted.iter().map(|claim| claim.key.into()).collect()),
        Column::Uuids(sorted.iter().map(|claim| claim.event.uuid()).collect()),
        Column::Bytes(sorted.iter().map(|claim| claim.hash.as_slice().into()).collect()),
        Column::Instants(vec![at; claims.len()]),
    ];
    tx.batch(
        Sql::each(
            "INSERT INTO room_publications (room_id, dedupe_key, event_id, request_hash, at) VALUES ($1, $2, $3, $4, $5)
             ON CONFLICT (room_id, dedupe_key) DO NOTHING",
            "INSERT INTO room_publications (room_id, dedupe_key, event_id, request_hash, at)
             SELECT * FROM unnest($1::uuid[], $2::text[], $3::uuid[], $4::bytea[], $5::timestamptz[])
             ON CONFLICT (room_id, dedupe_key) DO NOTHING",
        ),
        &columns,
    )
    .await?;
    let keys = Column::Texts(claims.iter().map(|claim| claim.key.into()).collect());
    tx.batch_all(FIND, &[rooms(), keys], |row| Ok(Publication { event: row.get(0)?, hash: row.get(1)? })).await
}

pub(crate) const FIND: Sql = Sql::each(
    "SELECT event_id, request_hash FROM room_publications WHERE room_id = $1 AND dedupe_key = $2",
    "SELECT p.event_id, p.request_hash
     FROM unnest($1::uuid[], $2::text[]) WITH ORDINALITY AS asked (room_id, dedupe_key, place)
     JOIN room_publications p ON p.room_id = asked.room_id AND p.dedupe_key = asked.dedupe_key ORDER BY asked.place",
);

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
