//! Transactions that stand in each other's way on PostgreSQL. SQLite has one writer, so there they cannot.

use std::{sync::Arc, time::Duration};

use domain::{
    alarms::ReminderRule,
    calendar::{Moment, RecurrenceSet},
};
use kernel::{Clock as _, Instant, Zone};
use store::{
    Seams, Store, StoreError, alarms, calendar,
    scratch::{self, Session},
};
use testkit::{Database, START, SeededEntropy, TestClock};
use tokio::task::JoinHandle;

use crate::{
    agenda::{alarm, event, span},
    high_water::{Mark, Raise},
    inboxes::{person, run},
};

/// The store waits for a lock for ten seconds. Here it is a hundredth of a second, set by the table itself as a statement begins.
const HURRY: &str = "CREATE FUNCTION hurry() RETURNS trigger LANGUAGE plpgsql AS
     $$ BEGIN PERFORM set_config('lock_timeout', '10ms', true); RETURN NULL; END $$;
     CREATE TRIGGER hurry BEFORE INSERT ON high_water FOR EACH STATEMENT EXECUTE FUNCTION hurry();";

/// A store that waits by `clock`, and beside it a session that holds the row of the mark.
async fn held(database: &Database, clock: &TestClock) -> (Store, Session) {
    database.store().await.close().await;
    let seams = Seams { clock: Arc::new(clock.clone()), entropy: Arc::new(SeededEntropy::new(1)) };
    let store = Store::open(database.open(), seams).await.expect("opened");
    store.write(Raise(Instant::from_micros(1))).await.expect("written");
    let mut holder = Session::open(database.open()).await.expect("connected");
    holder.run(HURRY).await.expect("set");
    holder.run("BEGIN; SELECT * FROM high_water FOR UPDATE").await.expect("held");
    (store, holder)
}

/// The next wait of `writing`, over; `None` if it has ended instead.
async fn next_wait(clock: &TestClock, writing: &JoinHandle<Result<(), StoreError>>) -> Option<Duration> {
    while !writing.is_finished() {
        if let Some(wait) = clock.advance_to_next() {
            return Some(wait);
        }
        tokio::task::yield_now().await;
    }
    None
}

#[tokio::test]
async fn a_lock_that_somebody_holds_is_asked_for_again_until_it_is_free() {
    let Some(database) = Database::postgres().await else { return };
    let clock = TestClock::default();
    let (store, mut holder) = held(&database, &clock).await;
    let later = Instant::from_micros(2);
    let writing = tokio::spawn({
        let store = store.clone();
        async move { store.write(Raise(later)).await }
    });
    let mut waits = Vec::new();
    for most in [10, 20, 40, 80] {
        let wait = next_wait(&clock, &writing).await.expect("it waits");
        assert!(wait <= Duration::from_millis(most), "{wait:?}");
        waits.push(wait);
    }
    assert!(waits.iter().any(|&wait| wait != waits[0]), "left to chance: {waits:?}");
    holder.run("COMMIT").await.expect("let go");
    while next_wait(&clock, &writing).await.is_some() {}
    writing.await.expect("no panic").expect("written");
    assert_eq!(store.read(Mark).await.expect("read"), Some(later));
    store.close().await;
}

#[tokio::test]
async fn a_lock_that_is_never_free_is_given_up_after_fifteen_seconds_and_nothing_is_kept() {
    let Some(database) = Database::postgres().await else { return };
    let clock = TestClock::default();
    let (store, mut holder) = held(&database, &clock).await;
    let writing = tokio::spawn({
        let store = store.clone();
        async move { store.write(Raise(Instant::from_micros(2))).await }
    });
    while next_wait(&clock, &writing).await.is_some() {}
    assert!(matches!(writing.await.expect("no panic"), Err(StoreError::Overloaded)));
    // The next wait, of at most half a second, would have been longer than that.
    let waited = clock.monotonic();
    assert!((Duration::from_millis(14_500)..=Duration::from_secs(15)).contains(&waited), "{waited:?}");

    holder.run("COMMIT").await.expect("let go");
    assert_eq!(store.read(Mark).await.expect("read"), Some(Instant::from_micros(1)));
    store.write(Raise(Instant::from_micros(3))).await.expect("the connection works");
    store.close().await;
}

#[tokio::test]
async fn what_waits_for_the_end_of_quiet_hours_is_locked_schedule_by_schedule() {
    let Some(database) = Database::postgres().await else { return };
    let store = database.store().await;
    let ann = person(&store, 1).await;
    let hour = |minutes: u64| {
        let start = Moment::Instant(START + Duration::from_mins(minutes));
        event(ann, &SeededEntropy::new(minutes), span(&Zone::utc(), start, None), &[ReminderRule::before_start(0)])
    };
    // What is due first belongs to the schedule that is locked last.
    let mut both = [hour(20), hour(30)];
    both.sort_by_key(|schedule| schedule.id);
    for (schedule, minutes) in both.iter().zip([30, 20]) {
        let due_at = START + Duration::from_mins(minutes);
        let planned = alarm(schedule, &schedule.reminders[0], due_at, &SeededEntropy::new(minutes));
        let schedule = schedule.clone();
        run(&store, move |tx| {
            let (schedule, planned) = (schedule.clone(), planned.clone());
            Box::pin(async move {
                calendar::insert(tx, &RecurrenceSet::new(schedule, [])).await?;
                alarms::insert(tx, std::slice::from_ref(&planned)).await?;
                alarms::quiet::hold(tx, &[(planned.id, START + Duration::from_hours(1))]).await
            })
        })
        .await;
    }
    let [first, last] = both.map(|schedule| schedule.id.uuid());
    let lock = |id| format!("BEGIN; SELECT 1 FROM alarms WHERE schedule_id = '{id}' FOR UPDATE NOWAIT");
    let (mut one, mut other) = (Session::open(database.open()).await.expect("a session"), Session::open(database.open()).await);
    one.run(&lock(first)).await.expect("nobody holds it");
    let waiting = tokio::spawn({
        let store = store.clone();
        async move { run(&store, move |tx| Box::pin(alarms::quiet::hold_waiting(tx, ann, START))).await }
    });
    let waits = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'";
    while scratch::numbers(database.open(), waits).await.expect("a number")[0] == 0 {
        tokio::task::yield_now().await;
    }
    let other = other.as_mut().expect("a session");
    other.run(&lock(last)).await.expect("it waits for the first, and holds no other");
    for session in [&mut one, other] {
        session.run("COMMIT").await.expect("let go");
    }
    assert_eq!(waiting.await.expect("no panic"), 2);
    store.close().await;
}
