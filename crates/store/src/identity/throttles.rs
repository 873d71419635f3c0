//! Failed attempts by account, device or address.

use domain::identity::throttle::Throttle;
use kernel::Instant;

use crate::{StoreError, Tx, values};

/// What is remembered under `key`, locked until the transaction ends. Whoever locks several does so in the order of their keys.
pub async fn lock(tx: &mut Tx<'_>, key: &str, now: Instant) -> Result<Throttle, StoreError> {
    let fresh = Throttle::fresh(now);
    // One statement: a row that is not there cannot be locked, and one that is there may be forgotten between two.
    tx.one(
        "INSERT INTO throttles (key, failures, window_ends_at, blocked_until) VALUES ($1, $2, $3, $4)
         ON CONFLICT (key) DO UPDATE SET key = excluded.key RETURNING failures, window_ends_at, blocked_until",
        values![key, fresh.failures, fresh.window_ends_at, fresh.blocked_until],
        |row| {
            let failures: i64 = row.get(0)?;
            Ok(Throttle {
                failures: u32::try_from(failures).unwrap_or(u32::MAX),
                window_ends_at: row.get(1)?,
                blocked_until: row.get(2)?,
            })
        },
    )
    .await
}

/// Writes what was locked.
pub async fn update(tx: &mut Tx<'_>, key: &str, throttle: &Throttle) -> Result<(), StoreError> {
    tx.execute(
        "UPDATE throttles SET failures = $2, window_ends_at = $3, blocked_until = $4 WHERE key = $1",
        values![key, throttle.failures, throttle.window_ends_at, throttle.blocked_until],
    )
    .await?;
    Ok(())
}

/// Forgets everything under `key`.
pub async fn forget(tx: &mut Tx<'_>, key: &str) -> Result<(), StoreError> {
    tx.execute("DELETE FROM throttles WHERE key = $1", values![key]).await?;
    Ok(())
}
