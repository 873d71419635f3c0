//! Series that move, are cut and live through a change of clocks: nothing that waits is lost, and nothing is told again.

use std::{sync::Arc, time::Duration};

use app::{
    alarms,
    calendar::{self, Expected, OnConflict, Scope},
    domain::{
        alarms::{Alarm, AlarmState, LateAction, LatePolicy, ReminderRule, Until},
        calendar::{Draft, Moment, Occurrence, Patch, RemindersDraft, RepeatDraft, Schedule},
        identity::{ProfileChange, QuietChange, User},
    },
    identity::{self, BasedOn},
};
use kernel::{Clock as _, Instant, ScheduleId, WallTime};
use testkit::on_both_engines;

use crate::world::{World, alarm_body, body, draft};

const DAY: i64 = 24 * 60;

fn wall(text: &str) -> WallTime {
    text.parse().expect("a wall time")
}

/// A quarter of an hour at `start` in `zone`, and as `repeat` says.
async fn series(world: &World, (zone, start): (&str, &str), repeat: RepeatDraft, lead: u32) -> ScheduleId {
    let reminders = RemindersDraft::Given(vec![ReminderRule::before_start(lead)]);
    let mut draft = Draft { repeat: Some(repeat), ..draft("Walk", world.app.now(), reminders) };
    draft.span.zone = zone.parse().expect("a zone");
    draft.span.start = Moment::Wall(wall(start));
    draft.span.duration = Some(Duration::from_mins(15));
    draft.late = LatePolicy { action: LateAction::Ring, ..LatePolicy::default() };
    let render = Arc::new(|s: &Schedule| body(&s.id));
    let answer = Box::pin(calendar::create(&world.app, &world.ada, draft, OnConflict::Allow, None, render)).await;
    world.made(&answer.expect("a series")).await.id
}

fn repeat(rrule: &str, rdates: &[&str]) -> RepeatDraft {
    let rdates = rdates.iter().map(|date| Moment::Wall(wall(date))).collect();
    RepeatDraft { rrule: rrule.to_owned(), rdates, exdates: Vec::new() }
}

/// Every day at noon in Seoul, where the world begins on 2026-11-20 at half past nine.
async fn daily(world: &World, lead: u32) -> ScheduleId {
    series(world, ("Asia/Seoul", "2026-11-20T12:00:00"), repeat("FREQ=DAILY", &[]), lead).await
}

async fn change(world: &World, id: ScheduleId, scope: Scope, patch: Patch) -> ScheduleId {
    let render = Arc::new(|o: &Occurrence| body(&o.schedule.id));
    let target = (id, scope, Expected::Any);
    let changed = Box::pin(calendar::update(&world.app, &world.ada, target, patch, OnConflict::Allow, None, render)).await;
    String::from_utf8(changed.expect("changed").rendered.body).expect("text").parse().expect("an id")
}

fn start_at(text: &str) -> Patch {
    Patch { start: Some(Moment::Wall(wall(text))), ..Patch::default() }
}

fn titled(title: &str) -> Patch {
    Patch { title: Some(title.to_owned()), ..Patch::default() }
}

/// Lets the clock show `at` and fires what is due by then, one after the other; answers for which occurrences.
async fn rung_by(world: &World, at: &str, ids: &[ScheduleId]) -> Vec<WallTime> {
    let at: Instant = at.parse().expect("an instant");
    world.clock.advance(at.since(world.clock.now()));
    rings(world, ids).await
}

async fn rings(world: &World, ids: &[ScheduleId]) -> Vec<WallTime> {
    let before = fired(world, ids).await;
    while world.fire().await > 0 {}
    let after = fired(world, ids).await;
    after.into_iter().filter(|alarm| before.iter().all(|other| other.id != alarm.id)).map(|alarm| alarm.nominal).collect()
}

async fn fired(world: &World, ids: &[ScheduleId]) -> Vec<Alarm> {
    let mut fired = Vec::new();
    for id in ids {
        fired.extend(world.alarm_rows(*id).await.into_iter().filter(|alarm| alarm.state == AlarmState::Fired));
    }
    fired
}

async fn waiting(world: &World, id: ScheduleId) -> Vec<(WallTime, i64, Instant)> {
    let rows = world.alarm_rows(id).await.into_iter().filter(|alarm| alarm.state == AlarmState::Pending);
    rows.map(|alarm| (alarm.nominal, alarm.snooze, alarm.due_at)).collect()
}

/// 02:06 is passed over by the clocks and becomes 03:06, which is after 03:03.
async fn in_the_gap(world: &World) -> ScheduleId {
    let before: Instant = "2027-03-14T06:55:00Z".parse().expect("an instant");
    world.clock.advance(before.since(world.clock.now()));
    let start = ("America/New_York", "2027-03-14T02:06:00");
    series(world, start, repeat("FREQ=DAILY;COUNT=1", &["2027-03-14T03:03:00"]), 0).await
}

#[tokio::test]
async fn an_occurrence_that_a_gap_moves_behind_a_later_one_rings_whatever_is_edited_in_between() {
    on_both_engines(async |store| {
        let world = World::new(store).await;
        let id = in_the_gap(&world).await;
        assert_eq!(rung_by(&world, "2027-03-14T07:03:00Z", &[id]).await, [wall("2027-03-14T03:03:00")]);
        change(&world, id, Scope::All, titled("Run")).await;
        assert_eq!(rung_by(&world, "2027-03-14T07:06:00Z", &[id]).await, [wall("2027-03-14T02:06:00")]);
    })
    .await;
}

#[tokio::test]
async fn a_series_is_cut_by_the_wall_also_where_a_gap_turns_the_order_round() {
    on_both_engines(async |store| {
        let world = World::new(store).await;
        let id = in_the_gap(&world).await;
        let later = wall("2027-03-14T03:03:00");
        calendar::delete(&world.app, &world.ada, id, Scope::Following(later), Expected::Any).await.expect("deleted");
        assert_eq!(rung_by(&world, "2027-03-14T07:06:00Z", &[id]).await, [wall("2027-03-14T02:06:00")]);
    })
    .await;
}

#[tokio::test]
async fn what_is_left_before_a_cut_begins_with_its_own_first_occurrence() {
    on_both_engines(async |store| {
        let world = World::new(store).await;
        let start = ("Asia/Seoul", "2026-11-22T12:00:00");
        let ids = [
            series(&world, start, repeat("FREQ=DAILY", &["2026-11-21T09:00:00"]), 0).await,
            series(&world, start, repeat("FREQ=DAILY", &["2026-11-21T09:00:00"]), 0).await,
        ];
        let from = Scope::Following(wall("2026-11-22T12:00:00"));
        assert_ne!(change(&world, ids[0], from, titled("Run")).await, ids[0]);
        calendar::delete(&world.app, &world.ada, ids[1], from, Expected::Any).await.expect("deleted");
        for id in ids {
            assert_eq!(world.get(id).await.expect("there").span.start, wall("2026-11-21T09:00:00"));
            // And so it moves by what it is told to.
            change(&world, id, Scope::All, start_at("2026-11-21T09:30:00")).await;
            assert_eq!(waiting(&world, id).await.len(), 1);
            assert_eq!(waiting(&world, id).await[0].0, wall("2026-11-21T09:30:00"));
        }
    })
    .await;
}

#[tokio::test]
async fn a_snooze_goes_along_with_its_occurrence_when_the_series_moves() {
    on_both_engines(async |store| {
        let world = World::new(store).await;
        let id = daily(&world, 0).await;
        assert_eq!(rung_by(&world, "2026-11-20T03:00:00Z", &[id]).await, [wall("2026-11-20T12:00:00")]);
        let rang = fired(&world, &[id]).await.remove(0);
        let until = Until::Instant(world.at(180));
        alarms::snooze(&world.app, &world.ada, (rang.id, until), None, Arc::new(alarm_body)).await.expect("snoozed");
        // Back and forth: another was called so before.
        for start in ["2026-11-19T11:50:00", "2026-11-20T11:50:00", "2026-11-20T12:00:00", "2026-11-20T11:45:00"] {
            change(&world, id, Scope::All, start_at(start)).await;
        }
        let waits = waiting(&world, id).await;
        assert_eq!(waits[0], (wall("2026-11-20T11:45:00"), 1, world.at(180)), "under its new name");
        assert_eq!(waits[1], (wall("2026-11-21T11:45:00"), 0, world.at(135 + DAY)));
        assert_eq!(rung_by(&world, "2026-11-20T03:30:00Z", &[id]).await, [wall("2026-11-20T11:45:00")]);
    })
    .await;
}

#[tokio::test]
async fn a_snooze_sleeps_on_while_other_occurrences_change() {
    on_both_engines(async |store| {
        let world = World::new(store).await;
        let id = daily(&world, 0).await;
        assert_eq!(rung_by(&world, "2026-11-20T03:00:00Z", &[id]).await, [wall("2026-11-20T12:00:00")]);
        let rang = fired(&world, &[id]).await.remove(0);
        // It is moved to the day after next, and then put off for half an hour all the same.
        let moved = wall("2026-11-20T12:00:00");
        change(&world, id, Scope::This(moved), start_at("2026-11-22T09:00:00")).await;
        let until = Until::Instant(world.at(180));
        alarms::snooze(&world.app, &world.ada, (rang.id, until), None, Arc::new(alarm_body)).await.expect("snoozed");
        change(&world, id, Scope::This(wall("2026-11-23T12:00:00")), start_at("2026-11-23T15:00:00")).await;
        let gone = Scope::This(wall("2026-11-21T12:00:00"));
        calendar::delete(&world.app, &world.ada, id, gone, Expected::Any).await.expect("deleted");
        assert_eq!(rung_by(&world, "2026-11-20T03:30:00Z", &[id]).await, [moved], "it rings as it was asked for");
        assert_eq!(rung_by(&world, "2026-11-22T00:00:00Z", &[id]).await, [moved], "and at its new time");
    })
    .await;
}

#[tokio::test]
async fn an_occurrence_that_gets_reminders_of_its_own_does_not_tell_again_what_it_told() {
    on_both_engines(async |store| {
        let world = World::new(store).await;
        let id = daily(&world, 3_600).await;
        let today = wall("2026-11-20T12:00:00");
        assert_eq!(rung_by(&world, "2026-11-20T02:00:00Z", &[id]).await, [today]);
        let rules = vec![ReminderRule::before_start(3_600), ReminderRule::before_start(600)];
        change(&world, id, Scope::This(today), Patch { reminders: Some(rules), ..Patch::default() }).await;
        assert_eq!(rings(&world, &[id]).await, []);
        assert_eq!(rung_by(&world, "2026-11-20T02:50:00Z", &[id]).await, [today]);
    })
    .await;
}

fn reminded(leads: &[u32]) -> Patch {
    Patch { reminders: Some(leads.iter().map(|lead| ReminderRule::before_start(*lead)).collect()), ..Patch::default() }
}

#[tokio::test]
async fn reminders_that_are_changed_and_changed_back_ring() {
    on_both_engines(async |store| {
        let world = World::new(store).await;
        let today = wall("2026-11-20T12:00:00");
        let mut ids = Vec::new();
        for scope in [Scope::All, Scope::Following(today), Scope::This(today)] {
            for meanwhile in [&[300][..], &[], &[240, 1_200]] {
                let id = daily(&world, 600).await;
                for leads in [meanwhile, &[600]] {
                    change(&world, id, scope, reminded(leads)).await;
                }
                ids.push(id);
            }
        }
        assert_eq!(rung_by(&world, "2026-11-20T02:50:00Z", &ids).await, vec![today; ids.len()]);
        assert_eq!(rung_by(&world, "2026-11-20T03:00:00Z", &ids).await, []);
    })
    .await;
}

#[tokio::test]
async fn what_was_dismissed_or_put_off_stays_so_when_its_occurrence_gets_one_more_reminder() {
    on_both_engines(async |store| {
        let world = World::new(store).await;
        let today = wall("2026-11-20T12:00:00");
        let ids = [daily(&world, 600).await, daily(&world, 600).await];
        let mut waits = Vec::new();
        for id in ids {
            waits.push(world.alarm_rows(id).await.remove(0).id);
        }
        alarms::dismiss(&world.app, &world.ada, waits[0], None, Arc::new(alarm_body)).await.expect("dismissed");
        let until = Until::Instant(world.at(145));
        alarms::snooze(&world.app, &world.ada, (waits[1], until), None, Arc::new(alarm_body)).await.expect("snoozed");
        for id in ids {
            change(&world, id, Scope::This(today), reminded(&[600, 1_200])).await;
        }
        assert_eq!(rung_by(&world, "2026-11-20T02:40:00Z", &ids).await, [today, today], "the new one");
        assert_eq!(rung_by(&world, "2026-11-20T02:50:00Z", &ids).await, []);
        assert_eq!(rung_by(&world, "2026-11-20T02:55:00Z", &ids).await, [today], "what was put off");
    })
    .await;
}

#[tokio::test]
async fn an_occurrence_that_is_reminded_of_like_the_rest_again_is_so() {
    on_both_engines(async |store| {
        let world = World::new(store).await;
        let id = daily(&world, 45).await;
        let which = wall("2026-11-21T12:00:00");
        for (lead, due) in [(3_629, "2026-11-21T01:59:31Z"), (45, "2026-11-21T02:59:15Z")] {
            let reminders = Some(vec![ReminderRule::before_start(lead)]);
            change(&world, id, Scope::This(which), Patch { reminders, ..Patch::default() }).await;
            let rung = rung_by(&world, "2026-11-20T02:59:15Z", &[id]).await;
            let waits = waiting(&world, id).await;
            assert!(waits.contains(&(which, 0, due.parse().expect("an instant"))), "{lead}: {rung:?}, {waits:?}");
            assert_eq!(waits.iter().filter(|(nominal, ..)| *nominal == which).count(), 1, "{waits:?}");
        }
    })
    .await;
}

#[tokio::test]
async fn what_is_said_of_all_that_follow_is_said_of_the_one_that_was_unlike_them() {
    on_both_engines(async |store| {
        let world = World::new(store).await;
        // As the first, and as one with others before it.
        for which in ["2026-11-20T12:00:00", "2026-11-22T12:00:00"].map(wall) {
            let id = daily(&world, 60).await;
            let own = Patch { reminders: Some(vec![ReminderRule::before_start(600)]), ..start_at("2026-11-25T15:00:00") };
            change(&world, id, Scope::This(which), own).await;
            // The rest is like that already: there is nothing to cut.
            let like_the_rest = Patch { reminders: Some(vec![ReminderRule::before_start(60)]), ..Patch::default() };
            assert_eq!(change(&world, id, Scope::Following(which), like_the_rest).await, id);
            let waits = waiting(&world, id).await;
            let of_it: Vec<_> = waits.iter().filter(|(nominal, ..)| *nominal == which).map(|(.., due)| due.to_string()).collect();
            assert_eq!(of_it, ["2026-11-25T05:59:00Z"]);
            // A length that all have anyway is a time: with it the occurrence is back in its place.
            let as_long = Patch { duration: Some(Duration::from_mins(15)), ..Patch::default() };
            assert_eq!(change(&world, id, Scope::Following(which), as_long).await, id);
            let waits = waiting(&world, id).await;
            assert!(waits.iter().all(|(.., due)| due.to_string() != "2026-11-25T05:59:00Z"), "{waits:?}");
        }
    })
    .await;
}

#[tokio::test]
async fn what_is_said_of_all_that_follow_in_vain_leaves_the_first_of_them_like_the_rest() {
    on_both_engines(async |store| {
        let world = World::new(store).await;
        let id = daily(&world, 60).await;
        let once: Instant = "2026-12-24T08:00:00Z".parse().expect("an instant");
        let both = vec![ReminderRule::before_start(60), ReminderRule::at(once)];
        change(&world, id, Scope::All, Patch { reminders: Some(both), ..Patch::default() }).await;
        // What rings once stays with the first part of a series that is cut: the rest has the other one already.
        let which = wall("2026-11-22T12:00:00");
        let rest = Patch { reminders: Some(vec![ReminderRule::before_start(60)]), ..Patch::default() };
        assert_eq!(change(&world, id, Scope::Following(which), rest).await, id);
        let sooner = vec![ReminderRule::before_start(120)];
        change(&world, id, Scope::All, Patch { reminders: Some(sooner), ..Patch::default() }).await;
        assert_eq!(rung_by(&world, "2026-11-22T02:58:00Z", &[id]).await.last(), Some(&which), "it follows its series");
    })
    .await;
}

#[tokio::test]
async fn what_rang_does_not_ring_again_because_a_clock_is_behind_the_one_it_rang_by() {
    on_both_engines(async |store| {
        let world = World::new(store).await;
        let [once, series] = [world.create(150, &[0]).await.id, daily(&world, 0).await];
        let noon: Instant = "2026-11-20T03:00:00Z".parse().expect("an instant");
        assert_eq!(rung_by(&world, "2026-11-20T03:00:00Z", &[once, series]).await.len(), 2);
        world.clock.jump_wall(noon - Duration::from_millis(650));
        let gone = Scope::This(wall("2026-11-22T12:00:00"));
        calendar::delete(&world.app, &world.ada, series, gone, Expected::Any).await.expect("deleted");
        change(&world, once, Scope::All, Patch { duration: Some(Duration::from_hours(2)), ..Patch::default() }).await;
        assert_eq!(rung_by(&world, "2026-11-20T03:00:00Z", &[once, series]).await, []);
        assert_eq!(rung_by(&world, "2026-11-21T03:00:00Z", &[series]).await, [wall("2026-11-21T12:00:00")]);
    })
    .await;
}

#[tokio::test]
async fn what_another_reminder_spoke_for_stays_silent_also_without_that_one() {
    on_both_engines(async |store| {
        let world = World::new(store).await;
        for repeat in [None, Some(repeat("FREQ=DAILY", &[]))] {
            let (repeats, base) = (repeat.is_some(), world.clock.now());
            let at = |minutes| base + Duration::from_mins(minutes);
            let rules = [3_600, 2_700].map(ReminderRule::before_start);
            let draft = Draft { repeat, ..draft("Soon", at(30), RemindersDraft::Given(rules.to_vec())) };
            let render = Arc::new(|s: &Schedule| body(&s.id));
            let made = Box::pin(calendar::create(&world.app, &world.ada, draft, OnConflict::Allow, None, render)).await;
            let id = world.made(&made.expect("a schedule")).await.id;
            assert_eq!(rings(&world, &[id]).await.len(), 1);
            let longer =
                Patch { duration: Some(Duration::from_hours(2)), reminders: Some(rules[..1].to_vec()), ..Patch::default() };
            change(&world, id, Scope::All, longer).await;
            assert_eq!(rings(&world, &[id]).await, [], "repeats: {repeats}");
            change(&world, id, Scope::All, Patch { start: Some(Moment::Instant(at(90))), ..Patch::default() }).await;
            world.clock.advance(Duration::from_mins(30));
            assert_eq!(rings(&world, &[id]).await.len(), 1, "for another time it rings, repeats: {repeats}");
        }
    })
    .await;
}

#[tokio::test]
async fn what_was_told_of_an_occurrence_is_not_told_again_when_its_series_moves_or_is_cut() {
    on_both_engines(async |store| {
        let world = World::new(store).await;
        // Two and a half days ahead: the 20th, 21st and 22nd are told at once.
        let id = daily(&world, 60 * 60 * 60).await;
        let told = |days: &[&str]| days.iter().map(|day| wall(&format!("2026-11-{day}T12:00:00"))).collect::<Vec<_>>();
        assert_eq!(rings(&world, &[id]).await, told(&["20", "21", "22"]));
        // A day later, that of the 22nd is still past; it is now the 23rd.
        change(&world, id, Scope::All, start_at("2026-11-21T12:00:00")).await;
        assert_eq!(rings(&world, &[id]).await, told(&[]));
        change(&world, id, Scope::All, start_at("2026-11-20T12:00:00")).await;
        let rest = change(&world, id, Scope::Following(wall("2026-11-22T12:00:00")), titled("Run")).await;
        assert_ne!(rest, id);
        assert_eq!(rings(&world, &[id, rest]).await, told(&[]));
        change(&world, rest, Scope::This(wall("2026-11-25T12:00:00")), start_at("2026-11-25T13:00:00")).await;
        assert_eq!(rings(&world, &[id, rest]).await, told(&[]), "nor by a later change of the rest");
    })
    .await;
}

#[tokio::test]
async fn what_was_told_is_passed_over_when_the_series_moves_and_catches_up() {
    on_both_engines(async |store| {
        let world = World::new(store).await;
        // Those of today have begun; a day and two hours ahead, that of tomorrow is told at once.
        let twice = repeat("FREQ=DAILY", &["2026-11-20T09:15:00"]);
        let id = series(&world, ("Asia/Seoul", "2026-11-20T09:20:00"), twice, 26 * 60 * 60).await;
        assert_eq!(rings(&world, &[id]).await, [wall("2026-11-21T09:20:00")]);
        // What was today is tomorrow: of 09:15 nobody was told, of 09:20 they were.
        change(&world, id, Scope::All, start_at("2026-11-21T09:20:00")).await;
        assert_eq!(rings(&world, &[id]).await, [wall("2026-11-21T09:15:00")]);
        assert_eq!(rung_by(&world, "2026-11-20T22:20:00Z", &[id]).await, [wall("2026-11-22T09:20:00")]);
    })
    .await;
}

#[tokio::test]
async fn a_series_made_in_quiet_hours_waits_with_all_that_is_late_in_it() {
    on_both_engines(async |store| {
        let world = World::new(store).await;
        let quiet_hours = QuietChange::During("09:30-11:00".parse().expect("quiet hours"));
        let change = ProfileChange { quiet_hours, ..ProfileChange::default() };
        let shown = Arc::new(|user: &User| body(&user.id));
        identity::change_profile(&world.app, &world.ada, Some(BasedOn::Any), change, None, shown).await.expect("a profile");
        world.clock.advance(Duration::from_secs(30));
        // Due at 09:29:30, 09:29:45 and 09:30: before they began, and half a minute ago. But nobody had asked by then.
        let dates = ["2026-11-20T11:00:45", "2026-11-20T11:01:00"];
        let start = ("Asia/Seoul", "2026-11-20T11:00:30");
        let id = series(&world, start, repeat("FREQ=DAILY;COUNT=1", &dates), 91 * 60).await;
        assert_eq!(rings(&world, &[id]).await, Vec::<WallTime>::new());
        assert_eq!(rung_by(&world, "2026-11-20T02:00:00Z", &[id]).await.len(), 3);
    })
    .await;
}
