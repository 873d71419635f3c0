//! Rooms: people who follow one stream together. Whoever changes a room, or who is in it, locks the room first.

pub mod comments;
pub mod invitations;
pub mod items;
pub mod members;
pub mod presence;
pub mod publications;
pub mod reactions;
pub mod reads;
pub mod shares;

use domain::rooms::{Room, Standing};
use kernel::{Cursor, Instant, RoomId, StreamId, UserId};

use crate::{Column, Row, Sql, StoreError, Tx, streams, values};

/// Every column of [`Room`], in the order [`room`] reads them.
macro_rules! columns {
    () => {
        "r.id, r.name, r.members, r.version, r.created_at, r.updated_at"
    };
}

/// A room as somebody in it sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entered {
    /// The room.
    pub room: Room,
    /// What they are in it.
    pub standing: Standing,
    /// Since when.
    pub joined_at: Instant,
    /// How many of its events they have not read.
    pub unread: i64,
}

/// Writes a new room and its empty stream. Nobody is in it yet.
pub async fn insert(tx: &mut Tx<'_>, room: &Room) -> Result<(), StoreError> {
    streams::create(tx, StreamId::from(room.id)).await?;
    tx.execute(
        "INSERT INTO rooms (id, name, version, created_at, updated_at) VALUES ($1, $2, $3, $4, $5)",
        values![room.id, &room.name, room.version, room.created_at, room.updated_at],
    )
    .await?;
    Ok(())
}

/// A room, locked until the transaction ends, whoever asks: what the caller is in it is to be read after this.
pub async fn lock(tx: &mut Tx<'_>, id: RoomId) -> Result<Option<Room>, StoreError> {
    let sql = Sql::each(
        concat!("SELECT ", columns!(), " FROM rooms r WHERE r.id = $1 AND r.deleted_at IS NULL"),
        concat!("SELECT ", columns!(), " FROM rooms r WHERE r.id = $1 AND r.deleted_at IS NULL FOR NO KEY UPDATE"),
    );
    tx.optional(sql, values![id], room).await
}

/// A room, and what somebody is in it: every column of [`Entered`], and where they come from.
macro_rules! entered {
    ($rest:literal) => {
        concat!(
            "SELECT ",
            columns!(),
            ", m.role, m.joined_at, CASE WHEN p.epoch = s.epoch AND p.seq >= s.low THEN s.head - p.seq ELSE s.head - s.low + 1 END
             FROM room_members m JOIN rooms r ON r.id = m.room_id JOIN streams s ON s.id = m.room_id
             LEFT JOIN room_reads p ON p.room_id = m.room_id AND p.user_id = m.user_id ",
            $rest
        )
    };
}

pub(crate) const FIND: &str = entered!("WHERE m.room_id = $1 AND m.user_id = $2 AND r.deleted_at IS NULL");

/// A room that `user` is in.
pub async fn find(tx: &mut Tx<'_>, user: UserId, id: RoomId) -> Result<Option<Entered>, StoreError> {
    tx.optional(FIND, values![id, user], entered).await
}

pub(crate) const PAGE: &str = entered!(
    "WHERE m.user_id = $1 AND (m.joined_at, m.room_id) < ($2, $3) AND r.deleted_at IS NULL
     ORDER BY m.joined_at DESC, m.room_id DESC LIMIT $4"
);

/// A page of the rooms that `user` is in, the one they joined last first.
pub async fn page(tx: &mut Tx<'_>, user: UserId, before: Option<Cursor>, limit: u32) -> Result<Vec<Entered>, StoreError> {
    let before = before.unwrap_or(Cursor::new(Instant::MAX, uuid::Uuid::max()));
    tx.all(PAGE, values![user, before.at, before.id, limit], entered).await
}

pub(crate) const COUNT: &str = "SELECT count(*) FROM room_members WHERE user_id = $1";

/// In how many rooms `user` is. To be asked after the user was locked.
pub async fn count(tx: &mut Tx<'_>, user: UserId) -> Result<i64, StoreError> {
    tx.one(COUNT, values![user], |row| row.get(0)).await
}

/// Writes what may change of a room that was locked.
pub async fn update(tx: &mut Tx<'_>, room: &Room) -> Result<(), StoreError> {
    tx.execute(
        "UPDATE rooms SET name = $2, version = $3, updated_at = $4 WHERE id = $1",
        values![room.id, &room.name, room.version, room.updated_at],
    )
    .await?;
    Ok(())
}

pub(crate) const BY_KEY: &str = "SELECT id FROM rooms WHERE keyed_by = $1 AND external_key = $2";

/// The room that the programs of `user` call `key`.
pub async fn by_key(tx: &mut Tx<'_>, user: UserId, key: &str) -> Result<Option<RoomId>, StoreError> {
    tx.optional(BY_KEY, values![user, key], |row| row.get(0)).await
}

/// Says what the programs of `user` call a room.
pub async fn set_key(tx: &mut Tx<'_>, id: RoomId, (user, key): (UserId, &str)) -> Result<(), StoreError> {
    tx.execute("UPDATE rooms SET keyed_by = $2, external_key = $3 WHERE id = $1", values![id, user, key]).await?;
    Ok(())
}

/// Forgets what the programs of `user` call a room, if it is they who do.
pub async fn forget_key(tx: &mut Tx<'_>, id: RoomId, user: UserId) -> Result<(), StoreError> {
    tx.execute("UPDATE rooms SET external_key = NULL WHERE id = $1 AND keyed_by = $2", values![id, user]).await?;
    Ok(())
}

/// Some rooms of which more than `keep` events are kept.
pub async fn overfull(tx: &mut Tx<'_>, keep: u32, limit: u32) -> Result<Vec<RoomId>, StoreError> {
    let sql = "SELECT r.id FROM rooms r JOIN streams s ON s.id = r.id
         WHERE s.head - s.low + 1 > $1 AND r.deleted_at IS NULL ORDER BY r.id LIMIT $2";
    tx.all(sql, values![keep, limit], |row| row.get(0)).await
}

/// Of these, those that are there.
pub async fn among(tx: &mut Tx<'_>, rooms: &[RoomId]) -> Result<Vec<RoomId>, StoreError> {
    tx.batch_all(AMONG, &[Column::Uuids(rooms.iter().map(|room| room.uuid()).collect())], |row| row.get(0)).await
}

pub(crate) const AMONG: Sql = Sql::each(
    "SELECT id FROM rooms WHERE id = $1 AND deleted_at IS NULL",
    "SELECT id FROM rooms WHERE id = ANY ($1::uuid[]) AND deleted_at IS NULL",
);

/// Ends a room that was locked: nobody is in it and nobody comes in any more. Its events are left to [`purge`].
pub async fn discard(tx: &mut Tx<'_>, id: RoomId, now: Instant) -> Result<(), StoreError> {
    tx.execute("UPDATE rooms SET deleted_at = $2, external_key = NULL WHERE id = $1", values![id, now]).await?;
    tx.execute("DELETE FROM room_invitations WHERE room_id = $1", values![id]).await?;
    // In the order in which those who publish hold on to their places.
    let places = Sql::each(
        "SELECT user_id FROM room_members WHERE room_id = $1",
        "SELECT user_id FROM room_members WHERE room_id = $1 ORDER BY user_id FOR UPDATE",
    );
    tx.all(places, values![id], |row| row.get::<UserId>(0)).await?;
    // At once: with each member apart, the version of the room would be written as often.
    let presence = Sql::each(
        "DELETE FROM room_presence WHERE room_id = $1",
        "DELETE FROM room_presence WHERE room_id = $1 AND (user_id, gateway_id) IN
             (SELECT user_id, gateway_id FROM room_presence WHERE room_id = $1 ORDER BY user_id, gateway_id FOR UPDATE)",
    );
    tx.execute(presence, values![id]).await?;
    tx.execute("DELETE FROM room_members WHERE room_id = $1", values![id]).await?;
    Ok(())
}

/// Forgets at most `limit` events of a room that was deleted, then its keys and what was said of them, and with the last of that the room.
/// Answers how many rows are gone; none are where there is nothing to forget.
pub async fn purge(tx: &mut Tx<'_>, limit: u32) -> Result<u64, StoreError> {
    let deleted = "SELECT id FROM rooms WHERE deleted_at IS NOT NULL ORDER BY deleted_at LIMIT 1";
    let Some(id) = tx.optional(deleted, values![], |row| row.get::<RoomId>(0)).await? else { return Ok(0) };
    let mut gone = tx
        .execute(
            "DELETE FROM events WHERE stream_id = $1 AND (epoch, seq) IN
                 (SELECT epoch, seq FROM events WHERE stream_id = $1 ORDER BY epoch, seq LIMIT $2)",
            values![id, limit],
        )
        .await?;
    if gone >= u64::from(limit) {
        return Ok(gone);
    }
    gone += publications::purge_room(tx, id, limit).await?;
    let reactions = "DELETE FROM reactions WHERE (room_id, about, emoji, user_id) IN
             (SELECT room_id, about, emoji, user_id FROM reactions WHERE room_id = $1 LIMIT $2)";
    gone += tx.execute(reactions, values![id, limit]).await?;
    gone += comments::trim(tx, id, i64::from(limit)).await?;
    if gone >= u64::from(limit) {
        return Ok(gone);
    }
    tx.execute("DELETE FROM streams WHERE id = $1", values![id]).await?;
    tx.execute("DELETE FROM rooms WHERE id = $1", values![id]).await?;
    Ok(gone + 1)
}

fn room(row: &Row<'_>) -> Result<Room, StoreError> {
    Ok(Room {
        id: row.get(0)?,
        name: row.get(1)?,
        members: row.get(2)?,
        version: row.get(3)?,
        created_at: row.get(4)?,
        updated_at: row.get(5)?,
    })
}

fn entered(row: &Row<'_>) -> Result<Entered, StoreError> {
    Ok(Entered { room: room(row)?, standing: row.parse(6)?, joined_at: row.get(7)?, unread: row.get(8)? })
}
