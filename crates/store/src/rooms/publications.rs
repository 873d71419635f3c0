//! What was published under a key of the publisher's own: the same again is the same event.

use std::collections::{BTreeMap, HashMap};

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
    let mut first: BTreeMap<&str, &Claim<'_>> = BTreeMap::new();
    for claim in claims {
        first.entry(claim.key).or_insert(claim);
    }
    // In the order of the keys, so that two who claim the same ones do not wait for each other in a circle. What is there already is locked
    // by writing it as it is: nobody forgets it before this transaction ends.
    let columns = [
        Column::Uuids(vec![room.uuid(); first.len()]),
        Column::Texts(first.keys().map(|key| (*key).into()).collect()),
        Column::Uuids(first.values().map(|claim| claim.event.uuid()).collect()),
        Column::Bytes(first.values().map(|claim| claim.hash.as_slice().into()).collect()),
        Column::Instants(vec![at; first.len()]),
    ];
    let known: HashMap<String, Publication> = tx
        .batch_all(CLAIM, &columns, |row| Ok((row.get(0)?, Publication { event: row.get(1)?, hash: row.get(2)? })))
        .await?
        .into_iter()
        .collect();
    let stands_for = |claim: &Claim<'_>| known.get(claim.key).cloned();
    let missing = || StoreError::Bug("a key that was claimed stands for nothing".to_owned());
    claims.iter().map(|claim| stands_for(claim).ok_or_else(missing)).collect()
}

const CLAIM: Sql = Sql::each(
    "INSERT INTO room_publications (room_id, dedupe_key, event_id, request_hash, at) VALUES ($1, $2, $3, $4, $5)
     ON CONFLICT (room_id, dedupe_key) DO UPDATE SET at = room_publications.at RETURNING dedupe_key, event_id, request_hash",
    "INSERT INTO room_publications (room_id, dedupe_key, event_id, request_hash, at)
     SELECT * FROM unnest($1::uuid[], $2::text[], $3::uuid[], $4::bytea[], $5::timestamptz[])
     ON CONFLICT (room_id, dedupe_key) DO UPDATE SET at = room_publications.at RETURNING dedupe_key, event_id, request_hash",
);

/// Forgets at most `limit` keys of a room that was deleted; answers how many.
pub async fn purge_room(tx: &mut Tx<'_>, room: RoomId, limit: u32) -> Result<u64, StoreError> {
    tx.execute(
        "DELETE FROM room_publications WHERE room_id = $1 AND dedupe_key IN
             (SELECT dedupe_key FROM room_publications WHERE room_id = $1 LIMIT $2)",
        values![room, limit],
    )
    .await
}

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
