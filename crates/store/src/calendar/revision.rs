//! How often the calendar of an owner changed.

use kernel::{Instant, UserId};

use crate::{StoreError, Tx, values};

/// Where a calendar stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Revision {
    /// Grows with every change of a schedule; 0 before the first.
    pub number: i64,
    /// When the last change was.
    pub changed_at: Option<Instant>,
}

/// Counts a change, in the transaction that makes it.
pub async fn bump(tx: &mut Tx<'_>, owner: UserId, at: Instant) -> Result<(), StoreError> {
    tx.execute(
        "INSERT INTO calendars (owner_id, revision, changed_at) VALUES ($1, 1, $2) ON CONFLICT (owner_id) DO UPDATE SET
             revision = calendars.revision + 1,
             changed_at = CASE WHEN excluded.changed_at > calendars.changed_at THEN excluded.changed_at ELSE calendars.changed_at END",
        values![owner, at],
    )
    .await?;
    Ok(())
}

pub(crate) const CURRENT: &str = "SELECT revision, changed_at FROM calendars WHERE owner_id = $1";

/// Where the calendar of `owner` stands.
pub async fn current(tx: &mut Tx<'_>, owner: UserId) -> Result<Revision, StoreError> {
    let found =
        tx.optional(CURRENT, values![owner], |row| Ok(Revision { number: row.get(0)?, changed_at: Some(row.get(1)?) })).await?;
    Ok(found.unwrap_or(Revision { number: 0, changed_at: None }))
}
