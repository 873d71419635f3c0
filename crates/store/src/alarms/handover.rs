//! What waits or was told of occurrences that are called otherwise from now on, or belong to a schedule of their own.

use std::borrow::Cow;

use domain::alarms::Alarm;
use kernel::{ScheduleId, WallTime};

use super::alarm;
use crate::{Column, Sql, StoreError, Tx, values};

/// Of the occurrences of a schedule from the one named `from` on what rang, and what its owner did not want to hear any more: as much
/// as an edit may have to know, the one due last first.
pub async fn told(tx: &mut Tx<'_>, schedule: ScheduleId, from: WallTime) -> Result<Vec<Alarm>, StoreError> {
    let sql = select!(
        "WHERE schedule_id = $1 AND nominal >= $2 AND state <> 'PENDING'
           AND (state = 'FIRED' OR (snooze = 0 AND reason IN ('dismissed', 'snoozed'))) ORDER BY due_at DESC, id LIMIT 1000"
    );
    tx.all(sql, values![schedule, from.to_string()], alarm).await
}

/// Writes to which schedule, reminder, generation and occurrence alarms belong from now on.
pub async fn hand_over(tx: &mut Tx<'_>, alarms: &[Alarm]) -> Result<(), StoreError> {
    let columns = [
        Column::Uuids(alarms.iter().map(|a| a.id.uuid()).collect()),
        Column::Uuids(alarms.iter().map(|a| a.schedule.uuid()).collect()),
        Column::Uuids(alarms.iter().map(|a| a.reminder.uuid()).collect()),
        Column::Ints(alarms.iter().map(|a| a.generation).collect()),
        Column::Texts(alarms.iter().map(|a| Cow::Owned(a.nominal.to_string())).collect()),
    ];
    let sql = Sql::each(
        "UPDATE alarms SET schedule_id = $2, reminder_id = $3, generation = $4, nominal = $5 WHERE id = $1",
        "UPDATE alarms SET schedule_id = h.schedule, reminder_id = h.reminder, generation = h.generation, nominal = h.nominal
         FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::bigint[], $5::text[])
             AS h (id, schedule, reminder, generation, nominal)
         WHERE alarms.id = h.id",
    );
    tx.batch(sql, &columns).await?;
    Ok(())
}
