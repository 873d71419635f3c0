//! What waits for a part of a series that becomes a schedule of its own.

use std::borrow::Cow;

use domain::alarms::Alarm;

use crate::{Column, Sql, StoreError, Tx};

/// Writes to which schedule, reminder, generation and occurrence pending alarms belong from now on.
pub async fn hand_over(tx: &mut Tx<'_>, alarms: &[Alarm]) -> Result<(), StoreError> {
    let columns = [
        Column::Uuids(alarms.iter().map(|a| a.id.uuid()).collect()),
        Column::Uuids(alarms.iter().map(|a| a.schedule.uuid()).collect()),
        Column::Uuids(alarms.iter().map(|a| a.reminder.uuid()).collect()),
        Column::Ints(alarms.iter().map(|a| a.generation).collect()),
        Column::Texts(alarms.iter().map(|a| Cow::Owned(a.nominal.to_string())).collect()),
    ];
    let sql = Sql::each(
        "UPDATE alarms SET schedule_id = $2, reminder_id = $3, generation = $4, nominal = $5 WHERE id = $1 AND state = 'PENDING'",
        "UPDATE alarms SET schedule_id = h.schedule, reminder_id = h.reminder, generation = h.generation, nominal = h.nominal
         FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::bigint[], $5::text[])
             AS h (id, schedule, reminder, generation, nominal)
         WHERE alarms.id = h.id AND state = 'PENDING'",
    );
    tx.batch(sql, &columns).await?;
    Ok(())
}
