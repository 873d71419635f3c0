//! The occurrences of a series that are unlike the rest.

use domain::calendar::{Override, RecurrenceSet, Schedule};
use kernel::{ScheduleId, WallTime};

use super::{resolution_word, span};
use crate::{Column, Row, Sql, StoreError, Tx, Value, values};

/// `SELECT` of whole overrides, followed by where from.
macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT overrides.schedule_id, overrides.recurrence_id, overrides.title, overrides.description, overrides.location, ",
            "overrides.kind, overrides.busy, overrides.all_day, overrides.time_zone, overrides.start_wall, overrides.end_wall, ",
            "overrides.start_at, overrides.end_at, overrides.start_resolution, overrides.end_resolution ",
            $rest
        )
    };
}

pub(super) use select;

/// Writes what one occurrence has of its own, in place of what it had before.
pub async fn put(tx: &mut Tx<'_>, schedule: ScheduleId, own: &Override) -> Result<(), StoreError> {
    let span = own.span.as_ref();
    let resolution = |of: fn(&domain::calendar::Span) -> kernel::Resolution| span.map(|span| resolution_word(of(span)));
    tx.execute(
        "INSERT INTO overrides (schedule_id, recurrence_id, title, description, location, kind, busy, all_day, time_zone,
             start_wall, end_wall, start_at, end_at, start_resolution, end_resolution)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)
         ON CONFLICT (schedule_id, recurrence_id) DO UPDATE SET title = excluded.title, description = excluded.description,
             location = excluded.location, kind = excluded.kind, busy = excluded.busy, all_day = excluded.all_day,
             time_zone = excluded.time_zone, start_wall = excluded.start_wall, end_wall = excluded.end_wall,
             start_at = excluded.start_at, end_at = excluded.end_at, start_resolution = excluded.start_resolution,
             end_resolution = excluded.end_resolution",
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

/// Makes the overrides of a schedule those of `set`.
pub async fn replace(tx: &mut Tx<'_>, set: &RecurrenceSet) -> Result<(), StoreError> {
    tx.execute("DELETE FROM overrides WHERE schedule_id = $1", values![set.schedule.id]).await?;
    for own in set.overrides.values() {
        put(tx, set.schedule.id, own).await?;
    }
    Ok(())
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
    let mut sets: Vec<_> = schedules.into_iter().map(|schedule| RecurrenceSet::new(schedule, [])).collect();
    for (of, own) in found {
        if let Some(set) = sets.iter_mut().find(|set| set.schedule.id == of) {
            set.overrides.insert(own.recurrence_id, own);
        }
    }
    Ok(sets)
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
    };
    Ok((row.get(0)?, own))
}
