//! How far people have read the rooms they are in. These rows are locked last of all, after streams.

use kernel::{Position, RoomId, UserId};

use crate::{StoreError, Tx, values};

/// How far `user` has read a room, if that was ever said.
pub async fn find(tx: &mut Tx<'_>, room: RoomId, user: UserId) -> Result<Option<Position>, StoreError> {
    tx.optional(FIND, values![room, user], |row| Ok(Position { epoch: row.get(0)?, seq: row.get(1)? })).await
}

pub(crate) const FIND: &str = "SELECT epoch, seq FROM room_reads WHERE room_id = $1 AND user_id = $2";

/// Notes that `user`, who is in the room, has read it up to `position`. Within an epoch it never goes back.
pub async fn put(tx: &mut Tx<'_>, room: RoomId, user: UserId, position: Position) -> Result<(), StoreError> {
    tx.execute(
        "INSERT INTO room_reads (room_id, user_id, epoch, seq)
         SELECT room_id, user_id, $3, $4 FROM room_members WHERE room_id = $1 AND user_id = $2
         ON CONFLICT (room_id, user_id) DO UPDATE SET epoch = excluded.epoch, seq = excluded.seq
             WHERE room_reads.epoch <> excluded.epoch OR room_reads.seq < excluded.seq",
        values![room, user, position.epoch, position.seq],
    )
    .await?;
    Ok(())
}

/// Moves the position of `user` from `from` to `to`, if it is there: who knew everything knows what they said themselves.
pub async fn follow(tx: &mut Tx<'_>, room: RoomId, user: UserId, (from, to): (Position, Position)) -> Result<(), StoreError> {
    tx.execute(
        "UPDATE room_reads SET seq = $5 WHERE room_id = $1 AND user_id = $2 AND epoch = $3 AND seq = $4",
        values![room, user, from.epoch, from.seq, to.seq],
    )
    .await?;
    Ok(())
}

pub(crate) const UNREAD: &str =
    "SELECT m.room_id, CASE WHEN p.epoch = s.epoch AND p.seq >= s.low THEN s.head - p.seq ELSE s.head - s.low + 1 END
     FROM room_members m JOIN streams s ON s.id = m.room_id
     LEFT JOIN room_reads p ON p.room_id = m.room_id AND p.user_id = m.user_id WHERE m.user_id = $1";

/// How many events of each of their rooms `user` has not read.
pub async fn unread(tx: &mut Tx<'_>, user: UserId) -> Result<Vec<(RoomId, i64)>, StoreError> {
    let mut unread: Vec<(RoomId, i64)> = tx.all(UNREAD, values![user], |row| Ok((row.get(0)?, row.get(1)?))).await?;
    unread.sort_unstable();
    Ok(unread)
}

/// How often `user` has said how far they have read.
pub async fn version(tx: &mut Tx<'_>, user: UserId) -> Result<i64, StoreError> {
    let sql = "SELECT version FROM room_readers WHERE user_id = $1";
    Ok(tx.optional(sql, values![user], |row| row.get(0)).await?.unwrap_or(0))
}

/// As [`version`]; and until the transaction ends nobody else says for `user` how far they have read.
pub async fn lock(tx: &mut Tx<'_>, user: UserId) -> Result<i64, StoreError> {
    let sql = "INSERT INTO room_readers (user_id, version) VALUES ($1, 0)
         ON CONFLICT (user_id) DO UPDATE SET version = room_readers.version RETURNING version";
    tx.one(sql, values![user], |row| row.get(0)).await
}

/// Notes how often `user` has said it, who was locked.
pub async fn set_version(tx: &mut Tx<'_>, user: UserId, version: i64) -> Result<(), StoreError> {
    tx.execute("UPDATE room_readers SET version = $2 WHERE user_id = $1", values![user, version]).await?;
    Ok(())
}
