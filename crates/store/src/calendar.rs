//! Schedules and their reminders.

use std::collections::BTreeMap;

use domain::{
    alarms::{Anchor, LatePolicy, Reminder, ReminderRule, When},
    calendar::{
        MAX_SPAN, Purpose, RecurrenceSet, Schedule, ScheduleText, Span,
        labels::Labels,
        progress::Progress,
        recurrence::{Recurrence, Series},
    },
};
use kernel::{Cursor, Instant, ReminderId, Resolution, Resolved, ScheduleId, UserId, WallTime, Zone};

use crate::{Column, Row, Sql, StoreError, Tx, Value, labels::tags, values};

/// `SELECT` of a whole schedule, followed by the rest of the statement; one text or one per engine.
macro_rules! select {
    ($rest:literal) => {
        select!(concat $rest)
    };
    ($sqlite:literal, $postgres:literal) => {
        Sql::each(select!($sqlite), select!($postgres))
    };
    (concat $($rest:literal),+) => {
        concat!(
            "SELECT id, owner_id, title, description, location, kind, busy, all_day, time_zone, start_wall, end_wall, start_at, ",
            "end_at, start_resolution, end_resolution, generation, version, created_at, updated_at, deleted_at, rrule, rdates, ",
            "exdates, late_action, late_grace_seconds, category_id, role, task_id FROM schedules ",
            $($rest),+
        )
    };
}

pub mod busy;
pub mod feeds;
pub mod filtered;
pub mod imported;
pub mod overrides;
pub mod pages;
pub mod revision;
pub mod sessions;
pub mod whole;
pub mod zones;

pub(crate) use pages::with_reminders;

/// What `owner` has chosen for schedules that do not say: the zone, and the lead of reminders in seconds. `None`: no such user.
pub async fn defaults(tx: &mut Tx<'_>, owner: UserId) -> Result<Option<(Zone, u32)>, StoreError> {
    tx.optional("SELECT time_zone, default_lead_seconds FROM users WHERE id = $1", values![owner], |row| {
        Ok((row.parse(0)?, seconds(row.get(1)?)?))
    })
    .await
}

/// The same, with the calendar of `owner` locked until the transaction ends: whoever decides on what is free in it begins here, so
/// that such decisions come one after the other. Adding what is nobody's concern does not wait for it.
pub async fn lock_calendar(tx: &mut Tx<'_>, owner: UserId) -> Result<Option<(Zone, u32)>, StoreError> {
    let sql = Sql::each(
        "SELECT time_zone, default_lead_seconds FROM users WHERE id = $1",
        "SELECT time_zone, default_lead_seconds FROM users WHERE id = $1 FOR NO KEY UPDATE",
    );
    tx.optional(sql, values![owner], |row| Ok((row.parse(0)?, seconds(row.get(1)?)?))).await
}

/// Writes a new schedule with its reminders and overrides, with those of its tags that exist, and with what it is
/// found by.
pub async fn insert(tx: &mut Tx<'_>, set: &RecurrenceSet) -> Result<(), StoreError> {
    let schedule = &set.schedule;
    let mut params = changing(set);
    let role = if schedule.purpose.deadline().is_some() { "deadline" } else { "event" };
    params.extend([Value::from(schedule.created_at), Value::from(role)]);
    tx.execute(
        "INSERT INTO schedules (id, owner_id, title, description, location, kind, busy, all_day, time_zone, start_wall, end_wall,
             start_at, end_at, start_resolution, end_resolution, generation, version, updated_at, deleted_at, rrule, rdates,
             exdates, reach_from, reach_to, late_action, late_grace_seconds, category_id, task_id, created_at, role)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24,
             $25, $26, $27, $28, $29, $30)",
        &params,
    )
    .await?;
    insert_reminders(tx, schedule.id, 0, &schedule.reminders).await?;
    tags::give(tx, (schedule.owner, schedule.id), &schedule.labels.tags).await?;
    for own in set.overrides.values() {
        overrides::put(tx, schedule.id, own).await?;
    }
    // A deadline is found with its task, if at all.
    if schedule.purpose.deadline().is_none() {
        crate::search::put(tx, set).await?;
    }
    if set.overrides.is_empty() { Ok(()) } else { overrides::keep_reminders(tx, set, schedule.updated_at).await }
}

/// Writes everything of a schedule back that may change, but not its reminders, overrides and tags.
pub async fn update(tx: &mut Tx<'_>, set: &RecurrenceSet) -> Result<(), StoreError> {
    let touched = tx
        .execute(
            "UPDATE schedules SET title = $3, description = $4, location = $5, kind = $6, busy = $7, all_day = $8, time_zone = $9,
                 start_wall = $10, end_wall = $11, start_at = $12, end_at = $13, start_resolution = $14, end_resolution = $15,
                 generation = $16, version = $17, updated_at = $18, deleted_at = $19, rrule = $20, rdates = $21, exdates = $22,
                 reach_from = $23, reach_to = $24, late_action = $25, late_grace_seconds = $26, category_id = $27, task_id = $28
             WHERE id = $1 AND owner_id = $2",
            &changing(set),
        )
        .await?;
    if touched == 1 { Ok(()) } else { Err(StoreError::Bug("a schedule vanished while it was changed".to_owned())) }
}

/// The values of [`insert`] and [`update`], in their order.
fn changing(set: &RecurrenceSet) -> Vec<Value<'_>> {
    let Schedule { id, owner, purpose, text, labels, span, series, late, .. } = &set.schedule;
    let Schedule { generation, version, updated_at, deleted_at, .. } = &set.schedule;
    let recurrence = series.as_ref().map(Series::recurrence);
    let dates = |of: fn(&Recurrence) -> &Vec<WallTime>| recurrence.map(of).map(|dates| join(dates)).unwrap_or_default();
    let reach = recurrence.map(|_| set.reach());
    vec![
        Value::from(*id),
        Value::from(*owner),
        Value::from(&text.title),
        Value::from(&text.description),
        Value::from(&text.location),
        Value::from(&text.kind),
        Value::from(text.busy),
        Value::from(span.all_day),
        Value::from(span.zone.name()),
        Value::from(span.start.to_string()),
        Value::from(span.end.to_string()),
        Value::from(span.start_at.instant),
        Value::from(span.end_at.instant),
        Value::from(resolution_word(span.start_at.resolution)),
        Value::from(resolution_word(span.end_at.resolution)),
        Value::from(*generation),
        Value::from(*version),
        Value::from(*updated_at),
        Value::from(*deleted_at),
        Value::from(recurrence.map(|recurrence| recurrence.rule.to_string())),
        Value::from(dates(|recurrence| &recurrence.rdates)),
        Value::from(dates(|recurrence| &recurrence.exdates)),
        Value::from(reach.map(|reach| reach.from)),
        Value::from(reach.and_then(|reach| reach.to)),
        Value::from(late.action.as_str()),
        Value::from(late.grace_seconds),
        Value::from(labels.category),
        Value::from(purpose.session().or(purpose.deadline())),
    ]
}

fn join(dates: &[WallTime]) -> String {
    dates.iter().map(WallTime::to_string).collect::<Vec<_>>().join(" ")
}

/// Adds reminders after the `offset` ones a schedule ever had.
pub async fn insert_reminders(
    tx: &mut Tx<'_>,
    schedule: ScheduleId,
    offset: i64,
    reminders: &[Reminder],
) -> Result<(), StoreError> {
    write_reminders(tx, schedule, "", (offset, reminders)).await
}

/// Writes reminders of a schedule, or of one of its occurrences, their positions counting from `offset`. One that is there
/// already is one of them again.
async fn write_reminders(
    tx: &mut Tx<'_>,
    schedule: ScheduleId,
    occurrence: &str,
    (offset, reminders): (i64, &[Reminder]),
) -> Result<(), StoreError> {
    for (position, reminder) in (offset..).zip(reminders) {
        let (lead, anchor, at) = match reminder.rule.when {
            When::Before { lead_seconds, anchor } => (Some(lead_seconds), Some(anchor_word(anchor)), None),
            When::At(at) => (None, None, Some(at)),
        };
        tx.execute(
            "INSERT INTO reminders (id, schedule_id, position, before_seconds, relative_to, at, critical, recurrence_id)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
             ON CONFLICT (id) DO UPDATE SET position = excluded.position, critical = excluded.critical,
                 recurrence_id = excluded.recurrence_id, retired_at = NULL",
            values![reminder.id, schedule, position, lead, anchor, at, reminder.rule.critical, occurrence],
        )
        .await?;
    }
    Ok(())
}

/// Takes reminders off their schedule. Their rows stay, because their alarms are history.
pub async fn retire_reminders(tx: &mut Tx<'_>, reminders: &[ReminderId], now: Instant) -> Result<(), StoreError> {
    for reminder in reminders {
        tx.execute("UPDATE reminders SET retired_at = $2 WHERE id = $1 AND retired_at IS NULL", values![*reminder, now]).await?;
    }
    Ok(())
}

/// Puts the present reminders of a schedule in their order, `position` counting from the first, and notes which of them are
/// critical.
pub async fn order_reminders(tx: &mut Tx<'_>, reminders: &[Reminder]) -> Result<(), StoreError> {
    for (position, reminder) in (0i64..).zip(reminders) {
        let sql = "UPDATE reminders SET position = $2, critical = $3 WHERE id = $1";
        tx.execute(sql, values![reminder.id, position, reminder.rule.critical]).await?;
    }
    Ok(())
}

/// The schedule `id` of `owner`, deleted or not, locked until the transaction ends: whoever changes it begins here.
pub async fn lock(tx: &mut Tx<'_>, owner: UserId, id: ScheduleId) -> Result<Option<Schedule>, StoreError> {
    Ok(lock_any(tx, owner, id).await?.filter(|schedule| schedule.purpose.deadline().is_none()))
}

/// As [`lock`], also if it stands for a deadline: whoever changes only its alarms begins here.
pub async fn lock_any(tx: &mut Tx<'_>, owner: UserId, id: ScheduleId) -> Result<Option<Schedule>, StoreError> {
    let sql = select!("WHERE id = $1 AND owner_id = $2", "WHERE id = $1 AND owner_id = $2 FOR UPDATE");
    let found = tx.optional(sql, values![id, owner], schedule).await?;
    Ok(with_reminders(tx, found.into_iter().collect()).await?.pop())
}

pub(crate) const FIND: &str = select!("WHERE id = $1 AND owner_id = $2 AND deleted_at IS NULL AND role = 'event'");

/// The schedule `id` of `owner`, unless it is deleted.
pub async fn find(tx: &mut Tx<'_>, owner: UserId, id: ScheduleId) -> Result<Option<Schedule>, StoreError> {
    let found = tx.optional(FIND, values![id, owner], schedule).await?;
    Ok(with_reminders(tx, found.into_iter().collect()).await?.pop())
}

/// A half-open range of time and a place to go on from.
#[derive(Clone, Copy, Debug)]
pub struct Range {
    /// What ends at or before this is left out.
    pub from: Instant,
    /// What starts at or after this is left out.
    pub to: Instant,
    /// The last row of the page before.
    pub after: Option<Cursor>,
    /// The most rows.
    pub limit: u32,
}

pub(crate) const OVERLAPPING: &str = select!(
    "WHERE owner_id = $1 AND deleted_at IS NULL AND rrule IS NULL AND role = 'event' AND start_at >= $2 AND start_at < $3
       AND (end_at > $4 OR (end_at = start_at AND start_at >= $4))
       AND (start_at, id) > ($5, $6) ORDER BY start_at, id LIMIT $7"
);

pub(crate) const SERIES: &str = select!(
    "WHERE owner_id = $1 AND deleted_at IS NULL AND rrule IS NOT NULL AND reach_from < $2 AND (reach_to IS NULL OR reach_to >= $3)"
);

/// The schedules `ids` with everything of theirs, locked so that their next alarms can be armed. On PostgreSQL those that
/// somebody is changing are left out: whoever changes a schedule waits for its alarms, and this holds them already. Of the
/// progress of their occurrences comes what the next alarms can be about: from the wall time given with each on.
pub async fn sets_to_advance(tx: &mut Tx<'_>, from: &BTreeMap<ScheduleId, WallTime>) -> Result<Vec<RecurrenceSet>, StoreError> {
    let sql = select!("WHERE id = $1", "WHERE id = ANY ($1::uuid[]) FOR NO KEY UPDATE SKIP LOCKED");
    let rows = tx.batch_all(sql, &[Column::Uuids(from.keys().map(|id| id.uuid()).collect())], schedule).await?;
    let rows = with_reminders(tx, rows).await?;
    let mut sets = overrides::with_overrides(tx, rows).await?;
    let from: Vec<_> = sets.iter().map(|set| from.get(&set.schedule.id).map(WallTime::to_string).unwrap_or_default()).collect();
    crate::progress::attach_from(tx, &mut sets, &from).await?;
    Ok(sets)
}

/// Those of the schedules `ids` that are `owner`'s and not deleted, with everything of theirs, in no order.
pub async fn sets_of(tx: &mut Tx<'_>, owner: UserId, ids: &[ScheduleId]) -> Result<Vec<RecurrenceSet>, StoreError> {
    let sql = select!(
        "WHERE id = $1 AND owner_id = $2 AND deleted_at IS NULL AND role = 'event'",
        "JOIN unnest($1::uuid[], $2::uuid[]) AS asked (asked_id, asked_owner) ON id = asked_id AND owner_id = asked_owner
         WHERE deleted_at IS NULL AND role = 'event'"
    );
    let columns = [Column::Uuids(ids.iter().map(|id| id.uuid()).collect()), Column::Uuids(vec![owner.uuid(); ids.len()])];
    let rows = tx.batch_all(sql, &columns, schedule).await?;
    let rows = with_reminders(tx, rows).await?;
    let mut sets = overrides::with_overrides(tx, rows).await?;
    let from = vec![String::new(); sets.len()];
    crate::progress::attach_from(tx, &mut sets, &from).await?;
    Ok(sets)
}

/// A schedule that was read, with the occurrences of it that are unlike the rest, and how far its occurrences are.
pub async fn set_of(tx: &mut Tx<'_>, schedule: Schedule) -> Result<RecurrenceSet, StoreError> {
    let mut sets = overrides::with_overrides(tx, vec![schedule]).await?;
    crate::progress::attach_from(tx, &mut sets, &[String::new()]).await?;
    sets.pop().ok_or_else(|| StoreError::Bug("a schedule vanished while it was read".to_owned()))
}

/// What of `owner` lies in the trash, what was deleted last first.
pub async fn deleted(tx: &mut Tx<'_>, owner: UserId, before: Option<Cursor>, limit: u32) -> Result<Vec<Schedule>, StoreError> {
    let (at, id) = before.map_or((Instant::MAX, uuid::Uuid::max()), |c| (c.at, c.id));
    let sql = select!(
        "WHERE owner_id = $1 AND deleted_at IS NOT NULL AND (deleted_at, id) < ($2, $3)
         ORDER BY deleted_at DESC, id DESC LIMIT $4"
    );
    let rows = tx.all(sql, values![owner, at, id, limit], schedule).await?;
    with_reminders(tx, rows).await
}

/// Forgets at most `limit` schedules that were deleted before `before`, with their reminders and alarms. On PostgreSQL, those that
/// somebody restores at this moment are left alone: the choice is locked, and the condition holds for what is deleted.
pub async fn purge(tx: &mut Tx<'_>, before: Instant, limit: u32) -> Result<u64, StoreError> {
    tx.execute(
        Sql::each(
            "DELETE FROM schedules WHERE id IN (SELECT id FROM schedules WHERE deleted_at < $1 LIMIT $2)",
            "DELETE FROM schedules WHERE deleted_at < $1
             AND id IN (SELECT id FROM schedules WHERE deleted_at < $1 LIMIT $2 FOR UPDATE SKIP LOCKED)",
        ),
        values![before, limit],
    )
    .await
}

pub(crate) fn reminder(row: &Row<'_>) -> Result<Reminder, StoreError> {
    let id = row.get(1)?;
    let when = match (row.get::<Option<i64>>(2)?, row.get::<Option<String>>(3)?, row.get::<Option<Instant>>(4)?) {
        (Some(lead), Some(anchor), None) => {
            When::Before { lead_seconds: seconds(lead)?, anchor: if anchor == "end" { Anchor::End } else { Anchor::Start } }
        }
        (None, None, Some(at)) => When::At(at),
        _ => return Err(StoreError::Bug("a reminder is neither relative nor absolute".to_owned())),
    };
    Ok(Reminder { id, rule: ReminderRule { when, critical: row.get(5)? } })
}

fn schedule(row: &Row<'_>) -> Result<Schedule, StoreError> {
    let span = span(row, 7)?;
    Ok(Schedule {
        id: row.get(0)?,
        owner: row.get(1)?,
        purpose: purpose(row)?,
        text: ScheduleText {
            title: row.get(2)?,
            description: row.get(3)?,
            location: row.get(4)?,
            kind: row.get(5)?,
            busy: row.get(6)?,
        },
        labels: Labels { category: row.get(25)?, tags: Vec::new() },
        series: series(row, &span)?,
        span,
        late: LatePolicy { action: row.parse(23)?, grace_seconds: seconds(row.get(24)?)? },
        reminders: Vec::new(),
        progress: Progress::default(),
        generation: row.get(15)?,
        version: row.get(16)?,
        created_at: row.get(17)?,
        updated_at: row.get(18)?,
        deleted_at: row.get(19)?,
    })
}

fn purpose(row: &Row<'_>) -> Result<Purpose, StoreError> {
    match (row.get::<String>(26)?.as_str(), row.get(27)?) {
        ("deadline", Some(task)) => Ok(Purpose::Deadline(task)),
        ("event", Some(task)) => Ok(Purpose::Session(task)),
        ("event", None) => Ok(Purpose::Event),
        _ => Err(StoreError::Bug("a deadline belongs to no task".to_owned())),
    }
}

/// The span whose eight columns begin at `at`.
fn span(row: &Row<'_>, at: usize) -> Result<Span, StoreError> {
    Ok(Span {
        all_day: row.get(at)?,
        zone: row.parse(at + 1)?,
        start: row.parse(at + 2)?,
        end: row.parse(at + 3)?,
        start_at: Resolved { instant: row.get(at + 4)?, resolution: resolution(&row.get::<String>(at + 6)?) },
        end_at: Resolved { instant: row.get(at + 5)?, resolution: resolution(&row.get::<String>(at + 7)?) },
    })
}

fn series(row: &Row<'_>, span: &Span) -> Result<Option<Series>, StoreError> {
    let Some(rule) = row.get::<Option<String>>(20)? else { return Ok(None) };
    let broken = |what: String| StoreError::Bug(format!("a recurrence that was kept cannot be read: {what}"));
    let dates = |at| -> Result<Vec<WallTime>, StoreError> {
        let text = row.get::<String>(at)?;
        text.split(' ').filter(|date| !date.is_empty()).map(|date| date.parse().map_err(|e| broken(format!("{e}")))).collect()
    };
    let rule = rule.parse().map_err(|e| broken(format!("{e}")))?;
    let recurrence = Recurrence { rule, rdates: dates(21)?, exdates: dates(22)? };
    Series::new(recurrence, span.start, span.zone.clone()).map(Some).map_err(|e| broken(e.to_string()))
}

pub(crate) fn seconds(column: i64) -> Result<u32, StoreError> {
    u32::try_from(column).map_err(|_| StoreError::Bug("a length of time is out of range".to_owned()))
}

const fn anchor_word(anchor: Anchor) -> &'static str {
    match anchor {
        Anchor::Start => "start",
        Anchor::End => "end",
    }
}

const fn resolution_word(resolution: Resolution) -> &'static str {
    match resolution {
        Resolution::Unique => "unique",
        Resolution::Gap => "gap",
        Resolution::Fold => "fold",
    }
}

fn resolution(word: &str) -> Resolution {
    match word {
        "gap" => Resolution::Gap,
        "fold" => Resolution::Fold,
        _ => Resolution::Unique,
    }
}
