//! "This and following" while something waits to ring: nothing that waits is lost, and nothing rings twice.

use std::{sync::Arc, time::Duration};

use app::{
    alarms,
    calendar::{self, Expected, OnConflict, Scope},
    domain::{
        alarms::{Alarm, AlarmState, ReminderRule, Until},
        calendar::{Draft, Moment, Occurrence, Patch, RemindersDraft, RepeatDraft, Schedule},
        identity::{ProfileChange, QuietChange, User},
    },
    identity::{self, BasedOn},
};
use kernel::{Clock as _, ScheduleId, WallTime};
use testkit::on_both_engines;

use crate::world::{World, alarm_body, alarm_of, body, draft};

const DAY: i64 = 24 * 60;

/// The world begins on 2026-11-20 at 09:30 in Seoul; a series of three hours each day at noon from that day on.
async fn daily(world: &World, lead: u32) -> ScheduleId {
    let repeat = RepeatDraft { rrule: "FREQ=DAILY".to_owned(), rdates: Vec::new(), exdates: Vec::new() };
    let reminders = RemindersDraft::Given(vec![ReminderRule::before_start(lead)]);
    let mut draft = Draft { repeat: Some(repeat), ..draft("Walk", world.at(150), reminders) };
    draft.span.duration = Some(Duration::from_hours(3));
    let render = Arc::new(|s: &Schedule| body(&s.id));
    let answer =
        Box::pin(calendar::create(&world.app, &world.ada, draft, OnConflict::Allow, None, render)).await.expect("a series");
    world.made(&answer).await.id
}

async fn quiet(world: &World, hours: &str) {
    let quiet_hours = QuietChange::During(hours.parse().expect("quiet hours"));
    let change = ProfileChange { quiet_hours, ..ProfileChange::default() };
    let shown = Arc::new(|user: &User| body(&user.id));
    identity::change_profile(&world.app, &world.ada, Some(BasedOn::Any), change, None, shown).await.expect("a profile");
}

fn noon(day: u8) -> WallTime {
    format!("2026-11-{day}T12:00:00").parse().expect("a wall time")
}

/// Changes the 21st and what follows; answers the new schedule.
async fn split(world: &World, id: ScheduleId, patch: Patch) -> ScheduleId {
    let render = Arc::new(|o: &Occurrence| body(&o.schedule.id));
    let scope = (id, Scope::Following(noon(21)), Expected::Any);
    let changed = Box::pin(calendar::update(&world.app, &world.ada, scope, patch, OnConflict::Allow, None, render)).await;
    String::from_utf8(changed.expect("a split").rendered.body).expect("text").parse().expect("an id")
}

fn renamed() -> Patch {
    Patch { title: Some("Run".to_owned()), ..Patch::default() }
}

async fn pass_to(world: &World, minutes: i64) -> usize {
    world.clock.advance(world.at(minutes).since(world.clock.now()));
    world.fire().await
}

async fn waiting(world: &World, id: ScheduleId) -> Vec<Alarm> {
    let mut rows = world.alarm_rows(id).await;
    rows.retain(|alarm| alarm.state == AlarmState::Pending);
    rows
}

fn names(alarms: &[Alarm]) -> Vec<WallTime> {
    alarms.iter().map(|alarm| alarm.nominal).collect()
}

async fn snoozed(world: &World, alarm: &Alarm, minutes: i64) {
    let until = Until::Instant(world.at(minutes));
    let answer = alarms::snooze(&world.app, &world.ada, (alarm.id, until), None, Arc::new(alarm_body)).await.expect("snoozed");
    assert_ne!(alarm_of(&answer), alarm.id);
}

#[tokio::test]
async fn what_waits_for_the_end_of_quiet_hours_waits_in_the_new_series() {
    on_both_engines(async |store| {
        let world = World::new(store).await;
        quiet(&world, "11:00-13:00").await;
        let id = daily(&world, 0).await;
        for minutes in [150, 210, DAY + 150] {
            assert_eq!(pass_to(&world, minutes).await, 1);
        }
        let held = waiting(&world, id).await;
        assert_eq!(names(&held), [noon(21), noon(22)]);
        let rest = split(&world, id, renamed()).await;
        assert_eq!(waiting(&world, id).await, []);
        let handed = waiting(&world, rest).await;
        let facts = |alarms: &[Alarm]| -> Vec<_> {
            alarms.iter().map(|a| (a.id, a.nominal, a.due_at, a.deferred_until, a.reason)).collect()
        };
        assert_eq!(facts(&handed), facts(&held), "the same alarms, of another schedule");
        assert_eq!(pass_to(&world, DAY + 209).await, 0);
        assert_eq!(pass_to(&world, DAY + 210).await, 1, "it rings when the quiet hours end");
        assert_eq!(names(&waiting(&world, rest).await), [noon(22)]);
        assert_eq!(pass_to(&world, 2 * DAY + 150).await, 1, "the next one waits in its turn");
        assert_eq!(names(&waiting(&world, rest).await), [noon(22), noon(23)]);
    })
    .await;
}

#[tokio::test]
async fn what_is_moved_by_a_split_waits_for_its_new_time_and_not_for_the_old_one() {
    on_both_engines(async |store| {
        let world = World::new(store).await;
        quiet(&world, "11:00-13:00").await;
        let id = daily(&world, 0).await;
        for minutes in [150, 210, DAY + 150] {
            assert_eq!(pass_to(&world, minutes).await, 1);
        }
        let three: WallTime = "2026-11-21T15:00:00".parse().expect("a wall time");
        let rest = split(&world, id, Patch { start: Some(Moment::Wall(three)), ..Patch::default() }).await;
        assert_eq!(names(&waiting(&world, rest).await), [three]);
        assert_eq!(waiting(&world, id).await, []);
        assert_eq!(pass_to(&world, DAY + 210).await, 0);
        assert_eq!(pass_to(&world, DAY + 330).await, 1);
    })
    .await;
}

/// A daily series that rang twice, and the second was put off for half an hour.
async fn daily_and_put_off(world: &World) -> ScheduleId {
    let id = daily(world, 0).await;
    pass_to(world, 150).await;
    assert_eq!(pass_to(world, DAY + 150).await, 1);
    let fired = world.alarm_rows(id).await.into_iter().find(|alarm| alarm.nominal == noon(21)).expect("it rang");
    snoozed(world, &fired, DAY + 180).await;
    id
}

#[tokio::test]
async fn a_snooze_rings_in_the_new_series() {
    on_both_engines(async |store| {
        let world = World::new(store).await;
        let id = daily_and_put_off(&world).await;
        let rest = split(&world, id, renamed()).await;
        assert_eq!(waiting(&world, id).await, []);
        let waits: Vec<_> = waiting(&world, rest).await.iter().map(|a| (a.nominal, a.snooze, a.due_at)).collect();
        assert_eq!(waits, [(noon(21), 1, world.at(DAY + 180)), (noon(22), 0, world.at(2 * DAY + 150))]);
        assert_eq!(pass_to(&world, DAY + 180).await, 1);
        let again = world.alarm_rows(rest).await.into_iter().find(|alarm| alarm.snooze == 1).expect("it rang");
        snoozed(&world, &again, DAY + 200).await;
        let later = split(&world, rest, Patch { duration: Some(Duration::from_hours(2)), ..Patch::default() }).await;
        assert_eq!(later, rest, "it begins with that day already");
        assert_eq!(pass_to(&world, DAY + 200).await, 1);
        assert_eq!(names(&waiting(&world, rest).await), [noon(22)]);
    })
    .await;
}

#[tokio::test]
async fn a_snooze_of_a_series_that_moves_with_the_split_rings_unless_something_takes_its_place() {
    on_both_engines(async |store| {
        let world = World::new(store).await;
        let id = daily_and_put_off(&world).await;
        let earlier: WallTime = "2026-11-21T11:00:00".parse().expect("a wall time");
        let rest = split(&world, id, Patch { start: Some(Moment::Wall(earlier)), ..Patch::default() }).await;
        let waits: Vec<_> = waiting(&world, rest).await.iter().map(|a| (a.nominal, a.snooze)).collect();
        assert_eq!(waits, [(earlier, 1), ("2026-11-22T11:00:00".parse().expect("a wall time"), 0)]);
        assert_eq!(pass_to(&world, DAY + 180).await, 1);
    })
    .await;
}

#[tokio::test]
async fn what_was_dismissed_stays_dismissed_and_what_is_planned_stays_planned() {
    on_both_engines(async |store| {
        let world = World::new(store).await;
        let id = daily(&world, 600).await;
        assert_eq!(pass_to(&world, 140).await, 1);
        let planned = waiting(&world, id).await;
        assert_eq!(names(&planned), [noon(21)]);
        let rest = split(&world, id, renamed()).await;
        let handed = waiting(&world, rest).await;
        assert_eq!((names(&handed), handed[0].id), (vec![noon(21)], planned[0].id));
        assert_eq!(waiting(&world, id).await, []);
        let other = daily(&world, 600).await;
        let first = waiting(&world, other).await.remove(0);
        alarms::dismiss(&world.app, &world.ada, first.id, None, Arc::new(alarm_body)).await.expect("dismissed");
        let second = waiting(&world, other).await.into_iter().find(|a| a.nominal == noon(21)).expect("the next");
        alarms::dismiss(&world.app, &world.ada, second.id, None, Arc::new(alarm_body)).await.expect("dismissed");
        let rest_of_other = split(&world, other, renamed()).await;
        assert_eq!(names(&waiting(&world, rest_of_other).await), [noon(22)]);
        assert_eq!(pass_to(&world, DAY + 140).await, 1, "only the one that was not dismissed");
    })
    .await;
}

#[tokio::test]
async fn what_is_late_already_rings_once_in_the_new_series() {
    on_both_engines(async |store| {
        let world = World::new(store).await;
        let id = daily(&world, 2 * 24 * 60 * 60).await;
        // The 20th and then the 21st are planned late: two days before them lie behind.
        assert_eq!(world.fire().await, 1);
        let late = waiting(&world, id).await;
        assert_eq!(names(&late), [noon(21)]);
        assert!(late[0].due_at < world.clock.now());
        let rest = split(&world, id, renamed()).await;
        let handed = waiting(&world, rest).await;
        assert_eq!((names(&handed), handed[0].id, handed[0].reason), (vec![noon(21)], late[0].id, late[0].reason));
        assert_eq!(world.fire().await, 1);
        assert_eq!(names(&waiting(&world, rest).await), [noon(22)]);
        assert_eq!(waiting(&world, id).await, []);
    })
    .await;
}
