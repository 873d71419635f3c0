//! Quiet hours as use cases: what waits, in which order it is told, what is not told any more, and what nobody asked to wait.

use std::{sync::Arc, time::Duration};

use app::{
    alarms,
    calendar::{self, Expected, Scope},
    domain::{
        alarms::{Alarm, AlarmState, ReminderRule, Until},
        calendar::{
            Draft, Moment, Occurrence, Patch, RemindersDraft, RepeatDraft, Schedule,
            progress::{Action, Ask, Item},
        },
        identity::{ProfileChange, QuietChange, User},
    },
    identity::{self, BasedOn},
};
use kernel::{AlarmId, Clock as _, Instant, ScheduleId, Zone};
use testkit::on_both_engines;

use crate::world::{World, alarm_body, body, draft};

/// The world begins on Friday 2026-11-20 at 09:30 in Seoul, where Ada lives.
const EVENING: i64 = (22 * 60) - (9 * 60 + 30);
/// The end of the first night, in minutes from the start of the world.
const MORNING: i64 = EVENING + 9 * 60;

async fn change(world: &World, change: ProfileChange) {
    let shown = Arc::new(|user: &User| body(&user.id));
    identity::change_profile(&world.app, &world.ada, Some(BasedOn::Any), change, None, shown).await.expect("a profile");
}

async fn quiet(world: &World, hours: &str) {
    let quiet_hours = if hours == "-" { QuietChange::Never } else { QuietChange::During(hours.parse().expect("quiet hours")) };
    change(world, ProfileChange { quiet_hours, ..ProfileChange::default() }).await;
}

/// What was told to Ada, in order: the titles.
async fn told(world: &World) -> Vec<String> {
    let told = world.events().await.into_iter().filter(|(kind, _)| kind == "notification.created");
    told.map(|(_, data)| data.split("\"title\":\"").nth(1).and_then(|rest| rest.split('"').next()).expect("a title").to_owned())
        .collect()
}

async fn titled(world: &World, title: &str, minutes: i64, rule: ReminderRule) -> ScheduleId {
    let draft = draft(title, world.at(minutes), RemindersDraft::Given(vec![rule]));
    make(world, draft).await
}

async fn make(world: &World, draft: Draft) -> ScheduleId {
    let render = Arc::new(|s: &Schedule| body(&s.id));
    let answer = Box::pin(calendar::create(&world.app, &world.ada, draft, calendar::OnConflict::Allow, None, render))
        .await
        .expect("a schedule");
    world.made(&answer).await.id
}

/// The only alarm of a schedule that waits.
async fn waiting(world: &World, id: ScheduleId) -> Alarm {
    let mut rows = world.alarm_rows(id).await;
    rows.retain(|alarm| alarm.state == AlarmState::Pending);
    assert_eq!(rows.len(), 1, "{rows:?}");
    rows.remove(0)
}

async fn pass_to(world: &World, minutes: i64) -> usize {
    world.clock.advance(world.at(minutes).since(world.clock.now()));
    world.fire().await
}

fn standing(rows: &[Alarm]) -> Vec<(AlarmState, Option<&'static str>)> {
    rows.iter().map(|alarm| (alarm.state, alarm.reason.map(app::domain::alarms::Reason::as_str))).collect()
}

#[tokio::test]
async fn what_is_due_at_night_waits_for_the_morning_and_is_told_in_the_order_it_was_due() {
    on_both_engines(async |store| {
        let world = World::new(store).await;
        quiet(&world, "22:00-07:00").await;
        let late = titled(&world, "late", MORNING + 120, ReminderRule::at(world.at(EVENING + 180))).await;
        let early = titled(&world, "early", MORNING + 60, ReminderRule::at(world.at(EVENING + 60))).await;
        let critical = ReminderRule { critical: true, ..ReminderRule::at(world.at(EVENING + 90)) };
        titled(&world, "critical", MORNING + 60, critical).await;
        titled(&world, "morning", MORNING + 60, ReminderRule::at(world.at(MORNING))).await;
        let until = Some(world.at(MORNING));
        assert_eq!(waiting(&world, late).await.deferred_until, until, "the preview says so before it is due");
        assert_eq!(pass_to(&world, EVENING + 200).await, 3);
        assert_eq!(told(&world).await, ["critical"]);
        let held = waiting(&world, early).await;
        assert_eq!((held.deferred_until, held.reason.map(|r| r.to_string())), (until, Some("quiet_hours".to_owned())));
        assert_eq!(world.fire().await, 0, "it is looked at once");
        let next = app::alarms::backlog(&world.app).await.expect("a backlog");
        assert_eq!(next.due, 0, "what waits is not overdue");
        assert_eq!(world.events().await.iter().filter(|(_, data)| data.contains("\"deferred\"")).count(), 2);
        assert_eq!(pass_to(&world, MORNING).await, 3);
        assert_eq!(told(&world).await, ["critical", "early", "late", "morning"]);
        let fired = &world.alarm_rows(early).await[0];
        assert_eq!((fired.state, fired.lateness()), (AlarmState::Fired, Some(Duration::ZERO)), "waiting is not lateness");
        assert_eq!(fired.due_at, world.at(EVENING + 60));
    })
    .await;
}

#[tokio::test]
async fn what_is_over_in_the_morning_is_not_told_and_what_was_over_before_is() {
    on_both_engines(async |store| {
        let world = World::new(store).await;
        quiet(&world, "22:00-07:00").await;
        let night = titled(&world, "night", EVENING + 120, ReminderRule::before_start(600)).await;
        let dawn = titled(&world, "dawn", MORNING - 30, ReminderRule::before_start(600)).await;
        let after = titled(&world, "after", EVENING - 120, ReminderRule::at(world.at(EVENING + 60))).await;
        assert_eq!(pass_to(&world, MORNING - 1).await, 3);
        assert_eq!(pass_to(&world, MORNING).await, 3);
        let skipped = (AlarmState::Skipped, Some("over_during_quiet_hours"));
        assert_eq!(standing(&world.alarm_rows(night).await), [skipped]);
        let fired = (AlarmState::Fired, Some("quiet_hours"));
        assert_eq!(standing(&world.alarm_rows(dawn).await), [fired], "it goes on for half an hour");
        assert_eq!(standing(&world.alarm_rows(after).await), [fired], "whoever wants to be told afterwards is");
        assert_eq!(told(&world).await, ["after", "dawn"]);
    })
    .await;
}

#[tokio::test]
async fn a_series_goes_on_while_one_of_its_alarms_waits() {
    on_both_engines(async |store| {
        let world = World::new(store).await;
        quiet(&world, "22:00-07:00").await;
        // At 23:00, 01:00, 03:00, 05:00, 07:00 …, an hour each.
        let repeat = RepeatDraft { rrule: "FREQ=DAILY;BYHOUR=1,3,5,7,9,23".to_owned(), rdates: Vec::new(), exdates: Vec::new() };
        let reminders = RemindersDraft::Given(vec![ReminderRule::before_start(0)]);
        let id = make(&world, Draft { repeat: Some(repeat), ..draft("hourly", world.at(EVENING + 60), reminders) }).await;
        for hour in [60, 180, 300, 420] {
            assert_eq!(pass_to(&world, EVENING + hour).await, 1);
        }
        let states = |rows: &[Alarm]| rows.iter().map(|alarm| (alarm.state, alarm.deferred_until.is_some())).collect::<Vec<_>>();
        let held = (AlarmState::Pending, true);
        assert_eq!(states(&world.alarm_rows(id).await), [held, held, held, held, (AlarmState::Pending, false)]);
        // An edit neither rings what waits twice nor forgets what follows.
        world.patch(id, Patch { title: Some("again".to_owned()), ..Patch::default() }).await;
        let lead =
            Patch { reminders: Some(vec![ReminderRule::before_start(0), ReminderRule::before_start(60)]), ..Patch::default() };
        world.patch(id, lead).await;
        let mine: Vec<Alarm> = world.alarm_rows(id).await;
        assert_eq!(
            mine.iter().filter(|alarm| alarm.deferred_until.is_some() && alarm.due_at < world.at(MORNING - 60)).count(),
            4
        );
        assert_eq!(pass_to(&world, MORNING).await, 6, "four that waited, that of seven, and its new reminder which waited");
        let rang = world.alarm_rows(id).await.into_iter().filter(|alarm| alarm.state == AlarmState::Fired).count();
        assert_eq!(rang, 2, "the others are over");
        assert_eq!(pass_to(&world, MORNING + 120).await, 2, "and the chain goes on");
    })
    .await;
}

#[tokio::test]
async fn a_series_goes_on_when_its_next_alarm_is_taken_care_of_while_another_waits() {
    on_both_engines(async |store| {
        let world = World::new(store).await;
        quiet(&world, "22:00-07:00").await;
        let day = 24 * 60;
        let at_eleven = |title: &str| {
            let repeat = RepeatDraft { rrule: "FREQ=DAILY".to_owned(), rdates: Vec::new(), exdates: Vec::new() };
            let reminders = RemindersDraft::Given(vec![ReminderRule::before_start(0)]);
            let mut draft = Draft { repeat: Some(repeat), ..draft(title, world.at(EVENING + 60), reminders) };
            draft.span.duration = Some(Duration::from_hours(10));
            draft
        };
        let [dismissed, snoozed] = [make(&world, at_eleven("dismissed")).await, make(&world, at_eleven("snoozed")).await];
        assert_eq!(pass_to(&world, EVENING + 60).await, 2);
        let next = async |id| {
            let mut rows = world.alarm_rows(id).await;
            rows.retain(|alarm| alarm.state == AlarmState::Pending && alarm.due_at > world.clock.now());
            assert_eq!(rows.len(), 1, "{rows:?}");
            rows.remove(0)
        };
        let upcoming = alarms::of_schedule(&world.app, &world.ada, dismissed, None, 10).await.expect("alarms").1;
        assert_eq!(upcoming[0].1.due_at, world.at(EVENING + 60 + 2 * day), "the next one is among the alarms themselves");
        let which = next(dismissed).await.id;
        alarms::dismiss(&world.app, &world.ada, which, None, Arc::new(alarm_body)).await.expect("dismissed");
        let until = Until::Instant(world.at(MORNING + 60));
        let which = next(snoozed).await.id;
        alarms::snooze(&world.app, &world.ada, (which, until), None, Arc::new(alarm_body)).await.expect("snoozed");
        assert_eq!(next(dismissed).await.due_at, world.at(EVENING + 60 + 2 * day));
        assert_eq!(pass_to(&world, MORNING).await, 2, "what waited");
        assert_eq!(told(&world).await.len(), 2);
        assert_eq!(pass_to(&world, EVENING + 60 + 2 * day).await, 3, "the snooze, and both series go on");
    })
    .await;
}

#[tokio::test]
async fn other_quiet_hours_or_another_zone_decide_anew_about_what_waits() {
    on_both_engines(async |store| {
        let world = World::new(store).await;
        quiet(&world, "22:00-07:00").await;
        let id = titled(&world, "x", MORNING + 600, ReminderRule::at(world.at(EVENING + 60))).await;
        pass_to(&world, EVENING + 60).await;
        quiet(&world, "22:00-06:00").await;
        assert_eq!(waiting(&world, id).await.deferred_until, Some(world.at(MORNING - 60)));
        let zone = Some("Europe/Berlin".parse::<Zone>().expect("a zone"));
        change(&world, ProfileChange { time_zone: zone, ..ProfileChange::default() }).await;
        // There it is three in the afternoon.
        assert_eq!(waiting(&world, id).await.deferred_until, Some(world.clock.now()));
        assert_eq!(world.fire().await, 1);
        assert_eq!(told(&world).await, ["x"]);
        quiet(&world, "00:00-23:59").await;
        let id = titled(&world, "y", MORNING + 600, ReminderRule::at(world.at(EVENING + 61))).await;
        pass_to(&world, EVENING + 61).await;
        assert!(waiting(&world, id).await.deferred_until > Some(world.clock.now()));
        quiet(&world, "-").await;
        assert_eq!(world.fire().await, 1);
        assert_eq!(told(&world).await, ["x", "y"]);
    })
    .await;
}

#[tokio::test]
async fn a_snooze_into_the_night_rings_and_what_waits_can_be_dismissed_moved_and_done() {
    on_both_engines(async |store| {
        let world = World::new(store).await;
        quiet(&world, "22:00-07:00").await;
        let at = |minutes: i64| ReminderRule::at(world.at(minutes));
        let [snoozed, dismissed, moved, done, made_critical] = {
            let mut ids = Vec::new();
            for title in ["snoozed", "dismissed", "moved", "done", "critical"] {
                ids.push(titled(&world, title, MORNING + 60, at(EVENING + 60)).await);
            }
            <[ScheduleId; 5]>::try_from(ids).expect("five")
        };
        assert_eq!(pass_to(&world, EVENING + 60).await, 5);
        let id = |alarm: Alarm| -> AlarmId { alarm.id };
        let until = Until::Instant(world.at(EVENING + 120));
        let which = id(waiting(&world, snoozed).await);
        alarms::snooze(&world.app, &world.ada, (which, until), None, Arc::new(alarm_body)).await.expect("snoozed");
        let which = id(waiting(&world, dismissed).await);
        alarms::dismiss(&world.app, &world.ada, which, None, Arc::new(alarm_body)).await.expect("dismissed");
        let start = Some(Moment::Instant(world.at(MORNING + 90)));
        let rules = Some(vec![ReminderRule::before_start(600)]);
        world.patch(moved, Patch { start, reminders: rules, ..Patch::default() }).await;
        let ask = Ask { action: Action::Complete, at: None, auto_suspend: false };
        let render = Arc::new(|o: &Occurrence| body(&o.schedule.id));
        Box::pin(calendar::progress::act(
            &world.app,
            &world.ada,
            (Item::once(done), app::tasks::ForTask::default()),
            ask,
            None,
            render,
        ))
        .await
        .expect("done");
        let critical = ReminderRule { critical: true, ..at(EVENING + 60) };
        world.patch(made_critical, Patch { reminders: Some(vec![critical]), ..Patch::default() }).await;
        assert_eq!(world.fire().await, 1, "what has become critical rings at once");
        assert_eq!(pass_to(&world, EVENING + 120).await, 1, "its owner asked for that very instant");
        assert_eq!(told(&world).await, ["critical", "snoozed"]);
        assert_eq!(pass_to(&world, MORNING).await, 0);
        assert_eq!(pass_to(&world, MORNING + 80).await, 1);
        assert_eq!(told(&world).await, ["critical", "snoozed", "moved"]);
        let gone = titled(&world, "gone", MORNING + 2_000, at(EVENING + 24 * 60 + 60)).await;
        assert_eq!(pass_to(&world, EVENING + 24 * 60 + 60).await, 1);
        calendar::delete(&world.app, &world.ada, gone, Scope::All, Expected::Any).await.expect("deleted");
        assert_eq!(pass_to(&world, MORNING + 24 * 60).await, 0);
    })
    .await;
}

#[tokio::test]
async fn whoever_was_not_there_during_the_day_is_not_woken_at_night() {
    on_both_engines(async |store| {
        let world = World::new(store).await;
        quiet(&world, "22:00-07:00").await;
        let noon = titled(&world, "noon", MORNING + 4_000, ReminderRule::at(world.at(60))).await;
        titled(&world, "ten", MORNING + 600, ReminderRule::at(world.at(EVENING) - Duration::from_secs(1))).await;
        // Nothing ran in between.
        assert_eq!(pass_to(&world, EVENING).await, 2);
        assert_eq!(told(&world).await, ["ten"], "that was due a moment ago");
        assert_eq!(waiting(&world, noon).await.deferred_until, Some(world.at(MORNING)));
        // … and not in the morning either, but only in the next night.
        assert_eq!(pass_to(&world, EVENING + 24 * 60 + 5).await, 1);
        let again: Instant = world.at(MORNING + 24 * 60);
        assert_eq!(waiting(&world, noon).await.deferred_until, Some(again));
        assert_eq!(pass_to(&world, MORNING + 24 * 60).await, 1);
    })
    .await;
}
