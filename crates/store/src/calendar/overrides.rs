//! The occurrences of a series that are unlike the rest.

use std::collections::HashMap;

use domain::{
    alarms::Reminder,
    calendar::{Override, RecurrenceSet, Schedule},
};
use kernel::{Instant, ScheduleId, WallTime};

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
    let mut sets = beside(schedules, found);
    let columns = [Column::Uuids(sets.iter().filter(|set| has_reminders(set)).map(|set| set.schedule.id.uuid()).collect())];
    for own in tx.batch_all(REMINDERS, &columns, own_reminder).await? {
        if let Some(set) = sets.iter_mut().find(|set| set.schedule.id == own.schedule) {
            own.put(set);
        }
    }
    Ok(sets)
}

/// The overrides of all series of an owner that may have occurrences in a range: in one question, however many they are.
pub(crate) const OF_OWNER: &str = select!(
    "FROM schedules CROSS JOIN overrides WHERE overrides.schedule_id = schedules.id AND schedules.owner_id = $1
       AND schedules.deleted_at IS NULL AND schedules.rrule IS NOT NULL AND schedules.reach_from < $2
       AND (schedules.reach_to IS NULL OR schedules.reach_to >= $3)"
);

/// Each of `schedules` with those of `overrides` that are its own, which have none of their reminders yet.
pub(super) fn beside(schedules: Vec<Schedule>, overrides: Vec<(ScheduleId, Override)>) -> Vec<RecurrenceSet> {
    let mut sets: Vec<_> = schedules.into_iter().map(|schedule| RecurrenceSet::new(schedule, [])).collect();
    if overrides.is_empty() {
        return sets;
    }
    let places: HashMap<ScheduleId, usize> = (0..).zip(&sets).map(|(place, set)| (set.schedule.id, place)).collect();
    for (of, own) in overrides {
        if let Some(place) = places.get(&of) {
            sets[*place].overrides.insert(own.recurrence_id, own);
        }
    }
    sets
}

/// Whether some of its occurrences have reminders of their own.
pub(super) fn has_reminders(set: &RecurrenceSet) -> bool {
    set.overrides.values().any(|own| own.reminders.is_some())
}

/// The reminders that occurrences have of their own.
pub(super) const REMINDERS: Sql = Sql::each(
    "SELECT schedule_id, id, before_seconds, relative_to, at, critical, recurrence_id FROM reminders
     WHERE schedule_id = $1 AND recurrence_id <> '' AND retired_at IS NULL ORDER BY position",
    "SELECT schedule_id, id, before_seconds, relative_to, at, critical, recurrence_id FROM reminders
     WHERE schedule_id = ANY ($1::uuid[]) AND recurrence_id <> '' AND retired_at IS NULL ORDER BY schedule_id, position",
);

/// A reminder of one occurrence.
pub(super) struct OwnReminder {
    pub(super) schedule: ScheduleId,
    which: WallTime,
    reminder: Reminder,
}

impl OwnReminder {
    /// Puts it beside the others of its occurrence.
    pub(super) fn put(self, set: &mut RecurrenceSet) {
        let own = set.overrides.get_mut(&self.which).and_then(|own| own.reminders.as_mut());
        if let Some(own) = own {
            own.push(self.reminder);
        }
    }
}

pub(super) fn own_reminder(row: &Row<'_>) -> Result<OwnReminder, StoreError> {
    Ok(OwnReminder { schedule: row.get(0)?, which: row.parse(6)?, reminder: reminder(row)? })
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
