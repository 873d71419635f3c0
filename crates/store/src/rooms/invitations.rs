//! Links that let people into a room. One that was revoked is gone, one that expired is passed over until it is forgotten.

use domain::rooms::Invitation;
use kernel::{Instant, InvitationId, RoomId, UserId};

use crate::{Row, Sql, StoreError, Tx, values};

/// Keeps a new invitation under the hash of its secret.
pub async fn insert(tx: &mut Tx<'_>, invitation: &Invitation, hash: &[u8; 32]) -> Result<(), StoreError> {
    tx.execute(
        "INSERT INTO room_invitations (id, room_id, role, hash, invited_by, created_at, expires_at) VALUES ($1, $2, $3, $4, $5, $6, $7)",
        values![
            invitation.id,
            invitation.room,
            invitation.standing.as_str(),
            hash,
            invitation.invited_by,
            invitation.created_at,
            invitation.expires_at
        ],
    )
    .await?;
    Ok(())
}

/// How many of a room are good. To be asked after the room was locked.
pub async fn count(tx: &mut Tx<'_>, room: RoomId, now: Instant) -> Result<i64, StoreError> {
    let sql = "SELECT count(*) FROM room_invitations WHERE room_id = $1 AND expires_at > $2";
    tx.one(sql, values![room, now], |row| row.get(0)).await
}

pub(crate) const OF: &str = "SELECT id, room_id, role, invited_by, accepted, created_at, expires_at FROM room_invitations
     WHERE room_id = $1 AND expires_at > $2 ORDER BY created_at, id";

/// Those of a room that are good, oldest first.
pub async fn of(tx: &mut Tx<'_>, room: RoomId, now: Instant) -> Result<Vec<Invitation>, StoreError> {
    tx.all(OF, values![room, now], invitation).await
}

pub(crate) const BY_HASH: &str = "SELECT id, room_id, role, invited_by, accepted, created_at, expires_at FROM room_invitations
     WHERE hash = $1 AND expires_at > $2";

/// The good one with this hash.
pub async fn by_hash(tx: &mut Tx<'_>, hash: &[u8; 32], now: Instant) -> Result<Option<Invitation>, StoreError> {
    tx.optional(BY_HASH, values![hash, now], invitation).await
}

/// Notes that somebody came by it.
pub async fn accepted(tx: &mut Tx<'_>, id: InvitationId) -> Result<(), StoreError> {
    tx.execute("UPDATE room_invitations SET accepted = accepted + 1 WHERE id = $1", values![id]).await?;
    Ok(())
}

/// Deletes one of a room; `false` if it is not the room's.
pub async fn delete(tx: &mut Tx<'_>, room: RoomId, id: InvitationId) -> Result<bool, StoreError> {
    Ok(tx.execute("DELETE FROM room_invitations WHERE id = $1 AND room_id = $2", values![id, room]).await? == 1)
}

/// Deletes all of a room that `user` made.
pub async fn delete_of(tx: &mut Tx<'_>, room: RoomId, user: UserId) -> Result<(), StoreError> {
    tx.execute("DELETE FROM room_invitations WHERE room_id = $1 AND invited_by = $2", values![room, user]).await?;
    Ok(())
}

/// Deletes at most `limit` that have expired; answers how many.
pub async fn purge(tx: &mut Tx<'_>, now: Instant, limit: u32) -> Result<u64, StoreError> {
    tx.execute(
        Sql::each(
            "DELETE FROM room_invitations WHERE id IN (SELECT id FROM room_invitations WHERE expires_at <= $1 LIMIT $2)",
            "DELETE FROM room_invitations WHERE id = ANY (ARRAY
                 (SELECT id FROM room_invitations WHERE expires_at <= $1 LIMIT $2 FOR UPDATE SKIP LOCKED))",
        ),
        values![now, limit],
    )
    .await
}

fn invitation(row: &Row<'_>) -> Result<Invitation, StoreError> {
    Ok(Invitation {
        id: row.get(0)?,
        room: row.get(1)?,
        standing: row.parse(2)?,
        invited_by: row.get(3)?,
        accepted: row.get(4)?,
        created_at: row.get(5)?,
        expires_at: row.get(6)?,
    })
}
