//! Signed-in devices. A session that ended keeps its row for a while, so that a late token is known for what it is.

use domain::identity::{
    EndReason, Role, Session,
    rotation::{DeviceHash, Family},
};
use kernel::{Instant, SessionId, UserId};

use crate::{Column, Row, Sql, StoreError, Tx, values};

/// What an access token leans on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing {
    /// Whose session.
    pub user: UserId,
    /// What that user may do now, whatever it was at sign-in.
    pub role: Role,
    /// When the session ends unless it is used before.
    pub ends_at: Instant,
}

/// Keeps a new session, whose device was given the cookie of hash `issued`.
pub async fn insert(tx: &mut Tx<'_>, session: &Session, family: &Family, issued: &DeviceHash) -> Result<(), StoreError> {
    tx.execute(
        "INSERT INTO sessions (id, user_id, user_agent, address, device_hash, created_at, last_used_at, idle_expires_at,
             absolute_expires_at, issued_hash)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
        values![
            session.id,
            session.user,
            &session.user_agent,
            &session.address,
            family.device.as_ref(),
            session.created_at,
            session.last_used_at,
            family.idle_expires_at,
            family.absolute_expires_at,
            issued,
        ],
    )
    .await?;
    Ok(())
}

/// Who a live session stands for.
pub async fn standing(tx: &mut Tx<'_>, id: SessionId, now: Instant) -> Result<Option<Standing>, StoreError> {
    tx.optional(
        "SELECT s.user_id, u.role, s.idle_expires_at FROM sessions s JOIN users u ON u.id = s.user_id
         WHERE s.id = $1 AND s.revoked_at IS NULL AND s.idle_expires_at > $2",
        values![id, now],
        |row| Ok(Standing { user: row.get(0)?, role: row.parse(1)?, ends_at: row.get(2)? }),
    )
    .await
}

/// Which of `sessions` are live: one query for all that hold a live stream.
pub async fn live_among(tx: &mut Tx<'_>, sessions: &[SessionId], now: Instant) -> Result<Vec<SessionId>, StoreError> {
    let columns = [Column::Uuids(sessions.iter().map(|id| id.uuid()).collect()), Column::Instants(vec![now; sessions.len()])];
    tx.batch_all(
        Sql::each(
            "SELECT id FROM sessions WHERE id = $1 AND revoked_at IS NULL AND idle_expires_at > $2",
            "SELECT s.id FROM unnest($1::uuid[], $2::timestamptz[]) AS w (id, now) JOIN sessions s ON s.id = w.id
             WHERE s.revoked_at IS NULL AND s.idle_expires_at > w.now",
        ),
        &columns,
        |row| row.get(0),
    )
    .await
}

/// The family of tokens of a session, locked until the transaction ends, with its user.
pub async fn lock_family(tx: &mut Tx<'_>, id: SessionId) -> Result<Option<(UserId, Family)>, StoreError> {
    let locked = Sql::each("SELECT id FROM sessions WHERE id = $1", "SELECT id FROM sessions WHERE id = $1 FOR NO KEY UPDATE");
    if tx.optional(locked, values![id], |_| Ok(())).await?.is_none() {
        return Ok(None);
    }
    tx.optional(
        "SELECT s.user_id, s.revoked_at, s.idle_expires_at, s.absolute_expires_at, s.device_hash,
             (SELECT max(r.generation) FROM refresh_tokens r WHERE r.session_id = s.id)
         FROM sessions s WHERE s.id = $1",
        values![id],
        |row| {
            let device: Option<Vec<u8>> = row.get(4)?;
            let device = device.map(|hash| DeviceHash::try_from(hash.as_slice())).transpose();
            let family = Family {
                revoked_at: row.get(1)?,
                idle_expires_at: row.get(2)?,
                absolute_expires_at: row.get(3)?,
                device: device.map_err(|_| StoreError::Bug("device_hash".to_owned()))?,
                newest: row.get(5)?,
            };
            Ok((row.get(0)?, family))
        },
    )
    .await
}

/// Notes that a token of the session was redeemed.
pub async fn used(
    tx: &mut Tx<'_>,
    id: SessionId,
    device: Option<&DeviceHash>,
    now: Instant,
    idle_expires_at: Instant,
) -> Result<(), StoreError> {
    tx.execute(
        "UPDATE sessions SET device_hash = $2, last_used_at = $3, idle_expires_at = $4 WHERE id = $1",
        values![id, device, now, idle_expires_at],
    )
    .await?;
    Ok(())
}

/// The live sessions of a user, the one used last first, at most `limit`.
pub async fn live_of(tx: &mut Tx<'_>, user: UserId, now: Instant, limit: u32) -> Result<Vec<Session>, StoreError> {
    tx.all(
        "SELECT id, user_id, user_agent, address, created_at, last_used_at, idle_expires_at FROM sessions
         WHERE user_id = $1 AND revoked_at IS NULL AND idle_expires_at > $2 ORDER BY last_used_at DESC, id DESC LIMIT $3",
        values![user, now, limit],
        session,
    )
    .await
}

/// Whether this device has signed in to the account before: it shows a cookie that was handed out, or shown, for a session of it.
pub async fn knows_device(tx: &mut Tx<'_>, user: UserId, device: &DeviceHash) -> Result<bool, StoreError> {
    tx.one(
        "SELECT EXISTS (SELECT 1 FROM sessions WHERE user_id = $1 AND (issued_hash = $2 OR device_hash = $2))",
        values![user, device],
        |row| row.get(0),
    )
    .await
}

/// Ends one session of `user`; `false` if it is not theirs or has ended.
pub async fn end(tx: &mut Tx<'_>, user: UserId, id: SessionId, reason: EndReason, now: Instant) -> Result<bool, StoreError> {
    let ended = tx
        .execute(
            // A session that was ended expires now: one column says when a row is dead.
            "UPDATE sessions SET revoked_at = $3, revoked_reason = $4, idle_expires_at = $3
             WHERE id = $1 AND user_id = $2 AND revoked_at IS NULL AND idle_expires_at > $3",
            values![id, user, now, reason.as_str()],
        )
        .await?;
    Ok(ended == 1)
}

/// Ends all live sessions of `user` but `keep`; answers which.
pub async fn end_all_but(
    tx: &mut Tx<'_>,
    user: UserId,
    keep: Option<SessionId>,
    reason: EndReason,
    now: Instant,
) -> Result<Vec<SessionId>, StoreError> {
    tx.all(
        Sql::each(
            "UPDATE sessions SET revoked_at = $3, revoked_reason = $4, idle_expires_at = $3
             WHERE user_id = $1 AND id IS NOT $2 AND revoked_at IS NULL AND idle_expires_at > $3 RETURNING id",
            "UPDATE sessions SET revoked_at = $3, revoked_reason = $4, idle_expires_at = $3
             WHERE user_id = $1 AND id IS DISTINCT FROM $2 AND revoked_at IS NULL AND idle_expires_at > $3 RETURNING id",
        ),
        values![user, keep, now, reason.as_str()],
        |row| row.get(0),
    )
    .await
}

/// Ends the live sessions of `user` beyond the `keep` used last; answers which.
pub async fn end_oldest(tx: &mut Tx<'_>, user: UserId, keep: u32, now: Instant) -> Result<Vec<SessionId>, StoreError> {
    let beyond: Vec<SessionId> = tx
        .all(
            "SELECT id FROM sessions WHERE user_id = $1 AND revoked_at IS NULL AND idle_expires_at > $2
             ORDER BY last_used_at DESC, id DESC LIMIT 1000 OFFSET $3",
            values![user, now, keep],
            |row| row.get(0),
        )
        .await?;
    let columns = [
        Column::Uuids(beyond.iter().map(|id| id.uuid()).collect()),
        Column::Instants(beyond.iter().map(|_| now).collect()),
        Column::Texts(beyond.iter().map(|_| EndReason::Revoked.as_str().into()).collect()),
    ];
    tx.batch(
        Sql::each(
            "UPDATE sessions SET revoked_at = $2, revoked_reason = $3, idle_expires_at = $2 WHERE id = $1",
            "UPDATE sessions s SET revoked_at = w.at, revoked_reason = w.reason, idle_expires_at = w.at
             FROM unnest($1::uuid[], $2::timestamptz[], $3::text[]) AS w (id, at, reason) WHERE s.id = w.id",
        ),
        &columns,
    )
    .await?;
    Ok(beyond)
}

fn session(row: &Row<'_>) -> Result<Session, StoreError> {
    Ok(Session {
        id: row.get(0)?,
        user: row.get(1)?,
        user_agent: row.get(2)?,
        address: row.get(3)?,
        created_at: row.get(4)?,
        last_used_at: row.get(5)?,
        expires_at: row.get(6)?,
    })
}
