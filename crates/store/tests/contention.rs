//! Transactions that stand in each other's way on PostgreSQL. SQLite has one writer, so there they cannot.

mod high_water;

use std::{sync::Arc, time::Duration};

use high_water::{Mark, Raise};
use kernel::{Clock as _, Instant};
use store::{Seams, Store, StoreError, scratch::Session};
use testkit::{Database, SeededEntropy, TestClock};
use tokio::task::JoinHandle;

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
