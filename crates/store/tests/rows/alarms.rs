//! Schedules, reminders and alarms, on both engines.

use std::collections::BTreeMap;
use std::time::Duration;

use domain::{
    alarms::{Alarm, AlarmState, QuietHours, Reason, Reminder, ReminderRule},
    calendar::{Moment, RecurrenceSet, Schedule},
};
use kernel::{AlarmId, Cursor, Instant, ReminderId, ScheduleId, UserId, Zone};
use store::{Store, alarms, calendar, identity::users, scratch};
use testkit::{Database, START, SeededEntropy, on_both_engines};

use crate::{
    agenda::{alarm, event, span},
    inboxes::{person, run},
};

const MINUTE: Duration = Duration::from_mins(1);

/// A schedule of `owner` that lasts an hour from `start`, with two reminders.
fn schedule(owner: UserId, number: u64, start: Instant) -> Schedule {
    let zone = "Asia/Seoul".parse().expect("a zone");
    let rules = [ReminderRule::before_start(600), ReminderRule::at(start - MINUTE)];
    let hour = span(&zone, Moment::Instant(start), Some(60 * MINUTE));
    let mut schedule = event(owner, &SeededEntropy::new(number), hour, &rules);
    schedule.text.title = format!("item {number}");
    schedule.text.description = String::from("two\nlines");
    schedule.text.location = String::from("서울");
    schedule
}

/// One pending alarm for each reminder.
fn planned(schedule: &Schedule) -> Vec<Alarm> {
    let entropy = SeededEntropy::new(schedule.id.uuid().as_u64_pair().1);
    let due = |reminder: &Reminder| reminder.rule.due(schedule.span.start_at.instant, schedule.span.end_at.instant);
    let alarm = |reminder: &Reminder| alarm(schedule, reminder, due(reminder), &entropy);
    schedule.reminders.iter().map(alarm).collect()
}

async fn make(store: &Store, schedule: &Schedule) {
    let (schedule, alarms) = (schedule.clone(), planned(schedule));
    run(store, move |tx| {
        let (schedule, alarms) = (schedule.clone(), alarms.clone());
        Box::pin(async move {
            calendar::insert(tx, &RecurrenceSet::new(schedule, [])).await?;
            alarms::insert(tx, &alarms).await
        })
    })
    .await;
}

async fn update(store: &Store, schedule: &Schedule) {
    let schedule = schedule.clone();
    run(store, move |tx| {
        let schedule = schedule.clone();
        Box::pin(async move { calendar::update(tx, &RecurrenceSet::new(schedule, [])).await })
    })
    .await;
}

async fn of_schedule(store: &Store, schedule: &Schedule) -> Vec<Alarm> {
    let (owner, id) = (schedule.owner, schedule.id);
    run(store, move |tx| Box::pin(alarms::of_schedule(tx, owner, id, None, 100))).await
}

async fn find(store: &Store, owner: UserId, id: ScheduleId) -> Option<Schedule> {
    run(store, move |tx| Box::pin(calendar::find(tx, owner, id))).await
}

async fn fire(store: &Store, now: Instant, limit: u32) -> Vec<alarms::Due> {
    run(store, move |tx| {
        Box::pin(async move {
            let due = alarms::claim_due(tx, now, limit).await?;
            let ids: Vec<AlarmId> = due.iter().map(|alarm| alarm.id).collect();
            alarms::mark_fired(tx, &ids, now).await?;
            Ok(due)
        })
    })
    .await
}

fn states(alarms: &[Alarm]) -> Vec<AlarmState> {
    alarms.iter().map(|alarm| alarm.state).collect()
}

#[tokio::test]
async fn a_schedule_comes_back_as_it_was_written_and_only_to_its_owner() {
    on_both_engines(async |store| {
        let (ann, bob) = (person(&store, 1).await, person(&store, 2).await);
        let mut item = schedule(ann, 7, START + 60 * MINUTE);
        make(&store, &item).await;
        assert_eq!(find(&store, ann, item.id).await, Some(item.clone()));
        assert_eq!(find(&store, bob, item.id).await, None);
        let id = item.id;
        assert_eq!(run(&store, move |tx| Box::pin(calendar::lock(tx, bob, id))).await, None);
        let defaults = run(&store, move |tx| Box::pin(calendar::defaults(tx, ann))).await;
        assert_eq!(defaults, Some((Zone::utc(), 1800)));
        let nobody = UserId::mint(START, &SeededEntropy::new(99));
        assert_eq!(run(&store, move |tx| Box::pin(calendar::defaults(tx, nobody))).await, None);

        item.text.title = "moved".to_owned();
        item.version = 2;
        item.deleted_at = Some(START + MINUTE);
        update(&store, &item).await;
        assert_eq!(find(&store, ann, item.id).await, None, "it is in the trash");
        assert_eq!(run(&store, move |tx| Box::pin(calendar::lock(tx, ann, id))).await, Some(item.clone()));
        let trash = |before| run(&store, move |tx| Box::pin(calendar::deleted(tx, ann, before, 10)));
        assert_eq!(trash(None).await, [item.clone()]);
        assert_eq!(trash(Some(Cursor::new(START + MINUTE, id.uuid()))).await, []);
        let purge = |before| run(&store, move |tx| Box::pin(calendar::purge(tx, before, 10)));
        assert_eq!(purge(START + MINUTE).await, 0, "it was deleted then, not before");
        assert_eq!(purge(START + 2 * MINUTE).await, 1);
        assert_eq!(trash(None).await, []);
        assert_eq!(of_schedule(&store, &item).await, [], "its alarms went with it");
    })
    .await;
}

#[tokio::test]
async fn reminders_are_added_ordered_and_retired() {
    on_both_engines(async |store| {
        let ann = person(&store, 1).await;
        let mut item = schedule(ann, 7, START + 60 * MINUTE);
        make(&store, &item).await;
        let added = Reminder { id: ReminderId::mint(START, &SeededEntropy::new(3)), rule: ReminderRule::before_start(0) };
        let (id, gone) = (item.id, item.reminders[0].id);
        item.reminders = vec![added, item.reminders[1]];
        let order = item.reminders.clone();
        run(&store, move |tx| {
            let order = order.clone();
            Box::pin(async move {
                calendar::retire_reminders(tx, &[gone], START).await?;
                calendar::insert_reminders(tx, id, 0, &[added]).await?;
                calendar::order_reminders(tx, &order).await
            })
        })
        .await;
        assert_eq!(find(&store, ann, id).await, Some(item));
    })
    .await;
}

#[tokio::test]
async fn a_range_shows_what_overlaps_it_page_by_page() {
    on_both_engines(async |store| {
        let ann = person(&store, 1).await;
        let items: Vec<Schedule> = (0..5u32).map(|n| schedule(ann, 10 + u64::from(n), START + n * 60 * MINUTE)).collect();
        for item in &items {
            make(&store, item).await;
        }
        let overlapping = async |from: u32, to: u32, after: Option<Cursor>, limit: u32| {
            let range = calendar::Range { from: START + from * MINUTE, to: START + to * MINUTE, after, limit };
            let (once, _) = run(&store, move |tx| Box::pin(calendar::pages::overlapping(tx, ann, range))).await;
            once.into_iter().map(|item| item.id).collect::<Vec<_>>()
        };
        let ids: Vec<ScheduleId> = items.iter().map(|item| item.id).collect();
        assert_eq!(overlapping(60, 120, None, 10).await, ids[1..2], "what ends when the range begins is left out");
        assert_eq!(overlapping(59, 121, None, 10).await, ids[0..3]);
        let last = Cursor::new(items[1].span.start_at.instant, ids[1].uuid());
        assert_eq!(overlapping(0, 300, None, 2).await, ids[0..2]);
        assert_eq!(overlapping(0, 300, Some(last), 2).await, ids[2..4]);
    })
    .await;
}

#[tokio::test]
async fn alarms_fire_oldest_first_once_and_with_what_their_notification_says() {
    on_both_engines(async |store| {
        let ann = person(&store, 1).await;
        let (early, late) = (schedule(ann, 1, START + 20 * MINUTE), schedule(ann, 2, START + 25 * MINUTE));
        make(&store, &late).await;
        make(&store, &early).await;
        make_again(&store, &early).await;
        let next_due = || run(&store, |tx| Box::pin(alarms::next_due(tx)));
        assert_eq!(next_due().await, Some(START + 10 * MINUTE));
        assert!(fire(&store, START + 9 * MINUTE, 10).await.is_empty(), "nothing is due yet");

        let now = START + 15 * MINUTE;
        let backlog = run(&store, move |tx| Box::pin(alarms::backlog(tx, now, 10))).await;
        assert_eq!(backlog, (2, Some(START + 10 * MINUTE)));
        let first = fire(&store, now, 1).await.remove(0);
        assert_eq!((first.schedule, first.due_at), (early.id, START + 10 * MINUTE));
        assert_eq!((first.title.as_str(), first.location.as_str(), first.all_day), ("item 1", "서울", false));
        assert_eq!((first.zone.name(), first.start_at), ("Asia/Seoul", START + 20 * MINUTE));
        assert_eq!((first.locale.as_str(), first.nominal), ("en", early.span.start));
        assert_eq!(fire(&store, now, 10).await.len(), 1);
        assert_eq!(fire(&store, now, 10).await.len(), 0, "fired once is fired");
        assert_eq!(next_due().await, Some(START + 19 * MINUTE));
        let fired = of_schedule(&store, &early).await;
        assert_eq!(states(&fired), [AlarmState::Fired, AlarmState::Pending]);
        assert_eq!(fired[0].fired_at, Some(now));
        let id = early.id;
        let rung = run(&store, move |tx| Box::pin(alarms::rung(tx, id))).await;
        let told = alarms::Rung {
            reminder: early.reminders[0].id,
            nominal: early.span.start,
            generation: 1,
            due_at: rung[0].due_at,
            fired: true,
            passed_over: false,
        };
        assert_eq!(rung, [told]);
        let alarm = of_schedule(&store, &early).await.into_iter().find(|alarm| alarm.due_at == told.due_at).expect("it is there");
        let id = alarm.id;
        assert_eq!(run(&store, move |tx| Box::pin(alarms::by_id(tx, id))).await, Some(alarm));

        let range = (START, START + 20 * MINUTE);
        let listed: Vec<Alarm> = run(&store, move |tx| Box::pin(alarms::of_owner(tx, ann, range, None, 2))).await;
        let last = listed.last().map(|alarm| Cursor::new(alarm.due_at, alarm.id.uuid()));
        let rest: Vec<Alarm> = run(&store, move |tx| Box::pin(alarms::of_owner(tx, ann, range, last, 2))).await;
        assert_eq!((listed.len(), rest.len()), (2, 1), "the fourth is due outside of the range");
        assert_eq!(rest[0].due_at, START + 19 * MINUTE);
    })
    .await;
}

/// Plans the same facts under other ids, as a repeated transaction would.
async fn make_again(store: &Store, schedule: &Schedule) {
    let entropy = SeededEntropy::new(77);
    let alarms: Vec<Alarm> =
        planned(schedule).into_iter().map(|alarm| Alarm { id: AlarmId::mint(START, &entropy), ..alarm }).collect();
    run(store, move |tx| {
        let alarms = alarms.clone();
        Box::pin(async move { alarms::insert(tx, &alarms).await })
    })
    .await;
    assert_eq!(of_schedule(store, schedule).await.len(), 2, "the fact is planned already");
}

#[tokio::test]
async fn what_is_taken_back_does_not_fire_and_what_fired_is_not_taken_back() {
    on_both_engines(async |store| {
        let ann = person(&store, 1).await;
        let item = schedule(ann, 1, START + 20 * MINUTE);
        make(&store, &item).await;
        fire(&store, START + 10 * MINUTE, 10).await;
        let now = START + 11 * MINUTE;
        let (id, reminders) = (item.id, item.reminders.clone());
        let ended =
            run(&store, move |tx| Box::pin(alarms::settle_pending(tx, id, AlarmState::Cancelled, Reason::ScheduleDeleted, now)));
        assert_eq!(ended.await, 1);
        let after = of_schedule(&store, &item).await;
        assert_eq!(states(&after), [AlarmState::Fired, AlarmState::Cancelled]);
        assert_eq!(after[1].reason, Some(Reason::ScheduleDeleted));
        assert_eq!(fire(&store, START + 60 * MINUTE, 10).await.len(), 0);

        let other = schedule(ann, 2, START + 20 * MINUTE);
        make(&store, &other).await;
        let id = other.id;
        let waiting = run(&store, move |tx| Box::pin(alarms::pending(tx, id))).await;
        let gone = waiting.iter().find(|alarm| alarm.reminder == other.reminders[1].id).expect("it is pending").id;
        run(&store, move |tx| {
            Box::pin(async move { alarms::settle_each(tx, &[gone], AlarmState::Superseded, Reason::RemindersChanged, now).await })
        })
        .await;
        assert_eq!(states(&of_schedule(&store, &other).await), [AlarmState::Pending, AlarmState::Superseded]);
        assert_eq!(reminders.len(), 2);
    })
    .await;
}

#[tokio::test]
async fn what_waits_and_what_rang_is_handed_over_as_it_stands() {
    on_both_engines(async |store| {
        let ann = person(&store, 1).await;
        let (item, other) = (schedule(ann, 1, START + 20 * MINUTE), schedule(ann, 2, START + 300 * MINUTE));
        make(&store, &item).await;
        make(&store, &other).await;
        fire(&store, START + 10 * MINUTE, 10).await;
        let [rang, waits] = <[Alarm; 2]>::try_from(of_schedule(&store, &item).await).expect("two alarms");
        let nominal = Zone::utc().wall_at(START + 21 * MINUTE);
        let twin = other.reminders[0].id;
        let handed = |alarm: &Alarm| Alarm { schedule: other.id, reminder: twin, generation: 7, nominal, ..alarm.clone() };
        let both = [handed(&rang), Alarm { generation: 8, ..handed(&waits) }];
        let told = |of: &Schedule, from| {
            let id = of.id;
            run(&store, move |tx| Box::pin(alarms::handover::told(tx, id, from)))
        };
        assert_eq!(told(&item, rang.nominal).await, std::slice::from_ref(&rang), "what waits is not told yet");
        let later = item.span.zone.wall_at(START + 21 * MINUTE);
        assert_eq!(told(&item, later).await, [], "nor is anything of a later occurrence");
        let expected = both.clone();
        run(&store, move |tx| {
            let both = both.clone();
            Box::pin(async move { alarms::handover::hand_over(tx, &both).await })
        })
        .await;
        assert_eq!(of_schedule(&store, &item).await, []);
        let there = of_schedule(&store, &other).await;
        assert!(expected.iter().all(|alarm| there.contains(alarm)), "{there:?}");
        assert_eq!(told(&other, nominal).await.len(), 1);
    })
    .await;
}

#[tokio::test]
async fn one_alarm_is_locked_settled_snoozed_and_dismissed() {
    on_both_engines(async |store| {
        let (ann, bob) = (person(&store, 1).await, person(&store, 2).await);
        let item = schedule(ann, 1, START + 20 * MINUTE);
        make(&store, &item).await;
        let [first, second] = <[Alarm; 2]>::try_from(of_schedule(&store, &item).await).expect("two alarms");
        let (one, two) = (first.id, second.id);
        assert_eq!(run(&store, move |tx| Box::pin(alarms::schedule_of(tx, ann, one))).await, Some(item.id));
        assert_eq!(run(&store, move |tx| Box::pin(alarms::schedule_of(tx, bob, one))).await, None);
        assert_eq!(run(&store, move |tx| Box::pin(alarms::lock(tx, ann, one))).await, Some(first.clone()));
        assert_eq!(run(&store, move |tx| Box::pin(alarms::lock(tx, bob, one))).await, None);

        fire(&store, START + 10 * MINUTE, 10).await;
        let now = START + 11 * MINUTE;
        let state = (AlarmState::Superseded, Reason::Snoozed);
        run(&store, move |tx| Box::pin(alarms::settle(tx, one, state.0, state.1, now))).await;
        run(&store, move |tx| Box::pin(alarms::settle(tx, two, state.0, state.1, now))).await;
        assert_eq!(states(&of_schedule(&store, &item).await), [AlarmState::Fired, AlarmState::Superseded]);

        run(&store, move |tx| Box::pin(alarms::dismiss(tx, one, now))).await;
        run(&store, move |tx| Box::pin(alarms::dismiss(tx, one, now + MINUTE))).await;
        assert_eq!(of_schedule(&store, &item).await[0].dismissed_at, Some(now), "the first time counts");

        let snoozed =
            Alarm { id: AlarmId::mint(START, &SeededEntropy::new(5)), snooze: 1, due_at: now + MINUTE, ..first.clone() };
        run(&store, move |tx| {
            let snoozed = snoozed.clone();
            Box::pin(async move { alarms::insert(tx, &[snoozed]).await })
        })
        .await;
        let last = run(&store, move |tx| {
            let first = first.clone();
            Box::pin(async move { alarms::end_snoozes(tx, &first, AlarmState::Superseded, Reason::Snoozed, now).await })
        });
        assert_eq!(last.await, (1, 1), "how many, and the highest number there is");
        assert_eq!(fire(&store, now + 60 * MINUTE, 10).await.len(), 0);
    })
    .await;
}

#[tokio::test]
async fn what_rang_in_a_span_of_time_is_found_by_schedule() {
    on_both_engines(async |store| {
        let ann = person(&store, 1).await;
        let [item, other] = [1, 2].map(|n| schedule(ann, n, START + 20 * MINUTE));
        make(&store, &item).await;
        make(&store, &other).await;
        fire(&store, START + 10 * MINUTE, 10).await;
        let all = of_schedule(&store, &item).await;
        let (rang, waits) = (all[0].due_at, all[1].due_at);
        let rang_in = |after: Instant, until: Instant| {
            let after = BTreeMap::from([(item.id, after)]);
            run(&store, move |tx| {
                let after = after.clone();
                Box::pin(async move { alarms::past::rang(tx, &after, until).await })
            })
        };
        assert_eq!(rang_in(rang - MINUTE, waits).await, [(all[0].reminder, rang)]);
        assert_eq!(rang_in(rang, waits).await, [], "after that instant");
        assert_eq!(rang_in(rang - MINUTE, rang - MINUTE / 2).await, [], "until this one");
        let none = run(&store, move |tx| Box::pin(async move { alarms::past::rang(tx, &BTreeMap::new(), waits).await }));
        assert_eq!(none.await, []);
    })
    .await;
}

#[tokio::test]
async fn settled_alarms_are_forgotten_after_their_time_and_pending_ones_never() {
    on_both_engines(async |store| {
        let ann = person(&store, 1).await;
        let item = schedule(ann, 1, START + 20 * MINUTE);
        make(&store, &item).await;
        fire(&store, START + 10 * MINUTE, 10).await;
        let everything = AlarmId::from_uuid(kernel::ScheduleId::mint(Instant::EPOCH, &SeededEntropy::new(1)).uuid());
        let page = |before| run(&store, move |tx| Box::pin(alarms::past::settled_page(tx, everything, before, 10)));
        let (_, old) = page(START + 80 * MINUTE).await.expect("a page");
        assert_eq!(old, [], "the schedule ends then, and what rang for it is remembered until it is over");
        let (last, old) = page(START + 81 * MINUTE).await.expect("a page");
        assert_eq!(old.len(), 1);
        assert!(run(&store, move |tx| Box::pin(alarms::past::settled_page(tx, last, START + 81 * MINUTE, 10))).await.is_none());
        let all: Vec<AlarmId> = of_schedule(&store, &item).await.iter().map(|alarm| alarm.id).collect();
        let forgotten = run(&store, move |tx| {
            let all = all.clone();
            Box::pin(async move { alarms::past::forget(tx, &all).await })
        });
        assert_eq!(forgotten.await, 1);
        assert_eq!(states(&of_schedule(&store, &item).await), [AlarmState::Pending]);
    })
    .await;
}

#[tokio::test]
async fn a_waiting_snooze_is_told_from_what_was_planned() {
    on_both_engines(async |store| {
        let owner = person(&store, 1).await;
        let item = schedule(owner, 1, START + 60 * MINUTE);
        make(&store, &item).await;
        let id = item.id;
        let mut snooze = planned(&item)[0].clone();
        (snooze.id, snooze.snooze) = (AlarmId::mint(START, &SeededEntropy::new(77)), 1);
        let inserted = snooze.clone();
        run(&store, move |tx| {
            let alarms = [inserted.clone()];
            Box::pin(async move { alarms::insert(tx, &alarms).await })
        })
        .await;
        let (state, reason) = (AlarmState::Superseded, Reason::Rescheduled);
        let pending = || run(&store, move |tx| Box::pin(alarms::pending(tx, id)));
        let ended: Vec<_> = pending().await.iter().filter(|alarm| alarm.snooze == 0).map(|alarm| alarm.id).collect();
        run(&store, move |tx| {
            let ended = ended.clone();
            Box::pin(async move { alarms::settle_each(tx, &ended, state, reason, START).await })
        })
        .await;
        assert_eq!(pending().await, [snooze]);
    })
    .await;
}

#[tokio::test]
async fn what_is_restored_at_the_moment_of_a_purge_stays() {
    // On SQLite there is one writer: nobody restores at the moment of a purge.
    let Some(database) = Database::postgres().await else { return };
    let store = database.store().await;
    let owner = person(&store, 1).await;
    let (mut kept, mut gone) = (schedule(owner, 1, START + 60 * MINUTE), schedule(owner, 2, START + 60 * MINUTE));
    for item in [&mut kept, &mut gone] {
        make(&store, item).await;
        item.deleted_at = Some(START);
        update(&store, item).await;
    }
    let mut session = scratch::Session::open(database.open()).await.expect("a second connection");
    let restore = format!("BEGIN; UPDATE schedules SET deleted_at = NULL WHERE id = '{}'", kept.id.uuid());
    session.run(&restore).await.expect("it is being restored");
    let purge = || run(&store, |tx| Box::pin(calendar::purge(tx, START + MINUTE, 10)));
    assert_eq!(purge().await, 1, "the other one, and nobody waited");
    session.run("COMMIT").await.expect("it is restored");
    assert_eq!(purge().await, 0);
    assert!(find(&store, owner, kept.id).await.is_some());
    store.close().await;
}

#[tokio::test]
async fn an_alarm_that_cannot_be_read_is_found_by_its_id_and_set_aside_once() {
    on_both_engines(async |store| {
        let owner = person(&store, 1).await;
        let item = schedule(owner, 1, START + 60 * MINUTE);
        make(&store, &item).await;
        let now = START + 120 * MINUTE;
        let oldest = run(&store, move |tx| Box::pin(alarms::oldest_due(tx, now))).await.expect("an alarm is due");
        assert_eq!(oldest, of_schedule(&store, &item).await[0].id);
        let early = run(&store, move |tx| Box::pin(alarms::claim_one(tx, START, oldest))).await;
        assert!(early.is_none(), "it is not due yet");
        let claimed = run(&store, move |tx| Box::pin(alarms::claim_one(tx, now, oldest))).await;
        assert_eq!(claimed.map(|due| due.id), Some(oldest));

        let spoiled = run(&store, move |tx| Box::pin(scratch::poison_alarms(tx, owner))).await;
        assert_eq!(spoiled, 2);
        assert_eq!(run(&store, move |tx| Box::pin(alarms::oldest_due(tx, now))).await, Some(oldest));
        let aside = || run(&store, move |tx| Box::pin(alarms::set_aside(tx, oldest, Reason::RingingFailed, now)));
        assert_eq!((aside().await, aside().await), (true, false));
        assert_eq!(run(&store, |tx| Box::pin(alarms::count_set_aside(tx, 100))).await, 1);
        assert_eq!(run(&store, |tx| Box::pin(alarms::count_set_aside(tx, 0))).await, 0);
        // Whoever owns it sees it, with its due time for the occurrence that cannot be read.
        let shown = &of_schedule(&store, &item).await[0];
        assert_eq!((shown.state, shown.reason), (AlarmState::Failed, Some(Reason::RingingFailed)));
        assert_eq!(shown.nominal, Zone::utc().wall_at(shown.due_at));
    })
    .await;
}

/// Ann's own quiet hours, from 22:00 to 07:00 in her zone.
async fn quieten(store: &Store, owner: UserId) -> QuietHours {
    let hours: QuietHours = "22:00-07:00/friday".parse().expect("quiet hours");
    run(store, move |tx| {
        Box::pin(async move {
            let mut user = users::lock(tx, owner).await?.expect("she is there");
            user.rhythm.quiet_hours = Some(hours);
            users::update_profile(tx, &user).await
        })
    })
    .await;
    hours
}

#[tokio::test]
async fn an_alarm_that_waits_is_claimed_when_it_may_ring_and_then_in_the_order_it_was_due() {
    on_both_engines(async |store| {
        let (ann, bob) = (person(&store, 1).await, person(&store, 2).await);
        let hours = quieten(&store, ann).await;
        let mut rules = [ReminderRule::before_start(600), ReminderRule::at(START + 59 * MINUTE)];
        rules[1].critical = true;
        let hour = span(&Zone::utc(), Moment::Instant(START + 60 * MINUTE), Some(60 * MINUTE));
        let (mut item, other) = (event(ann, &SeededEntropy::new(1), hour, &rules), schedule(bob, 2, START + 60 * MINUTE));
        make(&store, &item).await;
        make(&store, &other).await;
        let reminders = [item.reminders[0].id, item.reminders[1].id];
        let critical = || run(&store, move |tx| Box::pin(async move { alarms::quiet::critical(tx, &reminders).await }));
        assert_eq!(critical().await, [reminders[1]]);
        let claim = |now| run(&store, move |tx| Box::pin(alarms::claim_due(tx, now, 10)));
        let due = claim(START + 60 * MINUTE).await;
        let quiet: Vec<_> =
            due.iter().map(|due| (due.owner, due.quiet.clone().map(|(hours, zone)| (hours, zone.to_string())))).collect();
        let hers = (ann, Some((hours, "UTC".to_owned())));
        assert_eq!(quiet, [hers.clone(), (bob, None), hers, (bob, None)]);
        assert_eq!((due[0].end_at, due[0].deferred_until), (START + 120 * MINUTE, None));

        // Hers wait, the later one not as long at first.
        let held: Vec<_> = due.iter().filter(|due| due.owner == ann).map(|due| due.id).collect();
        let held = <[AlarmId; 2]>::try_from(held).expect("two of hers");
        let pairs = [(held[0], START + 300 * MINUTE), (held[1], START + 200 * MINUTE)];
        run(&store, move |tx| Box::pin(async move { alarms::quiet::hold(tx, &pairs).await })).await;
        let shown = of_schedule(&store, &item).await;
        let waits: Vec<_> = shown.iter().map(|alarm| (alarm.state, alarm.reason, alarm.deferred_until)).collect();
        let wait = |minutes: u32| (AlarmState::Pending, Some(Reason::QuietHours), Some(START + minutes * MINUTE));
        assert_eq!(waits, [wait(300), wait(200)]);
        assert_eq!(claim(START + 60 * MINUTE).await.len(), 2, "only his");
        assert_eq!(fire(&store, START + 60 * MINUTE, 10).await.len(), 2);
        assert_eq!(run(&store, |tx| Box::pin(alarms::next_due(tx))).await, Some(START + 200 * MINUTE));
        let backlog = run(&store, |tx| Box::pin(alarms::backlog(tx, START + 250 * MINUTE, 10))).await;
        assert_eq!(backlog, (1, Some(START + 200 * MINUTE)));
        // Not earlier than they are due, whatever a clock has shown when they were claimed.
        assert_eq!(run(&store, move |tx| Box::pin(alarms::quiet::hold_waiting(tx, ann, START + MINUTE))).await, 2);
        assert!(claim(START + 49 * MINUTE).await.is_empty());
        assert_eq!(run(&store, |tx| Box::pin(alarms::next_due(tx))).await, Some(START + 50 * MINUTE));
        let at = START + 400 * MINUTE;
        for (owner, count) in [(bob, 0), (ann, 2)] {
            assert_eq!(run(&store, move |tx| Box::pin(alarms::quiet::hold_waiting(tx, owner, at))).await, count);
        }
        assert!(claim(at - MINUTE).await.is_empty());
        assert_eq!(run(&store, move |tx| Box::pin(alarms::oldest_due(tx, at))).await, Some(held[0]));
        assert!(run(&store, move |tx| Box::pin(alarms::claim_one(tx, at - MINUTE, held[0]))).await.is_none());
        let released: Vec<_> = claim(at).await.into_iter().map(|due| (due.id, due.late_after())).collect();
        assert_eq!(released, [(held[0], at), (held[1], at)], "as they were due");

        let people = [ann, bob];
        let hours_of = || run(&store, move |tx| Box::pin(async move { users::quiet_hours_of(tx, &people).await }));
        let mut found = hours_of().await;
        found.sort_by_key(|(user, ..)| *user);
        assert_eq!(found.iter().map(|(user, hours, _)| (*user, *hours)).collect::<Vec<_>>(), [(ann, Some(hours)), (bob, None)]);

        item.reminders[0].rule.critical = true;
        let order = item.reminders.clone();
        run(&store, move |tx| {
            let order = order.clone();
            Box::pin(async move { calendar::order_reminders(tx, &order).await })
        })
        .await;
        assert_eq!(critical().await.len(), 2);
        assert_eq!(find(&store, ann, item.id).await.map(|found| found.reminders), Some(item.reminders));
    })
    .await;
}

#[tokio::test]
async fn of_whoever_changes_their_quiet_hours_at_this_moment_nothing_is_read() {
    let Some(database) = Database::postgres().await else { return };
    let store = database.store().await;
    let ann = person(&store, 1).await;
    let (locked, held) = tokio::sync::oneshot::channel();
    let (done, wait) = tokio::sync::oneshot::channel();
    let locked = std::sync::Mutex::new(Some((locked, wait)));
    let locked = std::sync::Arc::new(locked);
    let writer = {
        let (store, locked) = (store.clone(), locked.clone());
        tokio::spawn(async move {
            run(&store, move |tx| {
                let (tell, wait) = locked.lock().expect("a lock").take().expect("once");
                Box::pin(async move {
                    users::lock(tx, ann).await?;
                    tell.send(()).expect("somebody listens");
                    wait.await.expect("told to go on");
                    Ok(())
                })
            })
            .await;
        })
    };
    held.await.expect("it is locked");
    let read = || run(&store, move |tx| Box::pin(async move { users::quiet_hours_of(tx, &[ann]).await }));
    assert!(read().await.is_empty());
    done.send(()).expect("it waits");
    writer.await.expect("it ends");
    assert_eq!(read().await.len(), 1);
}
