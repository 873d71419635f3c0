//! Alarms of long ago, for what comes late and for housekeeping.

use std::collections::BTreeMap;

use kernel::{AlarmId, Instant, ReminderId, ScheduleId};

use crate::{Column, Sql, StoreError, Tx, values};

pub(crate) const RANG: Sql = Sql::each(
    "SELECT reminder_id, due_at FROM alarms
     WHERE schedule_id = $1 AND due_at > $2 AND due_at <= $3 AND state = 'FIRED' AND snooze = 0",
    "SELECT reminder_id, due_at FROM unnest($1::uuid[], $2::timestamptz[], $3::timestamptz[]) AS s (schedule, after, until)
     JOIN alarms ON schedule_id = schedule AND due_at > after AND due_at <= until AND state = 'FIRED' AND snooze = 0",
);

/// What reminders of these schedules have rung for after the given instants, up to `until`.
pub async fn rang(
    tx: &mut Tx<'_>,
    after: &BTreeMap<ScheduleId, Instant>,
    until: Instant,
) -> Result<Vec<(ReminderId, Instant)>, StoreError> {
    let columns = [
        Column::Uuids(after.keys().map(|id| id.uuid()).collect()),
        Column::Instants(after.values().copied().collect()),
        Column::Instants(vec![until; after.len()]),
    ];
    tx.batch_all(RANG, &columns, |row| Ok((row.get(0)?, row.get(1)?))).await
}

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
