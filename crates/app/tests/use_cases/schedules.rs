//! Schedules and their alarms, on both engines: what is made, moved, deleted, restored, snoozed and dismissed rings as it should.

use std::{sync::Arc, time::Duration};

use app::{
    Once, alarms,
    calendar::{self, Expected, OnConflict, Range, Scope},
    domain::{
        alarms::{ReminderRule, Until},
        calendar::{Moment, Occurrence, Patch, RemindersDraft, Schedule},
    },
};
use testkit::on_both_engines;

use crate::world::{World, alarm_body, alarm_of, body, draft};

fn pending() -> (String, Option<String>) {
    ("PENDING".to_owned(), None)
}

fn ended(state: &str, reason: &str) -> (String, Option<String>) {
    (state.to_owned(), Some(reason.to_owned()))
}

fn fired() -> (String, Option<String>) {
    ("FIRED".to_owned(), None)
}

fn start_at(minutes: i64, world: &World) -> Patch {
    Patch { start: Some(Moment::Instant(world.at(minutes))), ..Patch::default() }
}

#[tokio::test]
async fn a_reminder_rings_once_at_its_time_and_never_before() {
    on_both_engines(async |store| {
        let world = World::new(store).await;
        let item = world.create(60, &[1_800]).await;
        assert_eq!(world.pass(29).await, 0);
        assert_eq!(world.pass(1).await, 1);
        assert_eq!(world.fire().await, 0);
        assert_eq!(world.alarms(item.id).await, [fired()]);
        let kinds: Vec<String> = world.events().await.into_iter().map(|(kind, _)| kind).collect();
        assert_eq!(kinds, ["schedule.changed", "notification.created", "unread.changed"]);
        let (_, data) = &world.events().await[1];
        assert!(data.contains("Stand-up") && data.contains(&item.id.to_string()), "{data}");
        assert_eq!(world.events().await[2].1, r#"{"count":1,"version":1}"#);
    })
    .await;
}

#[tokio::test]
async fn without_reminders_given_the_owners_lead_counts_and_an_empty_list_is_silence() {
    on_both_engines(async |store| {
        let world = World::new(store).await;
        let default = draft("Default", world.at(60), RemindersDraft::Default);
        let answer =
            calendar::create(&world.app, &world.ada, default, OnConflict::Reject, None, Arc::new(|s: &Schedule| body(&s.id)))
                .await;
        let item = world.made(&answer.expect("made")).await;
        assert_eq!(item.reminders[0].rule, ReminderRule::before_start(1_800));
        let silent = world.create(60, &[]).await;
        assert!(world.alarm_rows(silent.id).await.is_empty());
    })
    .await;
}

#[tokio::test]
async fn a_new_title_reaches_the_alarm_and_a_new_time_moves_it() {
    on_both_engines(async |store| {
        let world = World::new(store).await;
        let item = world.create(60, &[600, 1_200]).await;
        let renamed = world.patch(item.id, Patch { title: Some("Retro".to_owned()), ..Patch::default() }).await;
        assert_eq!((renamed.version, renamed.generation), (2, 1));
        let moved = world.patch(item.id, start_at(120, &world)).await;
        assert_eq!((moved.version, moved.generation), (3, 2));
        let gone = ended("SUPERSEDED", "rescheduled");
        assert_eq!(world.alarms(item.id).await, [gone.clone(), gone, pending(), pending()]);
        assert_eq!(world.pass(60).await, 0);
        assert_eq!(world.pass(60).await, 2);
        assert!(world.events().await.iter().any(|(kind, data)| kind == "notification.created" && data.contains("Retro")));
    })
    .await;
}

#[tokio::test]
async fn changing_reminders_touches_only_those_that_changed() {
    on_both_engines(async |store| {
        let world = World::new(store).await;
        let item = world.create(60, &[600, 1_200]).await;
        let rules = vec![ReminderRule::before_start(300), ReminderRule::before_start(600)];
        let changed = world.patch(item.id, Patch { reminders: Some(rules), ..Patch::default() }).await;
        assert_eq!(changed.reminders[1].id, item.reminders[0].id, "the same rule keeps its id");
        assert_eq!(changed.generation, 1);
        assert_eq!(world.alarms(item.id).await, [ended("SUPERSEDED", "reminders_changed"), pending(), pending()]);
    })
    .await;
}

#[tokio::test]
async fn deleting_cancels_and_restoring_plans_anew() {
    on_both_engines(async |store| {
        let world = World::new(store).await;
        let item = world.create(60, &[600]).await;
        calendar::delete(&world.app, &world.ada, item.id, Scope::All, Expected::Version(1)).await.expect("deleted");
        assert!(world.get(item.id).await.is_err());
        assert_eq!(world.pass(55).await, 0, "a cancelled alarm is silent");
        world.restore(item.id).await.expect("restored");
        assert_eq!(world.alarms(item.id).await, [ended("CANCELLED", "schedule_deleted"), ended("PENDING", "late_created")]);
        assert_eq!(world.fire().await, 1, "nobody was told and the item is still to come");
        let error = world.restore(item.id).await.expect_err("it is not in the trash");
        assert_eq!(error.code(), "schedule.not_deleted");
    })
    .await;
}

#[tokio::test]
async fn a_reminder_already_past_rings_at_once_or_is_recorded() {
    on_both_engines(async |store| {
        let world = World::new(store).await;
        let soon = world.create(5, &[1_800]).await;
        assert_eq!(world.fire().await, 1);
        let rows = world.alarm_rows(soon.id).await;
        assert_eq!(rows[0].lateness(), Some(Duration::ZERO), "late counts from when it was armed");
        let over = world.create(-5, &[0]).await;
        assert_eq!(world.alarms(over.id).await, [ended("SKIPPED", "already_past")]);
        assert_eq!(world.fire().await, 0);
        // It has rung for this item: moving the item a little does not ring a past time again.
        world.patch(soon.id, start_at(6, &world)).await;
        assert_eq!(world.alarms(soon.id).await, [ended("FIRED", "late_created"), ended("SKIPPED", "already_past")]);
    })
    .await;
}

#[tokio::test]
async fn a_snooze_rings_again_and_a_dismissal_ends_it() {
    on_both_engines(async |store| {
        let world = World::new(store).await;
        let item = world.create(60, &[0]).await;
        assert_eq!(world.pass(60).await, 1);
        let snooze = async |id, minutes| {
            let until = Until::For(Duration::from_mins(minutes));
            alarms::snooze(&world.app, &world.ada, (id, until), None, Arc::new(alarm_body)).await.map(|a| alarm_of(&a))
        };
        let rang = world.alarm_rows(item.id).await[0].id;
        let first = snooze(rang, 10).await.expect("snoozed");
        let second = snooze(rang, 20).await.expect("snoozed again: the first is replaced");
        assert_eq!(world.pass(10).await, 0);
        assert_eq!(world.pass(10).await, 1);
        assert_eq!(snooze(first, 5).await.expect_err("superseded").code(), "reminder.not_active");
        let third = snooze(second, 5).await.expect("a snooze can be snoozed");
        alarms::dismiss(&world.app, &world.ada, third, None, Arc::new(alarm_body)).await.expect("dismissed while pending");
        alarms::dismiss(&world.app, &world.ada, third, None, Arc::new(alarm_body)).await.expect("again changes nothing");
        alarms::dismiss(&world.app, &world.ada, second, None, Arc::new(alarm_body)).await.expect("already closed by the snooze");
        assert_eq!(world.pass(60).await, 0);
        let states = world.alarms(item.id).await;
        assert_eq!(states[1], ended("SUPERSEDED", "snoozed"));
        assert_eq!(states.last(), Some(&ended("CANCELLED", "dismissed")));
    })
    .await;
}

#[tokio::test]
async fn dismissing_what_was_put_off_ends_what_it_was_put_off_to() {
    on_both_engines(async |store| {
        let world = World::new(store).await;
        let item = world.create(60, &[0]).await;
        assert_eq!(world.pass(60).await, 1);
        let rang = world.alarm_rows(item.id).await[0].id;
        let until = Until::For(Duration::from_mins(10));
        alarms::snooze(&world.app, &world.ada, (rang, until), None, Arc::new(alarm_body)).await.expect("snoozed");
        for _ in 0..2 {
            alarms::dismiss(&world.app, &world.ada, rang, None, Arc::new(alarm_body)).await.expect("dismissed");
        }
        assert_eq!(world.pass(60).await, 0);
        assert_eq!(world.alarms(item.id).await.last(), Some(&ended("CANCELLED", "dismissed")));
    })
    .await;
}

#[tokio::test]
async fn somebody_elses_schedule_is_not_there() {
    on_both_engines(async |store| {
        let world = World::new(store).await;
        let item = world.create(60, &[600]).await;
        let alarm = world.alarm_rows(item.id).await[0].id;
        let (app, grace) = (&world.app, &world.grace);
        let shown = Arc::new(|o: &Occurrence| body(&o.schedule.id));
        let until = Until::For(Duration::from_mins(5));
        let codes = [
            calendar::get(app, grace, item.id, None).await.expect_err("get").code(),
            Box::pin(calendar::update(
                app,
                grace,
                (item.id, Scope::All, Expected::Any),
                Patch::default(),
                OnConflict::Reject,
                None,
                shown.clone(),
            ))
            .await
            .expect_err("patch")
            .code(),
            calendar::delete(app, grace, item.id, Scope::All, Expected::Any).await.expect_err("delete").code(),
            calendar::delete_many(app, grace, vec![item.id], None, Arc::new(|(): &()| body(&""))).await.expect_err("bulk").code(),
            calendar::restore(app, grace, item.id, OnConflict::Reject, None, shown).await.expect_err("restore").code(),
            alarms::of_schedule(app, grace, item.id, None, 1).await.expect_err("reminders").code(),
        ];
        assert_eq!(codes, ["schedule.not_found"; 6]);
        let error = alarms::snooze(app, grace, (alarm, until), None, Arc::new(alarm_body)).await.expect_err("snooze");
        assert_eq!(error.code(), "reminder.not_found");
        let error = alarms::dismiss(app, grace, alarm, None, Arc::new(alarm_body)).await.expect_err("dismiss");
        assert_eq!(error.code(), "reminder.not_found");
        assert_eq!(world.alarms(item.id).await, [pending()], "and nothing happened to it");
    })
    .await;
}

#[tokio::test]
async fn a_change_needs_the_version_it_was_made_on() {
    on_both_engines(async |store| {
        let world = World::new(store).await;
        let item = world.create(60, &[600]).await;
        let patch = || Patch { title: Some("New".to_owned()), ..Patch::default() };
        let code = |answer: Result<app::Answer, app::Error>| answer.err().map(|e| e.code());
        assert_eq!(code(world.try_patch(item.id, Expected::Unsaid, patch()).await), Some("schedule.version_required"));
        assert_eq!(code(world.try_patch(item.id, Expected::Version(7), patch()).await), Some("schedule.version_mismatch"));
        assert_eq!(code(world.try_patch(item.id, Expected::Version(1), patch()).await), None);
        let stale = calendar::delete(&world.app, &world.ada, item.id, Scope::All, Expected::Version(1)).await.expect_err("stale");
        assert_eq!(stale.code(), "schedule.version_mismatch");
    })
    .await;
}

#[tokio::test]
async fn deleting_several_is_all_or_nothing() {
    on_both_engines(async |store| {
        let world = World::new(store).await;
        let (a, b) = (world.create(60, &[0]).await.id, world.create(70, &[0]).await.id);
        calendar::delete(&world.app, &world.ada, b, Scope::All, Expected::Any).await.expect("deleted");
        let none = Arc::new(|(): &()| body(&""));
        let error = calendar::delete_many(&world.app, &world.ada, vec![a, b], None, none.clone()).await.expect_err("b is gone");
        assert_eq!(error.code(), "schedule.not_found");
        assert_eq!(world.alarms(a).await, [pending()]);
        calendar::delete_many(&world.app, &world.ada, vec![a, a], None, none).await.expect("deleted once");
        assert!(world.titles(0, 1_000).await.is_empty());
        let trash = calendar::list_deleted(&world.app, &world.ada, None, 50).await.expect("the trash");
        assert_eq!(trash.items.len(), 2);
    })
    .await;
}

#[tokio::test]
async fn a_range_finds_what_overlaps_it_and_pages_are_exact() {
    on_both_engines(async |store| {
        let world = World::new(store).await;
        for minutes in [0, 60, 120, 180] {
            world.create(minutes, &[]).await;
        }
        // Each lasts an hour: half-open ranges touch without overlapping.
        assert_eq!(world.titles(60, 120).await.len(), 1);
        assert_eq!(world.titles(59, 121).await.len(), 3);
        assert_eq!(world.titles(-60, 0).await.len(), 0);
        let (mut after, mut seen) = (None, Vec::new());
        loop {
            let range = Range { from: world.at(-1), to: world.at(1_000), after, limit: 3 };
            let page = calendar::list(&world.app, &world.ada, range).await.expect("a page");
            seen.extend(page.items.iter().map(|o| o.schedule.span.start_at.instant));
            after = page.next;
            if after.is_none() {
                break;
            }
        }
        assert_eq!(seen, [0, 60, 120, 180].map(|minutes| world.at(minutes)));
    })
    .await;
}

#[tokio::test]
async fn the_same_key_makes_one_schedule_and_another_body_is_refused() {
    on_both_engines(async |store| {
        let world = World::new(store).await;
        let once = |hash: u8| Once {
            principal: "ada".to_owned(),
            route: "POST /x".to_owned(),
            key: "k".to_owned(),
            request_hash: [hash; 32],
            sealed: false,
        };
        let first = world.try_create(60, &[0], Some(once(1))).await.expect("made");
        let again = world.try_create(60, &[0], Some(once(1))).await.expect("replayed");
        assert!(!first.replayed && again.replayed);
        assert_eq!(first.rendered, again.rendered);
        let error = world.try_create(60, &[0], Some(once(2))).await.expect_err("another body");
        assert_eq!(error.code(), "idempotency.other_request");
        assert_eq!(world.titles(0, 1_000).await.len(), 1);
        world.clock.advance(Duration::from_hours(25));
        let later = world.try_create(60 * 30, &[0], Some(once(2))).await.expect("the key is free again");
        assert!(!later.replayed);
    })
    .await;
}

#[tokio::test]
async fn twins_with_one_key_have_one_effect() {
    on_both_engines(async |store| {
        let world = World::new(store).await;
        let once = Once {
            principal: "ada".to_owned(),
            route: "POST /x".to_owned(),
            key: "k".to_owned(),
            request_hash: [1; 32],
            sealed: false,
        };
        let twins = (0..8).map(|_| world.try_create(60, &[0], Some(once.clone())));
        let answers = futures_util::future::join_all(twins).await;
        let fresh = answers.iter().filter(|a| a.as_ref().is_ok_and(|a| !a.replayed)).count();
        let refused = answers.iter().filter_map(|a| a.as_ref().err()).all(|e| e.code() == "idempotency.in_flight");
        assert!(fresh == 1 && refused, "{answers:?}");
        assert_eq!(world.titles(0, 1_000).await.len(), 1);
    })
    .await;
}

#[tokio::test]
async fn several_lanes_at_once_ring_every_alarm_once() {
    on_both_engines(async |store| {
        let world = World::new(store).await;
        for minutes in 1..=40 {
            world.create(minutes, &[0, 1]).await;
        }
        world.clock.advance(Duration::from_mins(50));
        let lanes = (0..6).map(|_| world.fire());
        let rang: usize = futures_util::future::join_all(lanes).await.into_iter().sum();
        let rest = world.fire().await;
        assert_eq!(rang + rest, 80);
        let told = world.events().await.iter().filter(|(kind, _)| kind == "notification.created").count();
        assert_eq!(told, 80);
    })
    .await;
}

#[tokio::test]
async fn editing_and_firing_at_once_leave_no_ghost_and_no_hole() {
    on_both_engines(async |store| {
        let world = World::new(store).await;
        let items: Vec<_> = futures_util::future::join_all((1..=30).map(|m| world.create(m, &[0]))).await;
        world.clock.advance(Duration::from_mins(40));
        let edits = items.iter().enumerate().map(async |(index, item)| {
            if index % 2 == 0 {
                world.patch(item.id, start_at(100, &world)).await;
            } else {
                calendar::delete(&world.app, &world.ada, item.id, Scope::All, Expected::Any).await.expect("deleted");
            }
        });
        let fires = futures_util::future::join_all((0..4).map(|_| world.fire()));
        futures_util::future::join(futures_util::future::join_all(edits), fires).await;
        world.fire().await;
        // Every first alarm either rang or was ended by the edit; and it was told exactly as often as it rang.
        let mut rang = 0;
        for (index, item) in items.iter().enumerate() {
            if index % 2 == 0 {
                let alarms = world.alarms(item.id).await;
                rang += usize::from(alarms[0] == fired());
                assert!(alarms[0] == fired() || alarms[0] == ended("SUPERSEDED", "rescheduled"), "{alarms:?}");
                assert_eq!(alarms[1], pending());
            }
        }
        let told = world.events().await.iter().filter(|(kind, _)| kind == "notification.created").count();
        assert!(told >= rang, "{told} told, {rang} rang");
        assert_eq!(world.pass(100).await, 15, "every moved one rings at its new time");
    })
    .await;
}

#[tokio::test]
async fn a_waiting_snooze_outlives_a_move_that_puts_nothing_in_its_place() {
    on_both_engines(async |store| {
        let world = World::new(store).await;
        let until = |minutes| Until::For(Duration::from_mins(minutes));
        // Rang 30 minutes before, and is to ring again in 20; then the start moves by five minutes, so that the reminder stays past.
        let item = world.create(40, &[1_800]).await;
        assert_eq!(world.pass(10).await, 1);
        let rang = world.alarm_rows(item.id).await[0].id;
        alarms::snooze(&world.app, &world.ada, (rang, until(20)), None, Arc::new(alarm_body)).await.expect("snoozed");
        world.patch(item.id, start_at(35, &world)).await;
        let states = world.alarms(item.id).await;
        assert_eq!(states, [ended("SKIPPED", "already_past"), fired(), ended("PENDING", "snoozed")]);
        assert_eq!(world.pass(20).await, 1, "nothing else would have told them");
        let (_, told) = world.events().await.into_iter().rfind(|(kind, _)| kind == "notification.created").expect("told");
        let now: Schedule = world.get(item.id).await.expect("there");
        assert!(told.contains(&format!(r#""occurrence":"{}""#, now.span.start)), "of the new time: {told}");

        // Moved so far that the reminder rings anew, the snooze gives way, and the history says so.
        let last = world.alarm_rows(item.id).await[2].id;
        alarms::snooze(&world.app, &world.ada, (last, until(20)), None, Arc::new(alarm_body)).await.expect("snoozed");
        world.patch(item.id, start_at(120, &world)).await;
        let states = world.alarms(item.id).await;
        assert_eq!(states[3..], [ended("SUPERSEDED", "rescheduled"), pending()]);
        assert_eq!(world.pass(60).await, 1, "at 90 minutes, and not at 50 as well");
    })
    .await;
}
