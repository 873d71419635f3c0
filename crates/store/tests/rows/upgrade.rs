//! A filled database of an older version, migrated to the present one, on both engines: what it held is what is read.

use domain::{
    alarms::{AlarmState, ReminderRule},
    calendar::{
        Purpose,
        progress::{Action, Item, State},
        search::Query,
    },
    campaigns::{
        RowState,
        SubscriptionState::{Active, Left, Notified},
    },
    identity::{Role, Scope},
    notify::Shelf,
};
use kernel::{ApiKeyId, Instant, ProductId, ReminderId, ScheduleId, SessionId, UserId, WallTime};
use store::{
    Open, Store, alarms,
    calendar::{
        self, Range,
        filtered::{self, Narrow},
        revision, zones,
    },
    campaigns::{ledger, subscriptions},
    holdings, identity, jobs,
    notify::inbox::{self, Listing},
    progress, scratch, search, streams, tasks,
};
use testkit::{Database, on_both_databases};
use uuid::Uuid;

use crate::inboxes::{self, run};

/// What a database of V3 held: people with sessions and keys, schedules that happen once, repeat, are worked on and lie in the trash,
/// alarms that rang and wait, an inbox, a stream and a job. `#id`, `#at`, `#is` and `#hash` are written as each engine has them.
const OF_V3: &str = "
    INSERT INTO users (id, email, email_key, display_name, password_hash, role, time_zone, locale, default_lead_seconds, version,
        created_at, updated_at, daily_goal_seconds, week_start) VALUES
        (#id(1), 'Ada@example.org', 'ada@example.org', 'Ada', '*', 'administrator', 'Asia/Seoul', 'ko', 1800, 4,
            #at(2026-01-01T00:00:00Z), #at(2026-02-01T00:00:00Z), 14400, 'sunday'),
        (#id(2), 'grace@example.org', 'grace@example.org', 'Grace', '*', 'member', 'UTC', 'en', 600, 1,
            #at(2026-01-02T00:00:00Z), #at(2026-01-02T00:00:00Z), 0, 'monday');
    INSERT INTO sessions (id, user_id, user_agent, address, issued_hash, created_at, last_used_at, idle_expires_at, absolute_expires_at)
        VALUES (#id(11), #id(1), 'a browser', '192.0.2.1', #hash(11), #at(2026-11-01T00:00:00Z), #at(2026-11-19T00:00:00Z),
            #at(2026-12-19T00:00:00Z), #at(2027-11-01T00:00:00Z));
    INSERT INTO refresh_tokens (session_id, generation, hash, salt, state, issued_at, used_at) VALUES
        (#id(11), 1, #hash(21), #hash(31), 'used', #at(2026-11-01T00:00:00Z), #at(2026-11-19T00:00:00Z)),
        (#id(11), 2, #hash(22), #hash(32), 'active', #at(2026-11-19T00:00:00Z), NULL);
    INSERT INTO api_keys (id, user_id, name, hash, hint, scopes, created_at) VALUES
        (#id(12), #id(1), 'a script', #hash(12), 'cmp_abc', 'schedules:read', #at(2026-11-01T00:00:00Z));
    INSERT INTO streams (id, epoch, head, low) VALUES (#id(1), 1, 2, 2), (#id(2), 1, 0, 1);
    INSERT INTO events (stream_id, epoch, seq, id, kind, at, data) VALUES
        (#id(1), 1, 2, #id(91), 'schedule.changed', #at(2026-11-19T00:00:00Z), '{}');
    INSERT INTO inboxes (user_id, unread, version) VALUES (#id(1), 1, 2), (#id(2), 0, 0);
    INSERT INTO notifications (id, user_id, key, kind, title, body, data, created_at, read_at) VALUES
        (#id(81), #id(1), #id(81), 'reminder', 'Stand-up', '', '{}', #at(2026-11-20T00:20:00Z), NULL),
        (#id(82), #id(1), #id(82), 'reminder', 'Stand-up', '', '{}', #at(2026-11-19T00:20:00Z), #at(2026-11-19T01:00:00Z));
    INSERT INTO schedules (id, owner_id, title, description, location, kind, busy, all_day, time_zone, start_wall, end_wall, start_at,
        end_at, start_resolution, end_resolution, generation, version, created_at, updated_at, deleted_at, rrule, exdates, reach_from,
        late_action) VALUES
        (#id(41), #id(1), 'Dentist', 'bring the card', 'Mapo', 'event', #is(1), #is(0), 'Asia/Seoul', '2026-12-01T09:00:00',
            '2026-12-01T10:00:00', #at(2026-12-01T00:00:00Z), #at(2026-12-01T01:00:00Z), 'unique', 'unique', 2, 3,
            #at(2026-11-01T00:00:00Z), #at(2026-11-02T00:00:00Z), NULL, NULL, '', NULL, 'coalesce'),
        (#id(42), #id(1), 'Stand-up', '', '', 'work', #is(1), #is(0), 'Asia/Seoul', '2026-11-19T09:30:00', '2026-11-19T09:45:00',
            #at(2026-11-19T00:30:00Z), #at(2026-11-19T00:45:00Z), 'unique', 'unique', 1, 2, #at(2026-11-01T00:00:00Z),
            #at(2026-11-03T00:00:00Z), NULL, 'FREQ=DAILY', '2026-11-25T09:30:00', #at(2026-11-19T00:30:00Z), 'ring'),
        (#id(43), #id(1), 'Report', '', '', 'work', #is(1), #is(0), 'America/New_York', '2026-11-18T09:00:00', '2026-11-18T10:00:00',
            #at(2026-11-18T14:00:00Z), #at(2026-11-18T15:00:00Z), 'unique', 'unique', 1, 1, #at(2026-11-01T00:00:00Z),
            #at(2026-11-01T00:00:00Z), NULL, NULL, '', NULL, 'coalesce'),
        (#id(44), #id(1), 'Given up', '', '', 'event', #is(0), #is(1), 'Asia/Seoul', '2026-12-24T00:00:00', '2026-12-25T00:00:00',
            #at(2026-12-23T15:00:00Z), #at(2026-12-24T15:00:00Z), 'unique', 'unique', 1, 2, #at(2026-11-01T00:00:00Z),
            #at(2026-11-10T00:00:00Z), #at(2026-11-10T00:00:00Z), NULL, '', NULL, 'coalesce'),
        (#id(45), #id(2), 'Lunch', '', '', 'event', #is(1), #is(0), 'UTC', '2026-12-01T12:00:00', '2026-12-01T13:00:00',
            #at(2026-12-01T12:00:00Z), #at(2026-12-01T13:00:00Z), 'unique', 'unique', 1, 1, #at(2026-11-01T00:00:00Z),
            #at(2026-11-01T00:00:00Z), NULL, NULL, '', NULL, 'coalesce');
    INSERT INTO overrides (schedule_id, recurrence_id, title, all_day, time_zone, start_wall, end_wall, start_at, end_at,
        start_resolution, end_resolution) VALUES
        (#id(42), '2026-11-24T09:30:00', 'Review', #is(0), 'Asia/Seoul', '2026-11-24T15:00:00', '2026-11-24T16:00:00',
            #at(2026-11-24T06:00:00Z), #at(2026-11-24T07:00:00Z), 'unique', 'unique');
    INSERT INTO reminders (id, schedule_id, position, before_seconds, relative_to, at, retired_at) VALUES
        (#id(51), #id(41), 0, 1800, 'start', NULL, NULL), (#id(52), #id(41), 1, NULL, NULL, #at(2026-11-30T03:00:00Z), NULL),
        (#id(53), #id(41), 2, 60, 'end', NULL, #at(2026-11-02T00:00:00Z)), (#id(54), #id(42), 0, 600, 'start', NULL, NULL);
    INSERT INTO alarms (id, owner_id, schedule_id, reminder_id, generation, nominal, due_at, state, reason, armed_at, fired_at, settled_at)
        VALUES
        (#id(61), #id(1), #id(41), #id(51), 2, '2026-12-01T09:00:00', #at(2026-11-30T23:30:00Z), 'PENDING', NULL,
            #at(2026-11-02T00:00:00Z), NULL, NULL),
        (#id(62), #id(1), #id(41), #id(52), 2, '2026-12-01T09:00:00', #at(2026-11-30T03:00:00Z), 'PENDING', NULL,
            #at(2026-11-02T00:00:00Z), NULL, NULL),
        (#id(63), #id(1), #id(41), #id(53), 1, '2026-12-01T09:00:00', #at(2026-12-01T00:59:00Z), 'SUPERSEDED', 'reminders_changed',
            #at(2026-11-01T00:00:00Z), NULL, #at(2026-11-02T00:00:00Z)),
        (#id(64), #id(1), #id(42), #id(54), 1, '2026-11-20T09:30:00', #at(2026-11-20T00:20:00Z), 'FIRED', NULL,
            #at(2026-11-19T00:20:00Z), #at(2026-11-20T00:20:00Z), #at(2026-11-20T00:20:00Z)),
        (#id(65), #id(1), #id(42), #id(54), 1, '2026-11-21T09:30:00', #at(2026-11-21T00:20:00Z), 'PENDING', NULL,
            #at(2026-11-20T00:20:00Z), NULL, NULL),
        (#id(66), #id(1), #id(42), #id(54), 1, '2026-11-24T09:30:00', #at(2026-11-24T05:50:00Z), 'PENDING', NULL,
            #at(2026-11-03T00:00:00Z), NULL, NULL);
    INSERT INTO progress (schedule_id, recurrence_id, owner_id, state, run, since, worked_seconds, entries) VALUES
        (#id(43), '', #id(1), 'COMPLETED', 2, #at(2026-11-18T15:10:00Z), 4200, 4),
        (#id(42), '2026-11-20T09:30:00', #id(1), 'IN_PROGRESS', 1, #at(2026-11-20T00:31:00Z), 0, 1);
    INSERT INTO ledger (schedule_id, recurrence_id, seq, owner_id, run, action, at, recorded_at) VALUES
        (#id(43), '', 1, #id(1), 1, 'start', #at(2026-11-18T13:00:00Z), #at(2026-11-18T13:00:01Z)),
        (#id(43), '', 2, #id(1), 1, 'cancel', #at(2026-11-18T13:10:00Z), #at(2026-11-18T13:10:00Z)),
        (#id(43), '', 3, #id(1), 2, 'start', #at(2026-11-18T14:00:00Z), #at(2026-11-18T14:00:00Z)),
        (#id(43), '', 4, #id(1), 2, 'complete', #at(2026-11-18T15:10:00Z), #at(2026-11-18T15:10:00Z)),
        (#id(42), '2026-11-20T09:30:00', 1, #id(1), 1, 'start', #at(2026-11-20T00:31:00Z), #at(2026-11-20T00:31:00Z));
    INSERT INTO work_sessions (schedule_id, recurrence_id, opened_by, owner_id, run, started_at, ended_at, voided_at) VALUES
        (#id(43), '', 1, #id(1), 1, #at(2026-11-18T13:00:00Z), #at(2026-11-18T13:10:00Z), #at(2026-11-18T13:10:00Z)),
        (#id(43), '', 3, #id(1), 2, #at(2026-11-18T14:00:00Z), #at(2026-11-18T15:10:00Z), NULL),
        (#id(42), '2026-11-20T09:30:00', 1, #id(1), 1, #at(2026-11-20T00:31:00Z), NULL, NULL);
    INSERT INTO jobs (id, kind, key, payload, state, next_at, token, attempts, created_at) VALUES
        (#id(71), 'purge_trash', 'only', '{}', 'READY', #at(2026-11-20T01:00:00Z), 7, 0, #at(2026-01-01T00:00:00Z));
    INSERT INTO high_water (id, at) VALUES (1, #at(2026-11-20T00:31:00Z));
";

/// What a database of V20 held of rounds: two who waited for a product, one of whom was told, and a third who was passed over.
const OF_V20: &str = "
    INSERT INTO users (id, email, email_key, display_name, password_hash, role, time_zone, locale, default_lead_seconds, version,
        created_at, updated_at) VALUES
        (#id(1), 'Ada@example.org', 'ada@example.org', 'Ada', '*', 'administrator', 'Asia/Seoul', 'ko', 1800, 4,
            #at(2026-01-01T00:00:00Z), #at(2026-02-01T00:00:00Z));
    INSERT INTO products (id, owner_id, external_key, name, stock, round, next_seq, subscribers, version, created_at, updated_at) VALUES
        (#id(5), #id(1), 'lamp', 'Lamp', 3, 1, 4, 1, 1, #at(2026-01-01T00:00:00Z), #at(2026-01-01T00:00:00Z));
    INSERT INTO recipients (id, owner_id, external_id, version, created_at, updated_at) VALUES
        (#id(6), #id(1), 'c-1', 1, #at(2026-01-01T00:00:00Z), #at(2026-01-01T00:00:00Z)),
        (#id(7), #id(1), 'c-2', 1, #at(2026-01-01T00:00:00Z), #at(2026-01-01T00:00:00Z)),
        (#id(8), #id(1), 'c-3', 1, #at(2026-01-01T00:00:00Z), #at(2026-01-01T00:00:00Z));
    INSERT INTO product_subscriptions (product_id, recipient_id, seq, state, subscribed_at, notified_round, left_by) VALUES
        (#id(5), #id(6), 1, 'NOTIFIED', #at(2026-01-01T00:00:00Z), 1, NULL),
        (#id(5), #id(7), 2, 'LEFT', #at(2026-01-01T00:00:00Z), NULL, 'recipient'),
        (#id(5), #id(8), 3, 'ACTIVE', #at(2026-01-01T00:00:00Z), NULL, NULL);
    INSERT INTO campaign_rounds (product_id, round, state, cause, total, frozen, frozen_seq, freeze_until_seq, next_position, sent, skipped,
        last_position, strict, wake_at, progress_at, started_at, version) VALUES
        (#id(5), 1, 'IN_PROGRESS', 'asked', 3, #is(1), 3, 3, 3, 1, 1, 1, #is(0), #at(2026-11-20T00:00:00Z), #at(2026-11-20T00:00:00Z),
            #at(2026-11-20T00:00:00Z), 1);
    INSERT INTO campaign_recipients (product_id, round, position, recipient_id, state, token, attempts, started_at, settled_at, reason)
        VALUES
        (#id(5), 1, 1, #id(6), 'SENT', 7, 1, #at(2026-11-20T00:00:01Z), #at(2026-11-20T00:00:02Z), NULL),
        (#id(5), 1, 2, #id(7), 'SKIPPED', 7, 0, NULL, #at(2026-11-20T00:00:03Z), 'unsubscribed'),
        (#id(5), 1, 3, #id(8), 'WAITING', 0, 0, NULL, NULL, NULL);
";

fn uuid(number: u128) -> Uuid {
    Uuid::from_u128(0x0190_0000_0000_7000_8000_0000_0000_0000 + number)
}

fn at(text: &str) -> Instant {
    text.parse().expect("an instant")
}

fn wall(text: &str) -> WallTime {
    text.parse().expect("a wall time")
}

fn schedule(number: u128) -> ScheduleId {
    ScheduleId::from_uuid(uuid(number))
}

const fn hash(number: u8) -> [u8; 32] {
    [number; 32]
}

/// The rows of `text` as the engine of `open` writes them.
fn rows(open: &Open, text: &str) -> String {
    let is_sqlite = matches!(open, Open::Sqlite(_));
    let number = |text: &str| -> u8 { text.parse().expect("a number") };
    let hex = |text: &str| format!("{:02x}", number(text)).repeat(32);
    let mut parts = text.split('#');
    let mut sql = vec![parts.next().expect("a beginning").to_owned()];
    for part in parts {
        let (word, rest) = part.split_once('(').expect("an argument");
        let (argument, rest) = rest.split_once(')').expect("its end");
        sql.push(match (word, is_sqlite) {
            ("id", true) => format!("X'{}'", uuid(number(argument).into()).simple()),
            ("id", false) => format!("'{}'::uuid", uuid(number(argument).into())),
            ("at", true) => at(argument).as_micros().to_string(),
            ("at", false) => format!("'{argument}'::timestamptz"),
            ("is", true) => argument.to_owned(),
            ("is", false) => (argument == "1").to_string(),
            ("hash", true) => format!("X'{}'", hex(argument)),
            ("hash", false) => format!("'\\x{}'::bytea", hex(argument)),
            _ => panic!("no such word: {word}"),
        });
        sql.push(rest.to_owned());
    }
    sql.concat()
}

#[tokio::test]
async fn a_filled_database_of_v3_is_migrated_and_read() {
    on_both_databases(async |database| {
        scratch::migrate_to(database.open(), 3).await.expect("a database of V3");
        scratch::script(database.open(), &rows(database.open(), OF_V3)).await.expect("rows of V3");
        let store = Store::open(database.open(), testkit::seams()).await.expect("it opens");
        let applied = store.migrate().await.expect("it migrates");
        assert_eq!(applied.first().map(String::as_str), Some("V4__tasks"));
        let (ada, grace) = (UserId::from_uuid(uuid(1)), UserId::from_uuid(uuid(2)));
        people(&store, ada, grace).await;
        schedules(&store, ada).await;
        alarms_and_inbox(&store, ada).await;
        work(&store, ada).await;
        what_is_new(&store, ada, grace).await;
        store.close().await;
    })
    .await;
}

#[tokio::test]
async fn ledgers_and_lines_of_v20_are_what_they_were() {
    on_both_databases(async |database| {
        scratch::migrate_to(database.open(), 20).await.expect("a database of V20");
        scratch::script(database.open(), &rows(database.open(), OF_V20)).await.expect("rows of V20");
        let store = Store::open(database.open(), testkit::seams()).await.expect("it opens");
        let applied = store.migrate().await.expect("it migrates");
        assert_eq!(applied.first().map(String::as_str), Some("V21__written_out"));
        let product = ProductId::from_uuid(uuid(5));
        let lines = run(&store, move |tx| Box::pin(ledger::page(tx, (product, 1), 0, 9))).await;
        let lines: Vec<_> =
            lines.iter().map(|line| (line.external_id.as_str(), line.state, line.attempts, line.settled_at)).collect();
        let (told, passed) = (Some(at("2026-11-20T00:00:02Z")), Some(at("2026-11-20T00:00:03Z")));
        assert_eq!(
            lines,
            [("c-1", RowState::Sent, 1, told), ("c-2", RowState::Skipped, 0, passed), ("c-3", RowState::Waiting, 0, None)]
        );
        for (state, who) in [(Notified, "c-1"), (Left, "c-2"), (Active, "c-3")] {
            let page = run(&store, move |tx| Box::pin(subscriptions::page(tx, (product, state), 0, 9))).await;
            assert_eq!(page.iter().map(|found| found.external_id.as_str()).collect::<Vec<_>>(), [who]);
        }
        // A round still takes its ledger along, and a row that says nothing is refused.
        let forged = "UPDATE campaign_recipients SET state = 'NOWHERE'";
        assert!(scratch::script(database.open(), forged).await.is_err());
        scratch::script(database.open(), "DELETE FROM campaign_rounds").await.expect("it goes");
        assert_eq!(scratch::numbers(database.open(), "SELECT count(*) FROM campaign_recipients").await.expect("a count"), [0]);
        store.close().await;
    })
    .await;
}

async fn people(store: &Store, ada: UserId, grace: UserId) {
    run(store, move |tx| {
        Box::pin(async move {
            let (found, password) =
                identity::users::by_email(tx, &"ADA@example.org".parse().expect("an address")).await?.expect("Ada");
            assert_eq!((found.id, found.role, found.version, password.as_str()), (ada, Role::Administrator, 4, "*"));
            assert_eq!((found.time_zone.name(), found.rhythm.daily_goal_seconds), ("Asia/Seoul", 14_400));
            // What was added since is as for everybody who never said anything.
            let other = identity::users::find(tx, grace).await?.expect("Grace");
            assert_eq!((found.rhythm.quiet_hours, &found.rhythm.waking), (None, &other.rhythm.waking));
            let now = at("2026-11-20T00:40:00Z");
            let sessions = identity::sessions::live_of(tx, ada, now, 10).await?;
            assert_eq!(
                sessions.iter().map(|s| (s.id, s.user_agent.as_str())).collect::<Vec<_>>(),
                [(SessionId::from_uuid(uuid(11)), "a browser")]
            );
            let (whose, family) = identity::sessions::lock_family(tx, sessions[0].id).await?.expect("a family");
            assert_eq!((whose, family.newest), (ada, 2));
            let key = identity::api_keys::find(tx, &hash(12), now).await?.expect("a key");
            assert_eq!(key.id, ApiKeyId::from_uuid(uuid(12)));
            assert_eq!(identity::api_keys::of(tx, ada).await?[0].scopes, [Scope::SchedulesRead]);
            Ok(())
        })
    })
    .await;
}

async fn schedules(store: &Store, ada: UserId) {
    run(store, move |tx| {
        Box::pin(async move {
            let dentist = calendar::find(tx, ada, schedule(41)).await?.expect("the dentist");
            assert_eq!(
                (dentist.text.title.as_str(), dentist.text.location.as_str(), dentist.text.busy),
                ("Dentist", "Mapo", true)
            );
            assert_eq!((dentist.purpose, dentist.generation, dentist.version), (Purpose::Event, 2, 3));
            assert_eq!((dentist.labels.category, dentist.labels.tags.len()), (None, 0));
            assert_eq!(
                (dentist.span.start, dentist.span.start_at.instant),
                (wall("2026-12-01T09:00:00"), at("2026-12-01T00:00:00Z"))
            );
            let rules: Vec<_> = dentist.reminders.iter().map(|reminder| (reminder.id, reminder.rule)).collect();
            let reminder = |number| ReminderId::from_uuid(uuid(number));
            let absolute = ReminderRule::at(at("2026-11-30T03:00:00Z"));
            assert_eq!(rules, [(reminder(51), ReminderRule::before_start(1800)), (reminder(52), absolute)]);

            let series = calendar::find(tx, ada, schedule(42)).await?.expect("the series");
            let set = calendar::set_of(tx, series).await?;
            let own = &set.overrides[&wall("2026-11-24T09:30:00")];
            assert_eq!((own.title.as_deref(), own.reminders.as_ref()), (Some("Review"), None));
            let week = (at("2026-11-22T15:00:00Z"), at("2026-11-27T15:00:00Z"));
            let starts = set.overlapping(week, None, 10).into_iter().map(|o| o.schedule.span.start_at.instant.to_string());
            let expected = ["2026-11-23T00:30:00Z", "2026-11-24T06:00:00Z", "2026-11-26T00:30:00Z", "2026-11-27T00:30:00Z"];
            assert_eq!(starts.collect::<Vec<_>>(), expected, "one was put off, one taken out");
            assert_eq!(set.schedule.late.action.as_str(), "ring");
            assert_eq!(set.progress_of(Some(wall("2026-11-20T09:30:00"))).state, State::InProgress);

            let range = Range { from: at("2026-11-01T00:00:00Z"), to: at("2027-01-01T00:00:00Z"), after: None, limit: 10 };
            let (once, _) = calendar::pages::overlapping(tx, ada, range).await?;
            let once: Vec<_> = once.iter().map(|found| found.id).collect();
            assert_eq!(once, [schedule(43), schedule(41)]);
            let trash: Vec<_> = calendar::deleted(tx, ada, None, 10).await?.iter().map(|found| found.id).collect();
            assert_eq!(trash, [schedule(44)]);
            Ok(())
        })
    })
    .await;
}

async fn alarms_and_inbox(store: &Store, ada: UserId) {
    run(store, move |tx| {
        Box::pin(async move {
            let of = alarms::of_schedule(tx, ada, schedule(41), None, 10).await?;
            let states: Vec<_> = of.iter().map(|alarm| (alarm.state, alarm.deferred_until)).collect();
            assert_eq!(states, [(AlarmState::Pending, None), (AlarmState::Pending, None), (AlarmState::Superseded, None)]);
            assert_eq!(alarms::next_due(tx).await?, Some(at("2026-11-21T00:20:00Z")));
            let due = alarms::claim_due(tx, at("2026-11-30T23:30:00Z"), 10).await?;
            let due: Vec<_> = due.into_iter().map(|due| (due.title, due.repeats, due.quiet.is_some(), due.is_deadline)).collect();
            let plain = |title: &str, repeats| (title.to_owned(), repeats, false, false);
            let expected = [plain("Stand-up", true), plain("Stand-up", true), plain("Dentist", false), plain("Dentist", false)];
            assert_eq!(due, expected);

            assert_eq!(inbox::unread(tx, ada).await?.count, 1);
            let listing = Listing { shelf: Shelf::All, kind: None, before: None, limit: 10 };
            let shown = inbox::page(tx, ada, listing).await?;
            assert_eq!(shown.iter().map(|one| one.read_at.is_some()).collect::<Vec<_>>(), [false, true]);
            let extent = streams::extent(tx, ada.into()).await?.expect("a stream");
            assert_eq!((extent.head.seq, extent.low), (2, 2));
            let events = streams::page(tx, ada.into(), kernel::Position { epoch: 1, seq: 1 }, 10).await?;
            assert_eq!(events.iter().map(|event| event.kind.as_str()).collect::<Vec<_>>(), ["schedule.changed"]);
            let claimed = jobs::claim(tx, at("2026-11-20T01:00:00Z"), at("2026-11-20T01:02:00Z"), 10).await?;
            assert_eq!(claimed.iter().map(|job| (job.kind.as_str(), job.token)).collect::<Vec<_>>(), [("purge_trash", 8)]);
            assert_eq!(store::node::high_water(tx).await?, Some(at("2026-11-20T00:31:00Z")));
            Ok(())
        })
    })
    .await;
}

async fn work(store: &Store, ada: UserId) {
    run(store, move |tx| {
        Box::pin(async move {
            let standing = Item::occurrence(schedule(42), wall("2026-11-20T09:30:00"));
            let (running, since) = progress::running(tx, ada).await?.expect("it goes on");
            assert_eq!((running, since.since), (standing.clone(), Some(at("2026-11-20T00:31:00Z"))));
            let entries: Vec<_> = progress::ledger(tx, ada).await?.iter().map(|(_, entry)| entry.action).collect();
            assert_eq!(entries, [Action::Start, Action::Start, Action::Cancel, Action::Start, Action::Complete]);
            let sessions = progress::sessions(tx, ada).await?;
            let counted: Vec<_> = sessions.iter().map(|(_, session)| session.voided_at.is_none()).collect();
            assert_eq!(counted, [true, false, true]);
            let done = progress::all(tx, ada).await?.into_iter().find(|(item, _)| *item == Item::once(schedule(43)));
            let done = done.expect("it is done").1;
            assert_eq!((done.state, done.run, done.worked_seconds, done.entries), (State::Completed, 2, 4_200, 4));
            Ok(())
        })
    })
    .await;
}

/// What tables of later versions say of rows that were there before them.
async fn what_is_new(store: &Store, ada: UserId, grace: UserId) {
    run(store, move |tx| {
        Box::pin(async move {
            assert_eq!((holdings::schedules(tx, ada).await?, holdings::schedules(tx, grace).await?), (3, 1), "without the trash");
            assert_eq!(tasks::count(tx, ada, 10).await?, 0);
            assert_eq!(revision::current(tx, ada).await?.number, 0);
            assert_eq!(zones::recorded(tx).await?, None);
            // What is kept was derived as it would be today, so that no upgrade plans anything anew for nothing.
            let now = at("2026-11-20T00:40:00Z");
            let ids = zones::page(tx, None, now, 10).await?;
            assert_eq!(ids, [41, 42, 44, 45].map(schedule));
            let derived = zones::derived(tx, &ids).await?;
            for set in zones::sets(tx, &ids).await? {
                assert_eq!(set.moves(&derived[&set.schedule.id], now), None, "{}", set.schedule.text.title);
            }
            // What can be found is made afterwards, for what lies in the trash too.
            let backlog = search::backlog(tx, 10).await?;
            assert_eq!(backlog.iter().map(|(_, id)| *id).collect::<Vec<_>>(), [41, 42, 43, 44, 45].map(schedule));
            for (owner, id) in backlog {
                let found = calendar::lock(tx, owner, id).await?.expect("it is there");
                let set = calendar::set_of(tx, found).await?;
                search::put(tx, &set).await?;
                search::caught_up(tx, id).await?;
            }
            let range = Range { from: now, to: at("2027-01-01T00:00:00Z"), after: None, limit: 10 };
            let narrow = Narrow { query: Some(Query::parse("dent").expect("a query")), ..Narrow::default() };
            let found: Vec<_> = filtered::overlapping(tx, ada, range, &narrow).await?.iter().map(|found| found.id).collect();
            assert_eq!(found, [schedule(41)]);
            // And what changes now is counted as everything is.
            let mut dentist = calendar::lock(tx, ada, schedule(41)).await?.expect("the dentist");
            dentist.deleted_at = Some(now);
            let set = calendar::set_of(tx, dentist).await?;
            calendar::update(tx, &set).await?;
            assert_eq!(holdings::schedules(tx, ada).await?, 2);
            Ok(())
        })
    })
    .await;
}

#[tokio::test]
async fn a_migration_has_all_the_time_it_needs_and_what_comes_after_it_has_not() {
    let Some(database) = Database::postgres().await else { return };
    scratch::migrate_to(database.open(), 16).await.expect("an older schema");
    let limits = |statement: &str, lock: &str| {
        format!(
            "IF current_setting('statement_timeout') <> '{statement}' OR current_setting('lock_timeout') <> '{lock}' THEN
                 RAISE '% %', current_setting('statement_timeout'), current_setting('lock_timeout');
             END IF;"
        )
    };
    let watch = |table: &str, limits: &str| {
        format!(
            "CREATE FUNCTION watch_{table}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {limits} RETURN new; END $$;
             CREATE TRIGGER watch BEFORE INSERT ON {table} FOR EACH ROW EXECUTE FUNCTION watch_{table}();"
        )
    };
    let script = watch("refinery_schema_history", &limits("0", "0")) + &watch("users", &limits("30s", "10s"));
    scratch::script(database.open(), &script).await.expect("watched");
    let store = database.store().await;
    // By the connection that has migrated, too.
    inboxes::people(&store, 0..9).await;
    store.close().await;
}
