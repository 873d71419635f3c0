//! Who is in a room at the moment, as the processes say it that hold their connections.
//!
//! A row is a person in a room as one process has them. It counts until it is taken away: by that process, or by whoever finds that its
//! lease is over. The tables count a version of each room that grows with every row that comes or goes, also with one that goes with its
//! member, so whoever has seen a version need not look again before it has changed.
//!
//! Whoever writes here locks places in rooms first, then rows, and the versions last, which each statement does at its end: each of them in the
//! order of the rooms, and so no transaction has two such statements.

use kernel::{GatewayId, Instant, RoomId, UserId};

use crate::{Column, Sql, StoreError, Tx, values};

/// Somebody in a room, as one process has them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stay {
    /// Which room.
    pub room: RoomId,
    /// Who.
    pub user: UserId,
    /// Connections of theirs that follow the room.
    pub streams: u32,
    /// Clients of theirs without a connection.
    pub beats: u32,
    /// When one of those was heard of last.
    pub seen_at: Instant,
}

/// Somebody in a room, as all other processes together have them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Elsewhere {
    /// Who.
    pub user: UserId,
    /// What they are called.
    pub name: String,
    /// Connections and clients of theirs.
    pub connections: i64,
    /// When they were seen last: now, with a connection.
    pub seen_at: Instant,
}

/// Says that `gateway` lives, at least until then. To be said before anything else it says.
pub async fn hold(tx: &mut Tx<'_>, gateway: GatewayId, lease_until: Instant) -> Result<(), StoreError> {
    let sql = "INSERT INTO gateways (id, lease_until) VALUES ($1, $2) ON CONFLICT (id) DO UPDATE SET lease_until = excluded.lease_until";
    tx.execute(sql, values![gateway, lease_until]).await?;
    Ok(())
}

/// Notes who is where; who is no member of the room is passed over. Answers who was noted.
pub async fn put(tx: &mut Tx<'_>, gateway: GatewayId, stays: &[Stay]) -> Result<Vec<(RoomId, UserId)>, StoreError> {
    let columns = [
        Column::Uuids(stays.iter().map(|stay| stay.room.uuid()).collect()),
        Column::Uuids(stays.iter().map(|stay| stay.user.uuid()).collect()),
        Column::Uuids(vec![gateway.uuid(); stays.len()]),
        Column::Ints(stays.iter().map(|stay| i64::from(stay.streams)).collect()),
        Column::Ints(stays.iter().map(|stay| i64::from(stay.beats)).collect()),
        Column::Instants(stays.iter().map(|stay| stay.seen_at).collect()),
    ];
    // On PostgreSQL the members are held first: who is taken out at this moment waits for this, or is not found any more.
    let sql = Sql::each(
        "INSERT INTO room_presence (room_id, user_id, gateway_id, streams, beats, seen_at)
         SELECT room_id, user_id, $3, $4, $5, $6 FROM room_members WHERE room_id = $1 AND user_id = $2
         ON CONFLICT (room_id, user_id, gateway_id)
         DO UPDATE SET streams = excluded.streams, beats = excluded.beats, seen_at = excluded.seen_at
         RETURNING room_id, user_id",
        "WITH present AS (
             SELECT m.room_id, m.user_id, said.gateway_id, said.streams, said.beats, said.seen_at
             FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::bigint[], $5::bigint[], $6::timestamptz[])
                 AS said (room_id, user_id, gateway_id, streams, beats, seen_at)
             JOIN room_members m ON m.room_id = said.room_id AND m.user_id = said.user_id
             ORDER BY m.room_id, m.user_id FOR KEY SHARE OF m
         )
         INSERT INTO room_presence (room_id, user_id, gateway_id, streams, beats, seen_at)
         SELECT room_id, user_id, gateway_id, streams, beats, seen_at FROM present
         ON CONFLICT (room_id, user_id, gateway_id)
         DO UPDATE SET streams = excluded.streams, beats = excluded.beats, seen_at = excluded.seen_at
         RETURNING room_id, user_id",
    );
    tx.batch_all(sql, &columns, |row| Ok((row.get(0)?, row.get(1)?))).await
}

/// Notes who is not there any more, as far as `gateway` knows.
pub async fn take(tx: &mut Tx<'_>, gateway: GatewayId, gone: &[(RoomId, UserId)]) -> Result<(), StoreError> {
    let columns = [
        Column::Uuids(gone.iter().map(|(room, _)| room.uuid()).collect()),
        Column::Uuids(gone.iter().map(|(_, user)| user.uuid()).collect()),
        Column::Uuids(vec![gateway.uuid(); gone.len()]),
    ];
    let sql = Sql::each(
        "DELETE FROM room_presence WHERE room_id = $1 AND user_id = $2 AND gateway_id = $3",
        "WITH held AS (
             SELECT p.room_id, p.user_id, p.gateway_id
             FROM unnest($1::uuid[], $2::uuid[], $3::uuid[]) AS gone (room_id, user_id, gateway_id)
             JOIN room_presence p ON p.room_id = gone.room_id AND p.user_id = gone.user_id AND p.gateway_id = gone.gateway_id
             ORDER BY p.room_id, p.user_id FOR UPDATE OF p
         )
         DELETE FROM room_presence p USING held
         WHERE p.room_id = held.room_id AND p.user_id = held.user_id AND p.gateway_id = held.gateway_id",
    );
    tx.batch(sql, &columns).await?;
    Ok(())
}

pub(crate) const COUNT: &str = "SELECT count(*) FROM room_presence WHERE gateway_id = $1";

/// How much of what `gateway` has said is still there.
pub async fn count(tx: &mut Tx<'_>, gateway: GatewayId) -> Result<i64, StoreError> {
    tx.one(COUNT, values![gateway], |row| row.get(0)).await
}

/// What `gateway` has said and is still there.
pub async fn own(tx: &mut Tx<'_>, gateway: GatewayId) -> Result<Vec<(RoomId, UserId)>, StoreError> {
    let sql = "SELECT room_id, user_id FROM room_presence WHERE gateway_id = $1";
    tx.all(sql, values![gateway], |row| Ok((row.get(0)?, row.get(1)?))).await
}

/// Whether there is a process but this whose lease was over at `now`.
pub async fn has_lapsed(tx: &mut Tx<'_>, me: GatewayId, now: Instant) -> Result<bool, StoreError> {
    let sql = "SELECT CAST(1 AS bigint) FROM gateways WHERE lease_until <= $1 AND id <> $2 LIMIT 1";
    Ok(tx.optional(sql, values![now, me], |row| row.get::<i64>(0)).await?.is_some())
}

/// Takes away at most `limit` rows of a process but this whose lease was over at `now`, and with its last rows the process. Answers how
/// many rows are gone: none where there is nothing to take away.
pub async fn reap(tx: &mut Tx<'_>, me: GatewayId, now: Instant, limit: u32) -> Result<u64, StoreError> {
    // Locked first: should it live after all, it waits, and finds that it has to say everything anew.
    let lapsed = Sql::each(
        "SELECT id FROM gateways WHERE lease_until <= $1 AND id <> $2 ORDER BY id LIMIT 1",
        "SELECT id FROM gateways WHERE lease_until <= $1 AND id <> $2 ORDER BY id LIMIT 1 FOR UPDATE SKIP LOCKED",
    );
    let Some(gateway) = tx.optional(lapsed, values![now, me], |row| row.get::<GatewayId>(0)).await? else { return Ok(0) };
    let gone = tx
        .execute(
            Sql::each(
                "DELETE FROM room_presence WHERE gateway_id = $1 AND (room_id, user_id) IN
                     (SELECT room_id, user_id FROM room_presence WHERE gateway_id = $1 ORDER BY room_id, user_id LIMIT $2)",
                "DELETE FROM room_presence WHERE gateway_id = $1 AND (room_id, user_id) IN
                     (SELECT room_id, user_id FROM room_presence WHERE gateway_id = $1 ORDER BY room_id, user_id LIMIT $2 FOR UPDATE)",
            ),
            values![gateway, limit],
        )
        .await?;
    if gone >= u64::from(limit) {
        return Ok(gone);
    }
    tx.execute("DELETE FROM gateways WHERE id = $1", values![gateway]).await?;
    Ok(gone + 1)
}

const VERSIONS: Sql = Sql::each(
    "SELECT room_id, version FROM room_presence_versions WHERE room_id = $1",
    "SELECT room_id, version FROM room_presence_versions WHERE room_id = ANY ($1::uuid[])",
);

/// The version of each of these rooms in which there ever was somebody.
pub async fn versions(tx: &mut Tx<'_>, rooms: &[RoomId]) -> Result<Vec<(RoomId, i64)>, StoreError> {
    let columns = [Column::Uuids(rooms.iter().map(|room| room.uuid()).collect())];
    tx.batch_all(VERSIONS, &columns, |row| Ok((row.get(0)?, row.get(1)?))).await
}

const USERS: Sql = Sql::each(
    "SELECT room_id, user_id FROM room_presence WHERE room_id = $1",
    "SELECT room_id, user_id FROM room_presence WHERE room_id = ANY ($1::uuid[])",
);

/// Who is in these rooms, perhaps more than once.
pub async fn users(tx: &mut Tx<'_>, rooms: &[RoomId]) -> Result<Vec<(RoomId, UserId)>, StoreError> {
    let columns = [Column::Uuids(rooms.iter().map(|room| room.uuid()).collect())];
    tx.batch_all(USERS, &columns, |row| Ok((row.get(0)?, row.get(1)?))).await
}

pub(crate) const ELSEWHERE: &str = "SELECT p.user_id, min(u.display_name), CAST(sum(p.streams + p.beats) AS bigint),
         max(CASE WHEN p.streams > 0 THEN $3 ELSE p.seen_at END)
     FROM room_presence p JOIN users u ON u.id = p.user_id
     WHERE p.room_id = $1 AND p.gateway_id <> $2
     GROUP BY p.user_id ORDER BY p.user_id LIMIT $4";

/// At most `limit` of those in a room at `now`, lowest id first, as all processes but this one say.
pub async fn elsewhere(
    tx: &mut Tx<'_>,
    room: RoomId,
    (me, now): (GatewayId, Instant),
    limit: u32,
) -> Result<Vec<Elsewhere>, StoreError> {
    tx.all(ELSEWHERE, values![room, me, now, limit], |row| {
        Ok(Elsewhere { user: row.get(0)?, name: row.get(1)?, connections: row.get(2)?, seen_at: row.get(3)? })
    })
    .await
}
