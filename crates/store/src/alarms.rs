//! Alarms: planned, moved and cancelled by the transactions of schedules, fired in batches by the clockwork.

use std::borrow::Cow;

use domain::alarms::{Alarm, AlarmState, LatePolicy, QuietHours, Reason};
use kernel::{AlarmId, Instant, ReminderId, ScheduleId, TaskId, UserId, WallTime, Zone};

use crate::{Column, Row, Sql, StoreError, Tx, identity::users::quiet_hours, values};

/// `SELECT` of a whole alarm, followed by the rest of the statement; one text or one per engine.
macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT id, owner_id, schedule_id, reminder_id, generation, nominal, snooze, due_at, state, reason, armed_at, ",
            "fired_at, dismissed_at, left_out, deferred_until, ",
            "(SELECT s.task_id FROM schedules s WHERE s.id = schedule_id AND s.role = 'deadline') FROM alarms ",
            $rest
        )
    };
    ($sqlite:literal, $postgres:literal) => {
        Sql::each(select!($sqlite), select!($postgres))
    };
}

pub mod handover;
pub mod past;
pub mod quiet;

/// Writes planned alarms. A fact that is already planned (same reminder, generation, occurrence and snooze) stays as it is.
pub async fn insert(tx: &mut Tx<'_>, alarms: &[Alarm]) -> Result<(), StoreError> {
    let columns = [
        Column::Uuids(alarms.iter().map(|a| a.id.uuid()).collect()),
        Column::Uuids(alarms.iter().map(|a| a.owner.uuid()).collect()),
        Column::Uuids(alarms.iter().map(|a| a.schedule.uuid()).collect()),
        Column::Uuids(alarms.iter().map(|a| a.reminder.uuid()).collect()),
        Column::Ints(alarms.iter().map(|a| a.generation).collect()),
        Column::Texts(alarms.iter().map(|a| Cow::Owned(a.nominal.to_string())).collect()),
        Column::Ints(alarms.iter().map(|a| a.snooze).collect()),
        Column::Instants(alarms.iter().map(|a| a.due_at).collect()),
        Column::Texts(alarms.iter().map(|a| Cow::Borrowed(a.state.as_str())).collect()),
        Column::OptionalTexts(alarms.iter().map(|a| a.reason.map(|r| Cow::Borrowed(r.as_str()))).collect()),
        Column::Instants(alarms.iter().map(|a| a.armed_at).collect()),
    ];
    tx.batch(
        Sql::each(
            "INSERT INTO alarms (id, owner_id, schedule_id, reminder_id, generation, nominal, snooze, due_at, state, reason,
                 armed_at, settled_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, CASE WHEN $9 <> 'PENDING' THEN $11 END)
             ON CONFLICT (reminder_id, generation, nominal, snooze) DO NOTHING",
            "INSERT INTO alarms (id, owner_id, schedule_id, reminder_id, generation, nominal, snooze, due_at, state, reason,
                 armed_at, settled_at)
             SELECT *, CASE WHEN state <> 'PENDING' THEN armed_at END
             FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::uuid[], $5::bigint[], $6::text[], $7::bigint[],
                 $8::timestamptz[], $9::text[], $10::text[], $11::timestamptz[])
                 AS a (id, owner_id, schedule_id, reminder_id, generation, nominal, snooze, due_at, state, reason, armed_at)
             ON CONFLICT (reminder_id, generation, nominal, snooze) DO NOTHING",
        ),
        &columns,
    )
    .await?;
    Ok(())
}

/// Ends every pending alarm of a schedule; answers how many. An alarm that is firing at this moment is waited for and stays fired.
pub async fn settle_pending(
    tx: &mut Tx<'_>,
    schedule: ScheduleId,
    state: AlarmState,
    reason: Reason,
    now: Instant,
) -> Result<u64, StoreError> {
    tx.execute(
        Sql::each(
            "UPDATE alarms SET state = $2, reason = $3, settled_at = $4 WHERE schedule_id = $1 AND state = 'PENDING'",
            "WITH pending AS (
                 SELECT id FROM alarms WHERE schedule_id = $1 AND state = 'PENDING' ORDER BY due_at, id FOR UPDATE
             )
             UPDATE alarms a SET state = $2, reason = $3, settled_at = $4 FROM pending WHERE a.id = pending.id",
        ),
        values![schedule, state.as_str(), reason.as_str(), now],
    )
    .await
}

/// The pending alarms of a schedule, snoozed ones among them, locked until the transaction ends. One that is firing at this
/// moment is waited for, and left out.
pub async fn pending(tx: &mut Tx<'_>, schedule: ScheduleId) -> Result<Vec<Alarm>, StoreError> {
    let sql = select!(
        "WHERE schedule_id = $1 AND state = 'PENDING' ORDER BY due_at, id",
        "WHERE schedule_id = $1 AND state = 'PENDING' ORDER BY due_at, id FOR UPDATE"
    );
    tx.all(sql, values![schedule], alarm).await
}

/// Of each reminder of a schedule the occurrence at which its chain stands: its pending alarm. A snooze is no part of the chain,
/// and what waits for the end of quiet hours is behind: it was followed when it began to wait.
pub async fn armed(tx: &mut Tx<'_>, schedule: ScheduleId) -> Result<Vec<(ReminderId, WallTime)>, StoreError> {
    tx.all(
        "SELECT reminder_id, nominal FROM alarms
         WHERE schedule_id = $1 AND state = 'PENDING' AND snooze = 0 AND deferred_until IS NULL ORDER BY due_at, id",
        values![schedule],
        |row| Ok((row.get(0)?, row.parse(1)?)),
    )
    .await
}

/// Ends pending alarms, which must be locked: rows are taken in no order.
pub async fn settle_each(
    tx: &mut Tx<'_>,
    alarms: &[AlarmId],
    state: AlarmState,
    reason: Reason,
    now: Instant,
) -> Result<(), StoreError> {
    let sql = Sql::each(
        "UPDATE alarms SET state = $2, reason = $3, settled_at = $4 WHERE id = $1 AND state = 'PENDING'",
        "UPDATE alarms a SET state = e.state, reason = e.reason, settled_at = e.at
         FROM unnest($1::uuid[], $2::text[], $3::text[], $4::timestamptz[]) AS e (id, state, reason, at)
         WHERE a.id = e.id AND a.state = 'PENDING'",
    );
    let columns = [
        Column::Uuids(alarms.iter().map(|alarm| alarm.uuid()).collect()),
        Column::Texts(vec![Cow::Borrowed(state.as_str()); alarms.len()]),
        Column::Texts(vec![Cow::Borrowed(reason.as_str()); alarms.len()]),
        Column::Instants(vec![now; alarms.len()]),
    ];
    tx.batch(sql, &columns).await?;
    Ok(())
}

/// An alarm that is settled, as far as an edit has to know of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rung {
    /// The reminder.
    pub reminder: ReminderId,
    /// For which occurrence.
    pub nominal: WallTime,
    /// When the schedule had this generation.
    pub generation: i64,
    /// When it was to ring.
    pub due_at: Instant,
    /// Whether it rang.
    pub fired: bool,
    /// Whether it was not to ring: its owner did not want it any more, or it was past and another one spoke for it.
    pub passed_over: bool,
}

/// The settled alarms of a schedule, the one due last first, as many as an edit may have to know, but for those that cannot be read.
pub async fn rung(tx: &mut Tx<'_>, schedule: ScheduleId) -> Result<Vec<Rung>, StoreError> {
    let rung = tx.all(
        "SELECT reminder_id, nominal, generation, due_at, state = 'FIRED', state <> 'FIRED' AND reason IN ('dismissed', 'snoozed', 'already_past')
         FROM alarms WHERE schedule_id = $1 AND state <> 'PENDING' AND (snooze = 0 OR state = 'FIRED')
         ORDER BY due_at DESC, id LIMIT 1000",
        values![schedule],
        |row| {
            let Ok(nominal) = row.parse(1) else { return Ok(None) };
            Ok(Some(Rung {
                reminder: row.get(0)?,
                nominal,
                generation: row.get(2)?,
                due_at: row.get(3)?,
                fired: row.get(4)?,
                passed_over: row.get::<Option<bool>>(5)?.unwrap_or(false),
            }))
        },
    )
    .await?;
    Ok(rung.into_iter().flatten().collect())
}

// Not `=`, or SQLite, which does not know that an owner has more alarms than a schedule has, would take the index of owners.
pub(crate) const OF_SCHEDULE: &str =
    select!("WHERE schedule_id = $1 AND NOT owner_id <> $2 AND (due_at, id) > ($3, $4) ORDER BY due_at, id LIMIT $5");

/// The alarms a schedule of `owner` ever had, by due time, after `after`.
pub async fn of_schedule(
    tx: &mut Tx<'_>,
    owner: UserId,
    schedule: ScheduleId,
    after: Option<kernel::Cursor>,
    limit: u32,
) -> Result<Vec<Alarm>, StoreError> {
    let (at, id) = place(after);
    tx.all(OF_SCHEDULE, values![schedule, owner, at, id, limit], alarm).await
}

pub(crate) const OF_OWNER: &str =
    select!("WHERE owner_id = $1 AND due_at >= $2 AND due_at < $3 AND (due_at, id) > ($4, $5) ORDER BY due_at, id LIMIT $6");

/// The alarms of `owner` that are or were due in `from..to`, by due time, after `after`.
pub async fn of_owner(
    tx: &mut Tx<'_>,
    owner: UserId,
    (from, to): (Instant, Instant),
    after: Option<kernel::Cursor>,
    limit: u32,
) -> Result<Vec<Alarm>, StoreError> {
    let (at, id) = place(after);
    tx.all(OF_OWNER, values![owner, from, to, at, id, limit], alarm).await
}

/// The place of a cursor, or the one before every row.
fn place(after: Option<kernel::Cursor>) -> (Instant, uuid::Uuid) {
    after.map_or((Instant::DISTANT_PAST, uuid::Uuid::nil()), |cursor| (cursor.at, cursor.id))
}

/// Whose schedule the alarm `id` belongs to, if it is `owner`'s: the schedule is locked first, the alarm then.
pub async fn schedule_of(tx: &mut Tx<'_>, owner: UserId, id: AlarmId) -> Result<Option<ScheduleId>, StoreError> {
    tx.optional("SELECT schedule_id FROM alarms WHERE id = $1 AND owner_id = $2", values![id, owner], |row| row.get(0)).await
}

/// The alarm `id`, whosever it is, for the engine.
pub async fn by_id(tx: &mut Tx<'_>, id: AlarmId) -> Result<Option<Alarm>, StoreError> {
    tx.optional(select!("WHERE id = $1"), values![id], alarm).await
}

/// The alarm `id` of `owner`, locked until the transaction ends.
pub async fn lock(tx: &mut Tx<'_>, owner: UserId, id: AlarmId) -> Result<Option<Alarm>, StoreError> {
    let sql = select!("WHERE id = $1 AND owner_id = $2", "WHERE id = $1 AND owner_id = $2 FOR UPDATE");
    tx.optional(sql, values![id, owner], alarm).await
}

/// Ends one pending alarm.
pub async fn settle(tx: &mut Tx<'_>, id: AlarmId, state: AlarmState, reason: Reason, now: Instant) -> Result<(), StoreError> {
    settle_each(tx, &[id], state, reason, now).await
}

/// Marks a fired alarm as dismissed.
pub async fn dismiss(tx: &mut Tx<'_>, id: AlarmId, now: Instant) -> Result<(), StoreError> {
    tx.execute("UPDATE alarms SET dismissed_at = $2 WHERE id = $1 AND dismissed_at IS NULL", values![id, now]).await?;
    Ok(())
}

/// Ends the pending snoozes of the same reminder and occurrence; answers the highest snooze number there is.
pub async fn end_snoozes(
    tx: &mut Tx<'_>,
    of: &Alarm,
    state: AlarmState,
    reason: Reason,
    now: Instant,
) -> Result<(u64, i64), StoreError> {
    let ended = tx
        .execute(
            "UPDATE alarms SET state = $4, reason = $5, settled_at = $6
             WHERE reminder_id = $1 AND generation = $2 AND nominal = $3 AND snooze > 0 AND state = 'PENDING'",
            values![of.reminder, of.generation, of.nominal.to_string(), state.as_str(), reason.as_str(), now],
        )
        .await?;
    let highest = tx
        .one(
            "SELECT coalesce(max(snooze), 0) FROM alarms WHERE reminder_id = $1 AND generation = $2 AND nominal = $3",
            values![of.reminder, of.generation, of.nominal.to_string()],
            |row| row.get(0),
        )
        .await?;
    Ok((ended, highest))
}

/// A due alarm, with what its notification says.
#[derive(Clone, Debug)]
pub struct Due {
    /// The alarm.
    pub id: AlarmId,
    /// Whom it tells.
    pub owner: UserId,
    /// Their language.
    pub locale: String,
    /// Of which schedule.
    pub schedule: ScheduleId,
    /// The occurrence: its wall start.
    pub nominal: WallTime,
    /// When it was to ring.
    pub due_at: Instant,
    /// When it was planned.
    pub armed_at: Instant,
    /// 0, or which snooze.
    pub snooze: i64,
    /// By which reminder.
    pub reminder: ReminderId,
    /// Whether its schedule repeats: what follows is then still that of the first occurrence.
    pub repeats: bool,
    /// What becomes of it if it is late.
    pub late: LatePolicy,
    /// The task the schedule is for, as a session or as its deadline.
    pub task: Option<TaskId>,
    /// Whether the schedule stands for the deadline of that task.
    pub is_deadline: bool,
    /// The schedule's title now.
    pub title: String,
    /// The schedule's place now.
    pub location: String,
    /// Whether it lasts whole days.
    pub all_day: bool,
    /// The schedule's zone.
    pub zone: Zone,
    /// When the schedule starts, on the wall.
    pub start: WallTime,
    /// When the schedule starts.
    pub start_at: Instant,
    /// When it ends.
    pub end_at: Instant,
    /// For so many missed ones it stands already.
    pub left_out: i64,
    /// Until when it waited, if it was due in quiet hours.
    pub deferred_until: Option<Instant>,
    /// When its owner does not want to be told, and in which zone.
    pub quiet: Option<(QuietHours, Zone)>,
}

impl Due {
    /// From when on it is late.
    pub fn late_after(&self) -> Instant {
        self.deferred_until.unwrap_or(self.due_at).max(self.armed_at)
    }
}

/// `SELECT` of due alarms with what their notifications say; what follows `WHERE`, one text per engine.
///
/// The lateral joins keep PostgreSQL from reading all schedules: to a prepared statement the limit is unknown, and it guesses high.
macro_rules! select_due {
    ($sqlite:literal, $postgres:literal) => {
        Sql::each(
            concat!(
                "SELECT a.id, a.owner_id, u.locale, a.schedule_id, a.nominal, a.due_at, a.armed_at, a.snooze, s.title, s.location,
                     s.all_day, s.time_zone, s.start_at, a.reminder_id, s.start_wall, s.rrule IS NOT NULL, s.late_action,
                     s.late_grace_seconds, s.end_at, a.left_out, a.deferred_until, u.quiet_hours, u.time_zone, s.task_id,
                     s.role = 'deadline'
                 FROM alarms a JOIN schedules s ON s.id = a.schedule_id JOIN users u ON u.id = a.owner_id
                 WHERE a.state = 'PENDING' AND ",
                $sqlite
            ),
            concat!(
                "SELECT a.id, a.owner_id, u.locale, a.schedule_id, a.nominal, a.due_at, a.armed_at, a.snooze, s.title, s.location,
                     s.all_day, s.time_zone, s.start_at, a.reminder_id, s.start_wall, s.rrule IS NOT NULL, s.late_action,
                     s.late_grace_seconds, s.end_at, a.left_out, a.deferred_until, u.quiet_hours, u.time_zone, s.task_id,
                     s.role = 'deadline'
                 FROM (SELECT * FROM alarms WHERE state = 'PENDING' AND ",
                $postgres,
                " FOR UPDATE SKIP LOCKED) a
                 CROSS JOIN LATERAL (SELECT * FROM schedules WHERE id = a.schedule_id LIMIT 1) s
                 CROSS JOIN LATERAL (SELECT locale, quiet_hours, time_zone FROM users WHERE id = a.owner_id LIMIT 1) u
                 ORDER BY coalesce(a.deferred_until, a.due_at), a.owner_id, a.due_at"
            ),
        )
    };
}

pub(crate) const CLAIM_DUE: Sql = select_due!(
    "coalesce(a.deferred_until, a.due_at) <= $1 ORDER BY coalesce(a.deferred_until, a.due_at), a.owner_id, a.due_at LIMIT $2",
    "coalesce(deferred_until, due_at) <= $1 ORDER BY coalesce(deferred_until, due_at), owner_id, due_at LIMIT $2"
);

/// At most `limit` alarms that may ring at `now`, oldest first. On PostgreSQL they are locked, and those another node holds are left to it.
pub async fn claim_due(tx: &mut Tx<'_>, now: Instant, limit: u32) -> Result<Vec<Due>, StoreError> {
    tx.all(CLAIM_DUE, values![now, limit], due).await
}

/// The alarm `id`, if it is due at `now` and, on PostgreSQL, nobody else holds it; locked as by [`claim_due`].
pub async fn claim_one(tx: &mut Tx<'_>, now: Instant, id: AlarmId) -> Result<Option<Due>, StoreError> {
    tx.optional(
        select_due!(
            "coalesce(a.deferred_until, a.due_at) <= $1 AND a.id = $2",
            "coalesce(deferred_until, due_at) <= $1 AND id = $2"
        ),
        values![now, id],
        due,
    )
    .await
}

/// Which alarm has been due for longest, whether or not the rest of its row can be read.
pub async fn oldest_due(tx: &mut Tx<'_>, now: Instant) -> Result<Option<AlarmId>, StoreError> {
    tx.optional(
        "SELECT id FROM alarms WHERE state = 'PENDING' AND coalesce(deferred_until, due_at) <= $1
         ORDER BY coalesce(deferred_until, due_at), owner_id, due_at LIMIT 1",
        values![now],
        |row| row.get(0),
    )
    .await
}

/// Notes for how many missed ones each of some alarms stands.
pub async fn note_left_out(tx: &mut Tx<'_>, alarms: &[(AlarmId, usize)]) -> Result<(), StoreError> {
    let sql = Sql::each(
        "UPDATE alarms SET left_out = $2 WHERE id = $1",
        "UPDATE alarms a SET left_out = n.left_out FROM unnest($1::uuid[], $2::bigint[]) AS n (id, left_out) WHERE a.id = n.id",
    );
    let columns = [
        Column::Uuids(alarms.iter().map(|(alarm, _)| alarm.uuid()).collect()),
        Column::Ints(alarms.iter().map(|(_, left_out)| i64::try_from(*left_out).unwrap_or(i64::MAX)).collect()),
    ];
    tx.batch(sql, &columns).await?;
    Ok(())
}

/// Takes an alarm that cannot be rung from among those that are due; `false` if it no longer was.
pub async fn set_aside(tx: &mut Tx<'_>, id: AlarmId, reason: Reason, now: Instant) -> Result<bool, StoreError> {
    let touched = tx
        .execute(
            "UPDATE alarms SET state = 'FAILED', reason = $2, settled_at = $3 WHERE id = $1 AND state = 'PENDING'",
            values![id, reason.as_str(), now],
        )
        .await?;
    Ok(touched == 1)
}

/// Marks claimed alarms as fired.
pub async fn mark_fired(tx: &mut Tx<'_>, alarms: &[AlarmId], now: Instant) -> Result<(), StoreError> {
    let touched = tx
        .batch(
            Sql::each(
                "UPDATE alarms SET state = 'FIRED', fired_at = $2, settled_at = $2 WHERE id = $1 AND state = 'PENDING'",
                "UPDATE alarms SET state = 'FIRED', fired_at = f.at, settled_at = f.at
                 FROM unnest($1::uuid[], $2::timestamptz[]) AS f (id, at) WHERE alarms.id = f.id AND state = 'PENDING'",
            ),
            &[Column::Uuids(alarms.iter().map(|a| a.uuid()).collect()), Column::Instants(vec![now; alarms.len()])],
        )
        .await?;
    if touched == alarms.len() as u64 { Ok(()) } else { Err(StoreError::Bug("a claimed alarm was not pending".to_owned())) }
}

pub(crate) const NEXT_DUE: &str = "SELECT coalesce(deferred_until, due_at) FROM alarms WHERE state = 'PENDING'
     ORDER BY coalesce(deferred_until, due_at) LIMIT 1";

/// When the next alarm may ring.
pub async fn next_due(tx: &mut Tx<'_>) -> Result<Option<Instant>, StoreError> {
    tx.optional(NEXT_DUE, &[], |row| row.get(0)).await
}

/// How many alarms are due at `now` and not fired, counting to at most `most`, and since when the oldest waits.
pub async fn backlog(tx: &mut Tx<'_>, now: Instant, most: u32) -> Result<(i64, Option<Instant>), StoreError> {
    tx.one(
        "SELECT count(*), min(at) FROM (SELECT coalesce(deferred_until, due_at) AS at FROM alarms
             WHERE state = 'PENDING' AND coalesce(deferred_until, due_at) <= $1 ORDER BY coalesce(deferred_until, due_at) LIMIT $2) AS due",
        values![now, most],
        |row| Ok((row.get(0)?, row.get(1)?)),
    )
    .await
}

/// How many alarms are set aside, counting to at most `most`.
pub async fn count_set_aside(tx: &mut Tx<'_>, most: u32) -> Result<i64, StoreError> {
    tx.one("SELECT count(*) FROM (SELECT due_at FROM alarms WHERE state = 'FAILED' LIMIT $1) AS failed", values![most], |row| {
        row.get(0)
    })
    .await
}

fn due(row: &Row<'_>) -> Result<Due, StoreError> {
    Ok(Due {
        id: row.get(0)?,
        owner: row.get(1)?,
        locale: row.get(2)?,
        schedule: row.get(3)?,
        nominal: row.parse(4)?,
        due_at: row.get(5)?,
        armed_at: row.get(6)?,
        snooze: row.get(7)?,
        title: row.get(8)?,
        location: row.get(9)?,
        all_day: row.get(10)?,
        zone: row.parse(11)?,
        start_at: row.get(12)?,
        reminder: row.get(13)?,
        start: row.parse(14)?,
        repeats: row.get(15)?,
        task: row.get(23)?,
        is_deadline: row.get(24)?,
        late: LatePolicy { action: row.parse(16)?, grace_seconds: crate::calendar::seconds(row.get(17)?)? },
        // A task is not over when its deadline is.
        end_at: if row.get(24)? { Instant::MAX } else { row.get(18)? },
        left_out: row.get(19)?,
        deferred_until: row.get(20)?,
        quiet: quiet_hours(row, 21)?.map(|hours| Ok::<_, StoreError>((hours, row.parse(22)?))).transpose()?,
    })
}

fn alarm(row: &Row<'_>) -> Result<Alarm, StoreError> {
    let reason: Option<String> = row.get(9)?;
    let due_at = row.get(7)?;
    Ok(Alarm {
        id: row.get(0)?,
        owner: row.get(1)?,
        schedule: row.get(2)?,
        reminder: row.get(3)?,
        generation: row.get(4)?,
        // An occurrence that cannot be read is why an alarm is set aside; its owner sees it among the others all the same.
        nominal: row.parse(5).unwrap_or_else(|_| Zone::utc().wall_at(due_at)),
        snooze: row.get(6)?,
        due_at,
        state: row.parse(8)?,
        reason: reason.map(|word| word.parse()).transpose().map_err(|()| StoreError::Bug("unknown reason".to_owned()))?,
        armed_at: row.get(10)?,
        fired_at: row.get(11)?,
        dismissed_at: row.get(12)?,
        left_out: row.get(13)?,
        deferred_until: row.get(14)?,
        deadline_of: row.get(15)?,
    })
}
