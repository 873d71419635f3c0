//! Alarms of long ago, for housekeeping.

use kernel::{AlarmId, Instant};

use crate::{Column, Sql, StoreError, Tx, values};

/// A page of alarms in the order they were made, for housekeeping to walk over: the last id of the page, and those of it that
/// were settled before `before` and whose schedule was over by then. (What rang for a schedule still to come is remembered, or
/// an edit would ring it again.) No index is kept for this: it would cost every firing alarm, and the walk is rare.
pub async fn settled_page(
    tx: &mut Tx<'_>,
    after: AlarmId,
    before: Instant,
    limit: u32,
) -> Result<Option<(AlarmId, Vec<AlarmId>)>, StoreError> {
    let page = tx
        .all(
            "SELECT a.id, a.settled_at < $3 AND s.end_at < $3 FROM alarms a JOIN schedules s ON s.id = a.schedule_id
             WHERE a.id > $1 ORDER BY a.id LIMIT $2",
            values![after, limit, before],
            |row| Ok((row.get::<AlarmId>(0)?, row.get::<Option<bool>>(1)?.unwrap_or(false))),
        )
        .await?;
    let last = page.last().map(|(id, _)| *id);
    let old = page.into_iter().filter(|(_, old)| *old).map(|(id, _)| id).collect();
    Ok(last.map(|last| (last, old)))
}

/// Forgets settled alarms.
pub async fn forget(tx: &mut Tx<'_>, alarms: &[AlarmId]) -> Result<u64, StoreError> {
    tx.batch(
        Sql::each(
            "DELETE FROM alarms WHERE id = $1 AND state <> 'PENDING'",
            "DELETE FROM alarms WHERE id = ANY ($1::uuid[]) AND state <> 'PENDING'",
        ),
        &[Column::Uuids(alarms.iter().map(|a| a.uuid()).collect())],
    )
    .await
}
