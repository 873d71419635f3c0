//! Alarms that wait for the end of quiet hours.

use kernel::{AlarmId, Instant, ReminderId, UserId};

use crate::{Column, Sql, StoreError, Tx, values};

/// Which of some reminders ring in quiet hours as well.
pub async fn critical(tx: &mut Tx<'_>, reminders: &[ReminderId]) -> Result<Vec<ReminderId>, StoreError> {
    let sql = Sql::each(
        "SELECT id FROM reminders WHERE id = $1 AND critical",
        "SELECT id FROM reminders WHERE id = ANY ($1::uuid[]) AND critical",
    );
    tx.batch_all(sql, &[Column::Uuids(reminders.iter().map(|reminder| reminder.uuid()).collect())], |row| row.get(0)).await
}

/// Lets claimed alarms wait until the quiet hours of their owners are over; never less than they are to wait anyway, whatever the
/// clock showed when they were claimed.
pub async fn hold(tx: &mut Tx<'_>, alarms: &[(AlarmId, Instant)]) -> Result<(), StoreError> {
    let (ids, until): (Vec<_>, Vec<_>) = alarms.iter().map(|(id, until)| (id.uuid(), *until)).unzip();
    let sql = Sql::each(
        "UPDATE alarms SET deferred_until = max(due_at, $2), reason = 'quiet_hours' WHERE id = $1 AND state = 'PENDING'",
        "UPDATE alarms SET deferred_until = greatest(due_at, h.until), reason = 'quiet_hours'
         FROM unnest($1::uuid[], $2::timestamptz[]) AS h (id, until) WHERE alarms.id = h.id AND state = 'PENDING'",
    );
    tx.batch(sql, &[Column::Uuids(ids), Column::Instants(until)]).await?;
    Ok(())
}

/// Lets the alarms of `owner` that wait for the end of quiet hours wait until `until` instead, or until they
/// are due if that is later; answers how many. On PostgreSQL they
/// are locked schedule by schedule, lowest id first, and those of one in the order of [`super::pending`].
pub async fn hold_waiting(tx: &mut Tx<'_>, owner: UserId, until: Instant) -> Result<u64, StoreError> {
    let sql = Sql::each(
        "UPDATE alarms SET deferred_until = max(due_at, $2) WHERE owner_id = $1 AND state = 'PENDING' AND deferred_until IS NOT NULL",
        "WITH waiting AS (
             SELECT id FROM alarms WHERE owner_id = $1 AND state = 'PENDING' AND deferred_until IS NOT NULL
             ORDER BY schedule_id, due_at, id FOR UPDATE
         )
         UPDATE alarms a SET deferred_until = greatest(due_at, $2) FROM waiting WHERE a.id = waiting.id",
    );
    tx.execute(sql, values![owner, until]).await
}
