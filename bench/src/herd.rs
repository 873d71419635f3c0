//! Fills a database with people whose alarms are due when the benchmark says so.
//!
//! Plain SQL, because a million rows through one use case after the other would take longer than everything that is measured.
//! The rows are those the product writes: time-ordered ids, one schedule with one reminder and one alarm each, dealt to the
//! users in turn.

use std::time::Duration;

use kernel::{Instant, UserId};
use uuid::Uuid;

use crate::database::{Database, Engine};

/// How many alarms, whose, and when.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Herd {
    pub(crate) users: u32,
    pub(crate) alarms: u32,
    /// When the first is due.
    pub(crate) from: Instant,
    /// Over how long they are due, evenly. Zero: all at one instant.
    pub(crate) over: Duration,
}

/// What is made of a number, so that tables can refer to each other's rows.
#[derive(Clone, Copy)]
pub(crate) enum Kind {
    User = 1,
    Schedule = 2,
    Reminder = 3,
    Alarm = 4,
    Product = 5,
}

impl Herd {
    /// Writes the users alone: their keys can be made before it is known when their alarms are due.
    pub(crate) async fn settle_users(&self, database: &Database) -> anyhow::Result<()> {
        database.script(&self.users(database.engine)).await
    }

    /// Writes the alarms of users who are there, and leaves the database as it would be after some time of service: statistics
    /// taken, log folded in.
    pub(crate) async fn settle_alarms(&self, database: &Database) -> anyhow::Result<()> {
        let engine = database.engine;
        database.script(&self.alarms(engine)).await?;
        let tidy: &[&str] = match engine {
            Engine::Sqlite => &["PRAGMA wal_checkpoint(TRUNCATE)"],
            Engine::Postgres => &["VACUUM ANALYZE", "CHECKPOINT"],
        };
        for statement in tidy {
            database.script(statement).await?;
        }
        Ok(())
    }

    /// Writes all of it.
    pub(crate) async fn settle(&self, database: &Database) -> anyhow::Result<()> {
        self.settle_users(database).await?;
        self.settle_alarms(database).await
    }

    fn users(&self, engine: Engine) -> String {
        let (id, now, numbers) = (id(engine, Kind::User, "n"), instant(engine, 0, "0"), numbers(engine, self.users));
        format!(
            "BEGIN;
             INSERT INTO users (id, email, email_key, display_name, password_hash, role, time_zone, locale, default_lead_seconds,
                 version, created_at, updated_at)
             {numbers} SELECT {id}, 'u' || n || '@bench.invalid', 'u' || n || '@bench.invalid', 'User ' || n, '', 'member',
                 'Europe/Berlin', 'en', 1800, 1, {now}, {now} FROM numbers;
             INSERT INTO streams (id) {numbers} SELECT {id} FROM numbers;
             INSERT INTO inboxes (user_id) {numbers} SELECT {id} FROM numbers;
             COMMIT;"
        )
    }

    fn alarms(&self, engine: Engine) -> String {
        let numbers = numbers(engine, self.alarms);
        let user = id(engine, Kind::User, &format!("n % {}", self.users));
        let (schedule, reminder, alarm) =
            (id(engine, Kind::Schedule, "n"), id(engine, Kind::Reminder, "n"), id(engine, Kind::Alarm, "n"));
        let step = self.over.as_micros() / u128::from(self.alarms.max(1));
        let (at, half_an_hour) = (format!("n * {step}"), 1_800);
        let due = instant(engine, self.from.as_micros(), &at);
        // Wall times are of whole seconds, and what is derived from them must agree: a server that finds otherwise mends it.
        let start_second = format!("({} + {at}) / 1000000 + {half_an_hour}", self.from.as_micros());
        let start = instant(engine, 0, &format!("({start_second}) * 1000000"));
        let wall = wall(engine, &start_second);
        let (made, no) = (instant(engine, 0, "0"), if engine == Engine::Sqlite { "0" } else { "false" });
        format!(
            "BEGIN;
             INSERT INTO schedules (id, owner_id, title, description, location, kind, busy, all_day, time_zone, start_wall,
                 end_wall, start_at, end_at, start_resolution, end_resolution, generation, version, created_at, updated_at)
             {numbers} SELECT {schedule}, {user}, 'Weekly planning with the team ' || n, '', 'Room 4', 'event', {no}, {no},
                 'UTC', {wall}, {wall}, {start}, {start}, 'unique', 'unique', 1, 1, {made}, {made} FROM numbers;
             INSERT INTO reminders (id, schedule_id, position, at)
             {numbers} SELECT {reminder}, {schedule}, 0, {due} FROM numbers;
             INSERT INTO alarms (id, owner_id, schedule_id, reminder_id, generation, nominal, due_at, state, armed_at)
             {numbers} SELECT {alarm}, {user}, {schedule}, {reminder}, 1, {wall}, {due}, 'PENDING', {made} FROM numbers;
             COMMIT;"
        )
    }
}

/// The user with that number.
pub(crate) fn user(number: u32) -> UserId {
    UserId::from_uuid(Uuid::from_u128(0x0198_7000_0001_7000_8000 << 48 | u128::from(number)))
}

/// A table `numbers` with the column `n`: 0 to `count` - 1.
pub(crate) fn numbers(engine: Engine, count: u32) -> String {
    match engine {
        Engine::Sqlite => {
            format!("WITH RECURSIVE numbers (n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM numbers WHERE n + 1 < {count})")
        }
        Engine::Postgres => format!("WITH numbers (n) AS (SELECT generate_series(0::bigint, {count} - 1))"),
    }
}

/// A UUID of version 7 from the summer of 2025, in the order of `n`.
pub(crate) fn id(engine: Engine, kind: Kind, n: &str) -> String {
    let kind = kind as u8;
    match engine {
        Engine::Sqlite => format!("unhex('01987000000{kind}70008000' || printf('%012x', {n}))"),
        Engine::Postgres => format!("('01987000000{kind}70008000' || lpad(to_hex({n}), 12, '0'))::uuid"),
    }
}

/// `base` in microseconds since 1970, and `plus` microseconds more.
pub(crate) fn instant(engine: Engine, base: i64, plus: &str) -> String {
    match engine {
        Engine::Sqlite => format!("({base} + {plus})"),
        Engine::Postgres => format!("('epoch'::timestamptz + ({base} + {plus}) * interval '1 microsecond')"),
    }
}

/// The wall time of UTC at a second since 1970, as the product keeps it.
fn wall(engine: Engine, second: &str) -> String {
    match engine {
        Engine::Sqlite => format!("strftime('%Y-%m-%dT%H:%M:%S', {second}, 'unixepoch')"),
        Engine::Postgres => format!(r#"to_char(to_timestamp({second}) AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS')"#),
    }
}
