//! A page of a calendar, in two rounds: what may be on it, and whatever else is shown of what is.

use std::{borrow::Cow, collections::HashMap};

use domain::{
    alarms::Reminder,
    calendar::{MAX_SPAN, RecurrenceSet, Schedule},
};
use kernel::{Instant, ScheduleId, UserId, WallTime};

use super::{OVERLAPPING, Range, SERIES, overrides, reminder, schedule};
use crate::{Column, Question, Row, Sql, StoreError, Tx, labels::tags, progress, values};

/// What of `owner` overlaps the range: a page of what happens once, by start, and everything that repeats and may have occurrences there,
/// in no order; so much of it as [`series_within`] has. An item without length counts as lying in its instant.
pub async fn overlapping(
    tx: &mut Tx<'_>,
    owner: UserId,
    range: Range,
) -> Result<(Vec<Schedule>, Vec<RecurrenceSet>), StoreError> {
    let Range { from, to, limit, after } = range;
    let (after_at, after_id) = after.map_or((Instant::DISTANT_PAST, uuid::Uuid::nil()), |c| (c.at, c.id));
    // Nothing lasts longer than MAX_SPAN, so nothing that starts before that can reach into the range.
    let once = values![owner, from - MAX_SPAN, to, from, after_at, after_id, limit];
    let series = values![owner, to, from];
    let (once, series, own) = tx
        .together((
            Question::new(OVERLAPPING, once, schedule),
            Question::new(SERIES, series, schedule),
            Question::new(overrides::OF_OWNER, series, overrides::of_schedule),
        ))
        .await?;
    Ok((once, overrides::beside(series, own)))
}

/// What of `owner` repeats and may have occurrences in `from..to`, in no order, without progress, tags and reminders: enough to tell
/// when they take place. [`complete`] adds the rest.
pub async fn series_within(
    tx: &mut Tx<'_>,
    owner: UserId,
    (from, to): (Instant, Instant),
) -> Result<Vec<RecurrenceSet>, StoreError> {
    let range = values![owner, to, from];
    let (series, own) = tx
        .together((Question::new(SERIES, range, schedule), Question::new(overrides::OF_OWNER, range, overrides::of_schedule)))
        .await?;
    Ok(overrides::beside(series, own))
}

/// Adds to `sets` what they were read without: their reminders, those of single occurrences as well, their tags, and how far what happens
/// once is, and `occurrences` of the others.
pub async fn complete<'a>(
    tx: &mut Tx<'_>,
    sets: impl IntoIterator<Item = &'a mut RecurrenceSet> + Send,
    occurrences: impl IntoIterator<Item = (ScheduleId, WallTime)> + Send,
) -> Result<(), StoreError> {
    let mut sets: HashMap<ScheduleId, &mut RecurrenceSet> = sets.into_iter().map(|set| (set.schedule.id, set)).collect();
    let ids = |which: fn(&RecurrenceSet) -> bool| {
        let those = sets.iter().filter(|(_, set)| which(set));
        [Column::Uuids(those.map(|(id, _)| id.uuid()).collect())]
    };
    let (all, once, with_own) = (ids(|_| true), ids(|set| set.schedule.series.is_none()), ids(overrides::has_reminders));
    let occurrences = occurrences.into_iter().map(|(of, which)| (of.uuid(), Cow::Owned(which.to_string())));
    let (of, names) = occurrences.unzip();
    let occurrences = [Column::Uuids(of), Column::Texts(names)];
    let (reminders, own, tags, once, occurrences) = tx
        .together((
            Question::new(REMINDERS, &all, of_schedule),
            Question::new(overrides::REMINDERS, &with_own, overrides::own_reminder),
            Question::new(tags::OF_SCHEDULES, &all, tags::of_schedule),
            Question::new(progress::OF_ONCE, &once, progress::of_item),
            Question::new(progress::OF_OCCURRENCES, &occurrences, progress::of_item),
        ))
        .await?;
    for (of, reminder) in reminders {
        if let Some(set) = sets.get_mut(&of) {
            set.schedule.reminders.push(reminder);
        }
    }
    for own in own {
        if let Some(set) = sets.get_mut(&own.schedule) {
            own.put(set);
        }
    }
    for (of, _, name) in tags::by_name(tags) {
        if let Some(set) = sets.get_mut(&of) {
            set.schedule.labels.tags.push(name);
        }
    }
    for (item, progress) in once.into_iter().chain(occurrences) {
        if let Some(set) = sets.get_mut(&item.schedule) {
            set.note_progress(item.recurrence_id, progress);
        }
    }
    Ok(())
}

/// The same of schedules, without what is of single occurrences.
pub(crate) async fn with_reminders(tx: &mut Tx<'_>, schedules: Vec<Schedule>) -> Result<Vec<Schedule>, StoreError> {
    let mut sets: Vec<_> = schedules.into_iter().map(|schedule| RecurrenceSet::new(schedule, [])).collect();
    complete(tx, &mut sets, []).await?;
    Ok(sets.into_iter().map(|set| set.schedule).collect())
}

/// The reminders that all occurrences have in common.
const REMINDERS: Sql = Sql::each(
    "SELECT schedule_id, id, before_seconds, relative_to, at, critical FROM reminders
     WHERE schedule_id = $1 AND recurrence_id = '' AND retired_at IS NULL ORDER BY position",
    "SELECT schedule_id, id, before_seconds, relative_to, at, critical FROM reminders
     WHERE schedule_id = ANY ($1::uuid[]) AND recurrence_id = '' AND retired_at IS NULL ORDER BY schedule_id, position",
);

fn of_schedule(row: &Row<'_>) -> Result<(ScheduleId, Reminder), StoreError> {
    Ok((row.get(0)?, reminder(row)?))
}
