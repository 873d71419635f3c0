//! Who is in a room. Whoever changes that has locked the room; the tables count the members of each by themselves.

use domain::rooms::{Member, Standing};
use kernel::{Cursor, Instant, RoomId, UserId};

use crate::{Column, Row, Sql, StoreError, Tx, values};

/// Puts somebody who is not in the room into it.
pub async fn insert(
    tx: &mut Tx<'_>,
    room: RoomId,
    (user, standing): (UserId, Standing),
    joined_at: Instant,
) -> Result<(), StoreError> {
    tx.execute(
        "INSERT INTO room_members (room_id, user_id, role, joined_at) VALUES ($1, $2, $3, $4)",
        values![room, user, standing.as_str(), joined_at],
    )
    .await?;
    Ok(())
}

pub(crate) const STANDING: &str = "SELECT role FROM room_members WHERE room_id = $1 AND user_id = $2";

/// What somebody is in a room, if they are in it.
pub async fn standing(tx: &mut Tx<'_>, room: RoomId, user: UserId) -> Result<Option<Standing>, StoreError> {
    tx.optional(STANDING, values![room, user], |row| row.parse(0)).await
}

/// What each of `users` is who is in the room; until the transaction ends they are, and stay in it.
pub async fn hold(tx: &mut Tx<'_>, room: RoomId, users: &[UserId]) -> Result<Vec<(UserId, Standing)>, StoreError> {
    let columns = [Column::Uuids(users.iter().map(|user| user.uuid()).collect()), Column::Uuids(vec![room.uuid(); users.len()])];
    tx.batch_all(HOLD, &columns, |row| Ok((row.get(0)?, row.parse(1)?))).await
}

const HOLD: Sql = Sql::each(
    "SELECT user_id, role FROM room_members WHERE user_id = $1 AND room_id = $2",
    "SELECT m.user_id, m.role FROM unnest($1::uuid[], $2::uuid[]) AS asked (user_id, room_id)
     JOIN room_members m ON m.room_id = asked.room_id AND m.user_id = asked.user_id ORDER BY m.user_id FOR SHARE OF m",
);

/// Of these, those who are in the room.
pub async fn among(tx: &mut Tx<'_>, places: &[(UserId, RoomId)]) -> Result<Vec<(UserId, RoomId)>, StoreError> {
    let columns = [
        Column::Uuids(places.iter().map(|(user, _)| user.uuid()).collect()),
        Column::Uuids(places.iter().map(|(_, room)| room.uuid()).collect()),
    ];
    tx.batch_all(AMONG, &columns, |row| Ok((row.get(0)?, row.get(1)?))).await
}

pub(crate) const AMONG: Sql = Sql::each(
    "SELECT user_id, room_id FROM room_members WHERE user_id = $1 AND room_id = $2",
    "SELECT m.user_id, m.room_id FROM unnest($1::uuid[], $2::uuid[]) AS asked (user_id, room_id)
     JOIN room_members m ON m.room_id = asked.room_id AND m.user_id = asked.user_id",
);

/// Somebody in a room.
pub async fn find(tx: &mut Tx<'_>, room: RoomId, user: UserId) -> Result<Option<Member>, StoreError> {
    let sql =
        "SELECT m.room_id, m.user_id, u.display_name, m.role, m.joined_at FROM room_members m JOIN users u ON u.id = m.user_id
         WHERE m.room_id = $1 AND m.user_id = $2";
    tx.optional(sql, values![room, user], member).await
}

pub(crate) const PAGE: &str = "SELECT m.room_id, m.user_id, u.display_name, m.role, m.joined_at
     FROM room_members m JOIN users u ON u.id = m.user_id
     WHERE m.room_id = $1 AND (m.joined_at, m.user_id) > ($2, $3) ORDER BY m.joined_at, m.user_id LIMIT $4";

/// A page of those in a room, who has been there for longest first.
pub async fn page(tx: &mut Tx<'_>, room: RoomId, after: Option<Cursor>, limit: u32) -> Result<Vec<Member>, StoreError> {
    let after = after.unwrap_or(Cursor::new(Instant::EPOCH, uuid::Uuid::nil()));
    tx.all(PAGE, values![room, after.at, after.id, limit], member).await
}

/// Of these, those who are in the room, with what they are called.
pub async fn named(tx: &mut Tx<'_>, room: RoomId, users: &[UserId]) -> Result<Vec<(UserId, String)>, StoreError> {
    let columns = [Column::Uuids(users.iter().map(|user| user.uuid()).collect()), Column::Uuids(vec![room.uuid(); users.len()])];
    tx.batch_all(NAMED, &columns, |row| Ok((row.get(0)?, row.get(1)?))).await
}

pub(crate) const NAMED: Sql = Sql::each(
    "SELECT m.user_id, u.display_name FROM room_members m JOIN users u ON u.id = m.user_id WHERE m.user_id = $1 AND m.room_id = $2",
    "SELECT m.user_id, u.display_name FROM unnest($1::uuid[], $2::uuid[]) AS asked (user_id, room_id)
     JOIN room_members m ON m.room_id = asked.room_id AND m.user_id = asked.user_id JOIN users u ON u.id = m.user_id",
);

/// The ids of all in a room, lowest first.
pub async fn users(tx: &mut Tx<'_>, room: RoomId) -> Result<Vec<UserId>, StoreError> {
    tx.all("SELECT user_id FROM room_members WHERE room_id = $1 ORDER BY user_id", values![room], |row| row.get(0)).await
}

/// How many owners a room has.
pub async fn owners(tx: &mut Tx<'_>, room: RoomId) -> Result<i64, StoreError> {
    let sql = "SELECT count(*) FROM room_members WHERE room_id = $1 AND role = 'owner'";
    tx.one(sql, values![room], |row| row.get(0)).await
}

/// Makes somebody in a room something else there.
pub async fn change(tx: &mut Tx<'_>, room: RoomId, (user, standing): (UserId, Standing)) -> Result<(), StoreError> {
    let sql = "UPDATE room_members SET role = $3 WHERE room_id = $1 AND user_id = $2";
    tx.execute(sql, values![room, user, standing.as_str()]).await?;
    Ok(())
}

/// Takes somebody out of a room.
pub async fn delete(tx: &mut Tx<'_>, room: RoomId, user: UserId) -> Result<(), StoreError> {
    tx.execute("DELETE FROM room_members WHERE room_id = $1 AND user_id = $2", values![room, user]).await?;
    Ok(())
}

fn member(row: &Row<'_>) -> Result<Member, StoreError> {
    Ok(Member {
        room: row.get(0)?,
        user: row.get(1)?,
        display_name: row.get(2)?,
        standing: row.parse(3)?,
        joined_at: row.get(4)?,
    })
}
