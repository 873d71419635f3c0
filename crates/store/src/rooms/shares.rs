//! Schedules that their owners show in rooms. Whoever shares one has locked the room and the schedule, or [`hold`]s a share of it there.

use domain::rooms::{About, Share};
use kernel::{Instant, RoomId, ScheduleId, UserId};

use super::reactions;
use crate::{Column, Row, Sql, StoreError, Tx, values};

/// `SELECT` of shares, in the order [`share`] reads them, followed by the rest of the statement; one text or one per engine.
macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT s.room_id, s.schedule_id, s.shared_by, s.shared_at, c.title, c.all_day, c.time_zone, c.start_wall, c.end_wall,
                 c.start_at, c.end_at, c.rrule, c.version FROM ",
            $rest
        )
    };
}

/// Shares a schedule of `by` with a room they are in; `false` if it is shared already.
pub async fn put(tx: &mut Tx<'_>, (room, schedule): (RoomId, ScheduleId), by: UserId, at: Instant) -> Result<bool, StoreError> {
    let sql = "INSERT INTO room_schedules (room_id, schedule_id, shared_by, shared_at) VALUES ($1, $2, $3, $4)
         ON CONFLICT (room_id, schedule_id) DO NOTHING";
    Ok(tx.execute(sql, values![room, schedule, by, at]).await? == 1)
}

/// How many schedules are shared with a room, and with how many rooms a schedule is.
pub async fn count(tx: &mut Tx<'_>, (room, schedule): (RoomId, ScheduleId)) -> Result<(i64, i64), StoreError> {
    let sql = "SELECT (SELECT count(*) FROM room_schedules WHERE room_id = $1),
             (SELECT count(*) FROM room_schedules WHERE schedule_id = $2)";
    tx.one(sql, values![room, schedule], |row| Ok((row.get(0)?, row.get(1)?))).await
}

/// A schedule as it is shared with a room, if it is.
pub async fn find(tx: &mut Tx<'_>, room: RoomId, schedule: ScheduleId) -> Result<Option<Share>, StoreError> {
    let sql = select!(
        "room_schedules s JOIN schedules c ON c.id = s.schedule_id
         WHERE s.room_id = $1 AND s.schedule_id = $2 AND c.deleted_at IS NULL"
    );
    tx.optional(sql, values![room, schedule], share).await
}

pub(crate) const OF_ROOM: &str = select!(
    "room_schedules s JOIN schedules c ON c.id = s.schedule_id
     WHERE s.room_id = $1 AND c.deleted_at IS NULL ORDER BY s.shared_at, s.schedule_id"
);

/// Those shared with a room, the first that was coming first.
pub async fn of_room(tx: &mut Tx<'_>, room: RoomId) -> Result<Vec<Share>, StoreError> {
    tx.all(OF_ROOM, values![room], share).await
}

pub(crate) const OF_SCHEDULES: Sql = Sql::each(
    select!(
        "room_schedules s JOIN schedules c ON c.id = s.schedule_id WHERE s.schedule_id = $1 AND s.shared_by = $2
         ORDER BY s.room_id"
    ),
    select!(
        "unnest($1::uuid[], $2::uuid[]) AS asked (schedule_id, owner_id)
         JOIN room_schedules s ON s.schedule_id = asked.schedule_id AND s.shared_by = asked.owner_id
         JOIN room_members m ON m.room_id = s.room_id AND m.user_id = s.shared_by
         JOIN schedules c ON c.id = s.schedule_id ORDER BY s.room_id, s.schedule_id FOR KEY SHARE OF m, s"
    ),
);

/// Of these schedules of `owner` those that are shared, for each room; neither the share nor the place in the room of `owner` can be
/// taken away until the transaction ends.
pub async fn hold(tx: &mut Tx<'_>, owner: UserId, schedules: &[ScheduleId]) -> Result<Vec<Share>, StoreError> {
    let columns =
        [Column::Uuids(schedules.iter().map(|id| id.uuid()).collect()), Column::Uuids(vec![owner.uuid(); schedules.len()])];
    tx.batch_all(OF_SCHEDULES, &columns, share).await
}

/// The ids of those that `user` shares with a room, lowest first.
pub async fn of_member(tx: &mut Tx<'_>, room: RoomId, user: UserId) -> Result<Vec<ScheduleId>, StoreError> {
    let sql = "SELECT schedule_id FROM room_schedules WHERE room_id = $1 AND shared_by = $2 ORDER BY schedule_id";
    tx.all(sql, values![room, user], |row| row.get(0)).await
}

/// Ends shares, with the reactions to what was shared; answers how many there were.
pub async fn delete(tx: &mut Tx<'_>, room: RoomId, schedules: &[ScheduleId]) -> Result<u64, StoreError> {
    let columns =
        [Column::Uuids(vec![room.uuid(); schedules.len()]), Column::Uuids(schedules.iter().map(|id| id.uuid()).collect())];
    let ended = tx
        .batch(
            Sql::each(
                "DELETE FROM room_schedules WHERE room_id = $1 AND schedule_id = $2",
                "DELETE FROM room_schedules s USING unnest($1::uuid[], $2::uuid[]) AS gone (room_id, schedule_id)
             WHERE s.room_id = gone.room_id AND s.schedule_id = gone.schedule_id",
            ),
            &columns,
        )
        .await?;
    let abouts: Vec<About> = schedules.iter().map(|id| About::Schedule(*id)).collect();
    reactions::forget(tx, room, &abouts).await?;
    Ok(ended)
}

fn share(row: &Row<'_>) -> Result<Share, StoreError> {
    Ok(Share {
        room: row.get(0)?,
        schedule: row.get(1)?,
        by: row.get(2)?,
        at: row.get(3)?,
        title: row.get(4)?,
        all_day: row.get(5)?,
        zone: row.get(6)?,
        start: row.parse(7)?,
        end: row.parse(8)?,
        start_at: row.get(9)?,
        end_at: row.get(10)?,
        rrule: row.get(11)?,
        version: row.get(12)?,
    })
}
