//! What people of a room can talk about.

use domain::rooms::About;
use kernel::{RoomId, StreamId};
use uuid::Uuid;

use crate::{Sql, StoreError, Tx, values};

/// Locks something of a room until the transaction ends, so that it stays, and that what is decided on it comes one after the other;
/// `false` if it is not there.
pub async fn lock(tx: &mut Tx<'_>, room: RoomId, about: About) -> Result<bool, StoreError> {
    let is = |row: &crate::Row<'_>| row.get::<Uuid>(0);
    let found = match about {
        About::Event(id) => {
            let sql = Sql::each(EVENT, "SELECT id FROM events WHERE id = $1 AND stream_id = $2 FOR NO KEY UPDATE");
            tx.optional(sql, values![id, StreamId::from(room)], is).await?
        }
        About::Schedule(id) => {
            let sql = Sql::each(
                "SELECT schedule_id FROM room_schedules WHERE schedule_id = $1 AND room_id = $2",
                "SELECT schedule_id FROM room_schedules WHERE schedule_id = $1 AND room_id = $2 FOR NO KEY UPDATE",
            );
            tx.optional(sql, values![id, room], is).await?
        }
        About::Comment(id) => {
            let sql = Sql::each(
                "SELECT id FROM comments WHERE id = $1 AND room_id = $2",
                "SELECT id FROM comments WHERE id = $1 AND room_id = $2 FOR NO KEY UPDATE",
            );
            tx.optional(sql, values![id, room], is).await?
        }
    };
    Ok(found.is_some())
}

pub(crate) const EVENT: &str = "SELECT id FROM events WHERE id = $1 AND stream_id = $2";
