//! The occurrences of a series that are unlike the rest.

use std::collections::HashMap;

use domain::calendar::{Override, RecurrenceSet, Schedule};
use kernel::{Instant, ScheduleId, UserId, WallTime};

use super::{reminder, resolution_word, span};
use crate::{Column, Row, Sql, StoreError, Tx, Value, values};

/// `SELECT` of whole overrides, followed by where from.
macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT overrides.schedule_id, overrides.recurrence_id, overrides.title, overrides.description, overrides.location, ",
            "overrides.kind, overrides.busy, overrides.all_day, overrides.time_zone, overrides.start_wall, overrides.end_wall, ",
            "overrides.start_at, overrides.end_at, overrides.start_resolution, overrides.end_resolution, ",
            "overrides.own_reminders ",
            $rest
        )
    };
}

/// Writes what one occurrence has of its own, but not its reminders, in place of what it had before.
pub async fn put(tx: &mut Tx<'_>, schedule: ScheduleId, own: &Override) -> Result<(), StoreError> {
    let span = own.span.as_ref();
    let resolution = |of: fn(&domain::calendar::Span) -> kernel::Resolution| span.map(|span| resolution_word(of(span)));
    tx.execute(
        "INSERT INTO overrides (schedule_id, recurrence_id, title, description, location, kind, busy, all_day, time_zone,
             start_wall, end_wall, start_at, end_at, start_resolution, end_resolution, own_reminders)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)
         ON CONFLICT (schedule_id, recurrence_id) DO UPDATE SET title = excluded.title, description = excluded.description,
             location = excluded.location, kind = excluded.kind, busy = excluded.busy, all_day = excluded.all_day,
             time_zone = excluded.time_zone, start_wall = excluded.start_wall, end_wall = excluded.end_wall,
             start_at = excluded.start_at, end_at = excluded.end_at, start_resolution = excluded.start_resolution,
             end_resolution = excluded.end_resolution, own_reminders = excluded.own_reminders",
        &[
            Value::from(schedule),
            Value::from(own.recurrence_id.to_string()),
            Value::from(own.title.as_deref()),
            Value::from(own.description.as_deref()),
            Value::from(own.location.as_deref()),
            Value::from(own.kind.as_deref()),
            Value::from(own.busy),
            Value::from(span.map(|span| span.all_day)),
            Value::from(span.map(|span| span.zone.name())),
            Value::from(span.map(|span| span.start.to_string())),
            Value::from(span.map(|span| span.end.to_string())),
            Value::from(span.map(|span| span.start_at.instant)),
            Value::from(span.map(|span| span.end_at.instant)),
            Value::from(resolution(|span| span.start_at.resolution)),
            Value::from(resolution(|span| span.end_at.resolution)),
            Value::from(own.reminders.is_some()),
        ],
    )
    .await?;
    Ok(())
}

/// Makes an occurrence like the rest again.
pub async fn remove(tx: &mut Tx<'_>, schedule: ScheduleId, recurrence_id: WallTime) -> Result<(), StoreError> {
    tx.execute(
        "DELETE FROM overrides WHERE schedule_id = $1 AND recurrence_id = $2",
        values![schedule, recurrence_id.to_string()],
    )
    .await?;
    Ok(())
}

/// Makes the reminders that occurrences have of their own those of `set`. What is no longer among them is retired: its alarms are
/// history.
pub async fn keep_reminders(tx: &mut Tx<'_>, set: &RecurrenceSet, now: Instant) -> Result<(), StoreError> {
    let id = set.schedule.id;
    let retire = "UPDATE reminders SET retired_at = $2 WHERE schedule_id = $1 AND recurrence_id <> '' AND retired_at IS NULL";
    tx.execute(retire, values![id, now]).await?;
    for own in set.overrides.values() {
        let reminders = own.reminders.as_deref().unwrap_or_default();
        super::write_reminders(tx, id, &own.recurrence_id.to_string(), (0, reminders)).await?;
    }
    Ok(())
}

/// Makes the overrides of a schedule those of `set`, with their reminders.
pub async fn replace(tx: &mut Tx<'_>, set: &RecurrenceSet, now: Instant) -> Result<(), StoreError> {
    tx.execute("DELETE FROM overrides WHERE schedule_id = $1", values![set.schedule.id]).await?;
    for own in set.overrides.values() {
        put(tx, set.schedule.id, own).await?;
    }
    keep_reminders(tx, set, now).await
}

/// Each of `schedules` with its overrides.
pub(super) async fn with_overrides(tx: &mut Tx<'_>, schedules: Vec<Schedule>) -> Result<Vec<RecurrenceSet>, StoreError> {
    let repeating = schedules.iter().filter(|schedule| schedule.series.is_some());
    let columns = [Column::Uuids(repeating.map(|schedule| schedule.id.uuid()).collect())];
    let sql = Sql::each(
        select!("FROM overrides WHERE schedule_id = $1"),
        select!("FROM overrides WHERE schedule_id = ANY ($1::uuid[])"),
    );
    let found = tx.batch_all(sql, &columns, of_schedule).await?;
    beside(tx, schedules, found).await
}

pub(crate) const OF_OWNER: &str = select!(
    "FROM schedules CROSS JOIN overrides WHERE overrides.schedule_id = schedules.id AND schedules.owner_id = $1
       AND schedules.deleted_at IS NULL AND schedules.rrule IS NOT NULL AND schedules.reach_from < $2
       AND (schedules.reach_to IS NULL OR schedules.reach_to >= $3)"
);

/// Each of `schedules` with its overrides, where these are all series of an owner that may have occurrences in `from..to`: in one
/// question, however many they are.
pub(super) async fn of_owner(
    tx: &mut Tx<'_>,
    schedules: Vec<Schedule>,
    (owner, from, to): (UserId, Instant, Instant),
) -> Result<Vec<RecurrenceSet>, StoreError> {
    if schedules.is_empty() {
        return Ok(Vec::new());
    }
    let found = tx.all(OF_OWNER, values![owner, to, from], of_schedule).await?;
    beside(tx, schedules, found).await
}

async fn beside(
    tx: &mut Tx<'_>,
    schedules: Vec<Schedule>,
    overrides: Vec<(ScheduleId, Override)>,
) -> Result<Vec<RecurrenceSet>, StoreError> {
    let mut sets: Vec<_> = schedules.into_iter().map(|schedule| RecurrenceSet::new(schedule, [])).collect();
    let places: HashMap<ScheduleId, usize> = (0..).zip(&sets).map(|(place, set)| (set.schedule.id, place)).collect();
    for (of, own) in overrides {
        if let Some(place) = places.get(&of) {
            sets[*place].overrides.insert(own.recurrence_id, own);
        }
    }
    own_reminders(tx, &mut sets).await?;
    Ok(sets)
}

/// Puts their reminders beside the occurrences that have some of their own.
async fn own_reminders(tx: &mut Tx<'_>, sets: &mut [RecurrenceSet]) -> Result<(), StoreError> {
    let have = |set: &&RecurrenceSet| set.overrides.values().any(|own| own.reminders.is_some());
    let columns = [Column::Uuids(sets.iter().filter(have).map(|set| set.schedule.id.uuid()).collect())];
    let sql = Sql::each(
        "SELECT schedule_id, id, before_seconds, relative_to, at, critical, recurrence_id FROM reminders
         WHERE schedule_id = $1 AND recurrence_id <> '' AND retired_at IS NULL ORDER BY position",
        "SELECT schedule_id, id, before_seconds, relative_to, at, critical, recurrence_id FROM reminders
         WHERE schedule_id = ANY ($1::uuid[]) AND recurrence_id <> '' AND retired_at IS NULL ORDER BY schedule_id, position",
    );
    let found = tx.batch_all(sql, &columns, |row| Ok((row.get::<ScheduleId>(0)?, row.parse(6)?, reminder(row)?))).await?;
    for (of, which, reminder) in found {
        let set = sets.iter_mut().find(|set| set.schedule.id == of);
        let own = set.and_then(|set| set.overrides.get_mut(&which)).and_then(|own| own.reminders.as_mut());
        if let Some(own) = own {
            own.push(reminder);
        }
    }
    Ok(())
}

/// An override and whose it is.
pub(super) fn of_schedule(row: &Row<'_>) -> Result<(ScheduleId, Override), StoreError> {
    let own = Override {
        recurrence_id: row.parse(1)?,
        title: row.get(2)?,
        description: row.get(3)?,
        location: row.get(4)?,
        kind: row.get(5)?,
        busy: row.get(6)?,
        span: row.get::<Option<bool>>(7)?.map(|_| span(row, 7)).transpose()?,
        reminders: row.get::<bool>(15)?.then(Vec::new),
    };
    Ok((row.get(0)?, own))
}
