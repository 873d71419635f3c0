//! The same transactions as plain SQL, written for each engine as well as we know how: whole sets, nothing leaves the database,
//! one round trip a transaction. What the product reaches of it is its price for ids, texts, JSON and the road through a driver.

use kernel::Instant;
use store::scratch::Session;

use crate::{
    clock::{self, Stopwatch},
    database::{Database, Engine},
    herd,
};

/// What the product writes into the data of a notification and of its event, to the byte about as long.
const DATA: &str = r#"{"reminder_id":"alm_00000000000000000000000000","schedule_id":"sch_00000000000000000000000000","occurrence":"2026-11-20T09:30:00","start_at":"2026-11-20T08:30:00Z","due_at":"2026-11-20T08:00:00Z","late_by_ms":123,"snooze":0}"#;
const EVENT: &str = r#"{"id":"ntf_00000000000000000000000000","type":"reminder","title":"Weekly planning with the team 12345","body":"Friday, 20 November, 09:30 (Europe/Berlin), Room 4","data":%,"created_at":"2026-11-20T08:00:00.123456Z","read_at":null}"#;
const BODY: &str = "Friday, 20 November, 09:30 (Europe/Berlin), Room 4";

/// Fires every due alarm of a prepared database, `batch` in a transaction; alarms per second.
pub(crate) async fn fire(database: &Database, alarms: u32, batch: usize) -> anyhow::Result<f64> {
    let mut session = Session::open(&database.open).await?;
    let now = clock::now();
    let transaction = match database.engine {
        Engine::Sqlite => {
            session.run("CREATE TEMP TABLE due (id BLOB, owner BLOB, title TEXT, n INTEGER) STRICT").await?;
            fire_sqlite(now, batch)
        }
        Engine::Postgres => fire_postgres(now, batch),
    };
    let watch = Stopwatch::start();
    for _ in 0..(alarms as usize).div_ceil(batch) {
        session.run(&transaction).await?;
    }
    Ok(watch.rate(alarms as usize))
}

fn fire_sqlite(now: Instant, batch: usize) -> String {
    let (id, at) = (fresh_id(Engine::Sqlite, now), now.as_micros());
    let event = EVENT.replace('%', DATA);
    format!(
        "BEGIN IMMEDIATE;
         DELETE FROM due;
         INSERT INTO due SELECT id, owner_id, title, row_number() OVER (PARTITION BY owner_id)
             FROM (SELECT a.id, a.owner_id, s.title
                   FROM alarms a JOIN schedules s ON s.id = a.schedule_id JOIN users u ON u.id = a.owner_id
                   WHERE a.state = 'PENDING' AND a.due_at <= {at} ORDER BY a.due_at LIMIT {batch});
         UPDATE alarms SET state = 'FIRED', fired_at = {at}, settled_at = {at} WHERE id IN (SELECT id FROM due);
         INSERT INTO notifications (id, user_id, key, kind, title, body, data, created_at)
             SELECT {id}, owner, id, 'reminder', title, '{BODY}', '{DATA}', {at} FROM due WHERE true
             ON CONFLICT (user_id, key) DO NOTHING;
         UPDATE inboxes SET unread = unread + d.n, version = version + 1
             FROM (SELECT owner, count(*) AS n FROM due GROUP BY owner) d WHERE user_id = d.owner;
         INSERT INTO events (stream_id, epoch, seq, id, kind, at, data)
             SELECT s.id, s.epoch, s.head + d.n, {id}, 'notification.created', {at}, '{event}' FROM due d JOIN streams s ON s.id = d.owner;
         INSERT INTO events (stream_id, epoch, seq, id, kind, at, data)
             SELECT s.id, s.epoch, s.head + d.n + 1, {id}, 'unread.changed', {at}, '{{\"count\":12,\"version\":12}}'
             FROM (SELECT owner, count(*) AS n FROM due GROUP BY owner) d JOIN streams s ON s.id = d.owner;
         UPDATE streams SET head = head + d.n + 1
             FROM (SELECT owner, count(*) AS n FROM due GROUP BY owner) d WHERE streams.id = d.owner;
         COMMIT;"
    )
}

fn fire_postgres(now: Instant, batch: usize) -> String {
    let (id, event) = (fresh_id(Engine::Postgres, now), EVENT.replace('%', DATA));
    format!(
        "WITH due AS MATERIALIZED (
             SELECT a.id, a.owner_id, s.title, row_number() OVER (PARTITION BY a.owner_id) AS n
             FROM (SELECT id, owner_id, schedule_id FROM alarms WHERE state = 'PENDING' AND due_at <= now()
                   ORDER BY due_at LIMIT {batch} FOR UPDATE SKIP LOCKED) a
             JOIN schedules s ON s.id = a.schedule_id JOIN users u ON u.id = a.owner_id
         ), owners AS (
             SELECT owner_id, count(*) AS n FROM due GROUP BY owner_id
         ), fired AS (
             UPDATE alarms SET state = 'FIRED', fired_at = now(), settled_at = now() FROM due WHERE alarms.id = due.id
         ), notified AS (
             INSERT INTO notifications (id, user_id, key, kind, title, body, data, created_at)
             SELECT {id}, owner_id, id, 'reminder', title, '{BODY}', '{DATA}', now() FROM due
             ON CONFLICT (user_id, key) DO NOTHING
         ), counted AS (
             UPDATE inboxes SET unread = unread + owners.n, version = version + 1 FROM owners WHERE user_id = owners.owner_id
         ), moved AS (
             UPDATE streams SET head = head + owners.n + 1 FROM owners WHERE streams.id = owners.owner_id
             RETURNING streams.id, epoch, head - owners.n - 1 AS head, owners.n
         ), told AS (
             INSERT INTO events (stream_id, epoch, seq, id, kind, at, data)
             SELECT moved.id, epoch, head + due.n, {id}, 'notification.created', now(), '{event}'
             FROM due JOIN moved ON moved.id = due.owner_id
         )
         INSERT INTO events (stream_id, epoch, seq, id, kind, at, data)
         SELECT id, epoch, head + n + 1, {id}, 'unread.changed', now(), '{{\"count\":12,\"version\":12}}' FROM moved"
    )
}

/// Writes `transactions` transactions of `together` schedules each, with reminder, alarm and event, on each of `sessions`
/// connections, the schedules of a session all of one user; schedules per second.
pub(crate) async fn create(database: &Database, sessions: u32, transactions: usize, together: u32) -> anyhow::Result<f64> {
    let mut open = Vec::new();
    for number in 0..sessions {
        open.push((Session::open(&database.open).await?, create_text(database.engine, number, together)));
    }
    let watch = Stopwatch::start();
    let all = open.iter_mut().map(async |(session, text)| {
        for _ in 0..transactions {
            session.run(text).await?;
        }
        anyhow::Ok(())
    });
    futures_util::future::try_join_all(all).await?;
    Ok(watch.rate(sessions as usize * transactions * together as usize))
}

fn create_text(engine: Engine, user: u32, together: u32) -> String {
    let (id, numbers) = (fresh_id(engine, clock::now()), herd::numbers(engine, together));
    let user = herd::id(engine, herd::Kind::User, &user.to_string());
    let far = herd::instant(engine, 1_900_000_000_000_000, "n");
    let (begin, id_type, no) = match engine {
        Engine::Sqlite => ("BEGIN IMMEDIATE", "blob", "0"),
        Engine::Postgres => ("BEGIN", "uuid", "false"),
    };
    // The ids a row refers to are drawn once, into a table of this connection.
    format!(
        "CREATE TEMP TABLE IF NOT EXISTS made (n bigint, schedule {id_type}, reminder {id_type});
         {begin};
         DELETE FROM made;
         INSERT INTO made {numbers} SELECT n, {id}, {id} FROM numbers;
         INSERT INTO schedules (id, owner_id, title, description, location, kind, busy, all_day, time_zone, start_wall, end_wall,
             start_at, end_at, start_resolution, end_resolution, generation, version, created_at, updated_at)
         SELECT schedule, {user}, 'Weekly planning with the team', '', 'Room 4', 'event', {no}, {no}, 'Europe/Berlin',
             '2030-03-17T18:46:40', '2030-03-17T19:16:40', {far}, {far}, 'unique', 'unique', 1, 1, {far}, {far} FROM made;
         INSERT INTO reminders (id, schedule_id, position, before_seconds, relative_to)
         SELECT reminder, schedule, 0, 1800, 'start' FROM made;
         INSERT INTO alarms (id, owner_id, schedule_id, reminder_id, generation, nominal, due_at, state, armed_at)
         SELECT {id}, {user}, schedule, reminder, 1, '2030-03-17T18:46:40', {far}, 'PENDING', {far} FROM made;
         UPDATE streams SET head = head + {together} WHERE id = {user};
         INSERT INTO events (stream_id, epoch, seq, id, kind, at, data)
         SELECT s.id, s.epoch, s.head - n, {id}, 'schedule.changed', {far},
             '{{\"schedule_id\":\"sch_00000000000000000000000000\",\"change\":\"created\",\"version\":1}}'
         FROM made, streams s WHERE s.id = {user};
         COMMIT;"
    )
}

/// An expression for a new UUID of version 7.
fn fresh_id(engine: Engine, now: Instant) -> String {
    let millis = format!("{:012x}", now.as_micros() / 1_000);
    match engine {
        Engine::Sqlite => format!("CAST(unhex('{millis}7000') || randomblob(8) AS BLOB)"),
        Engine::Postgres => format!("('{}-{}' || substr(gen_random_uuid()::text, 14))::uuid", &millis[..8], &millis[8..]),
    }
}
