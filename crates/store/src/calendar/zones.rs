//! By which database of time zones instants were derived, and what has to be looked at when it is another one.

use std::collections::BTreeMap;

use domain::calendar::{Armed, Derived, Reach, RecurrenceSet};
use kernel::{Instant, ScheduleId};

use super::{overrides, schedule, with_reminders};
use crate::{Column, Row, Sql, StoreError, Tx, values};

/// What is known of the database by which everything was derived.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recorded {
    /// Its version.
    pub version: String,
    /// Since when everything is derived by it.
    pub since: Instant,
    /// So many schedules were planned anew because of it.
    pub moved: i64,
}

/// What is recorded; nothing before the first look.
pub async fn recorded(tx: &mut Tx<'_>) -> Result<Option<Recorded>, StoreError> {
    tx.optional("SELECT version, since, moved FROM zone_database WHERE id = 1", values![], |row| {
        Ok(Recorded { version: row.get(0)?, since: row.get(1)?, moved: row.get(2)? })
    })
    .await
}

/// Records that everything is derived by a database from now on. Of one that is recorded already, what moved is added.
pub async fn record(tx: &mut Tx<'_>, recorded: &Recorded) -> Result<(), StoreError> {
    tx.execute(
        "INSERT INTO zone_database (id, version, since, moved) VALUES (1, $1, $2, $3) ON CONFLICT (id) DO UPDATE SET
             since = CASE WHEN zone_database.version = excluded.version THEN zone_database.since ELSE excluded.since END,
             moved = CASE WHEN zone_database.version = excluded.version THEN zone_database.moved ELSE 0 END + excluded.moved,
             version = excluded.version",
        values![&recorded.version, recorded.since, recorded.moved],
    )
    .await?;
    Ok(())
}

pub(crate) const PAGE: &str = "SELECT id FROM schedules
     WHERE id > $1 AND ((rrule IS NULL AND end_at >= $2) OR (rrule IS NOT NULL AND (reach_to IS NULL OR reach_to >= $2)))
     ORDER BY id LIMIT $3";

/// The next schedules by id that are not over at `since`, whoever's and whatever they are: in the trash or not, deadlines of tasks
/// too.
pub async fn page(tx: &mut Tx<'_>, after: Option<ScheduleId>, since: Instant, limit: u32) -> Result<Vec<ScheduleId>, StoreError> {
    let after = after.map_or(uuid::Uuid::nil(), ScheduleId::uuid);
    tx.all(PAGE, values![after, since, limit], |row| row.get(0)).await
}

/// These schedules with their reminders and what single occurrences have of their own, but without the progress of these.
pub async fn sets(tx: &mut Tx<'_>, ids: &[ScheduleId]) -> Result<Vec<RecurrenceSet>, StoreError> {
    let sql = select!("WHERE id = $1", "WHERE id = ANY ($1::uuid[]) ORDER BY id");
    let rows = tx.batch_all(sql, &[column(ids)], schedule).await?;
    let rows = with_reminders(tx, rows).await?;
    overrides::with_overrides(tx, rows).await
}

/// What is kept beside these schedules and was derived from their wall times. Nothing is locked.
pub async fn derived(tx: &mut Tx<'_>, ids: &[ScheduleId]) -> Result<BTreeMap<ScheduleId, Derived>, StoreError> {
    let mut derived: BTreeMap<_, _> = ids.iter().map(|id| (*id, Derived::default())).collect();
    let reaches = Sql::each(
        "SELECT id, reach_from, reach_to FROM schedules WHERE id = $1 AND rrule IS NOT NULL",
        "SELECT id, reach_from, reach_to FROM schedules WHERE id = ANY ($1::uuid[]) AND rrule IS NOT NULL",
    );
    let reach = |row: &Row<'_>| Ok((row.get::<ScheduleId>(0)?, Reach { from: row.get(1)?, to: row.get(2)? }));
    for (id, reach) in tx.batch_all(reaches, &[column(ids)], reach).await? {
        derived.entry(id).or_default().reach = Some(reach);
    }
    let alarms = Sql::each(
        "SELECT schedule_id, reminder_id, nominal, due_at FROM alarms WHERE schedule_id = $1 AND state = 'PENDING' AND snooze = 0",
        "SELECT schedule_id, reminder_id, nominal, due_at FROM alarms
         WHERE schedule_id = ANY ($1::uuid[]) AND state = 'PENDING' AND snooze = 0",
    );
    let alarm = |row: &Row<'_>| {
        // One whose occurrence cannot be read is set aside when it is due, and says nothing of the rest.
        let Ok(nominal) = row.parse(2) else { return Ok(None) };
        Ok(Some((row.get::<ScheduleId>(0)?, Armed { reminder: row.get(1)?, nominal, due_at: row.get(3)? })))
    };
    for (id, alarm) in tx.batch_all(alarms, &[column(ids)], alarm).await?.into_iter().flatten() {
        derived.entry(id).or_default().armed.push(alarm);
    }
    Ok(derived)
}

fn column(ids: &[ScheduleId]) -> Column<'_> {
    Column::Uuids(ids.iter().map(|id| id.uuid()).collect())
}
