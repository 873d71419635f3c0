//! What one user has under way leaves room for everybody else, on both engines.

use std::{
    num::NonZeroUsize,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use kernel::UserId;
use store::{Store, StoreError, Tx, UseCase, node, on_behalf_of};
use tokio::{sync::Semaphore, task::JoinHandle};
use uuid::Uuid;

/// Transactions of one user at a time in these tests.
const TURNS: usize = 2;

fn user(number: u128) -> UserId {
    UserId::from_uuid(Uuid::from_u128(number))
}

/// What goes on in the store, and the gate that all of it waits at.
struct Watched {
    running: AtomicUsize,
    most: AtomicUsize,
    gate: Semaphore,
}

impl Watched {
    fn new() -> Arc<Self> {
        Arc::new(Self { running: AtomicUsize::new(0), most: AtomicUsize::new(0), gate: Semaphore::new(0) })
    }

    async fn until_running(&self, number: usize) {
        while self.running.load(Ordering::SeqCst) != number {
            tokio::task::yield_now().await;
        }
    }
}

/// Reads something, and goes on when the gate is open.
struct Slow(Arc<Watched>);

impl UseCase for Slow {
    type Out = ();
    type Error = StoreError;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<(), StoreError> {
        node::high_water(tx).await?;
        let running = self.0.running.fetch_add(1, Ordering::SeqCst) + 1;
        self.0.most.fetch_max(running, Ordering::SeqCst);
        let _through = self.0.gate.acquire().await;
        self.0.running.fetch_sub(1, Ordering::SeqCst);
        Ok(())
    }
}

/// As [`Slow`], without waiting.
struct Quick;

impl UseCase for Quick {
    type Out = ();
    type Error = StoreError;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<(), StoreError> {
        node::high_water(tx).await.map(drop)
    }
}

fn slow_reads(store: &Store, of: UserId, watched: &Arc<Watched>, number: usize) -> Vec<JoinHandle<Result<(), StoreError>>> {
    let one = || {
        let (store, case) = (store.clone(), Slow(Arc::clone(watched)));
        tokio::spawn(async move { on_behalf_of(of, store.read(case)).await })
    };
    std::iter::repeat_with(one).take(number).collect()
}

#[tokio::test]
async fn one_user_has_two_transactions_at_a_time_and_others_are_served_meanwhile() {
    testkit::on_both_engines(async |store| {
        let store = store.with_turns(NonZeroUsize::new(TURNS).expect("some"));
        let watched = Watched::new();
        let of_ada = slow_reads(&store, user(1), &watched, 30);
        watched.until_running(TURNS).await;
        for _ in 0..3 {
            on_behalf_of(user(2), store.read(Quick)).await.expect("a read of another user");
            on_behalf_of(user(2), store.write(Quick)).await.expect("a write of another user");
            store.read(Quick).await.expect("a read of nobody in particular");
        }
        assert!(of_ada.iter().all(|reading| !reading.is_finished()));
        watched.gate.add_permits(30);
        for reading in of_ada {
            reading.await.expect("no panic").expect("read, in the end");
        }
        assert_eq!(watched.most.load(Ordering::SeqCst), TURNS);
    })
    .await;
}

#[tokio::test]
async fn a_store_leaves_room_for_others_unless_somebody_chose_otherwise() {
    testkit::on_both_engines(async |store| {
        let watched = Watched::new();
        let of_ada = slow_reads(&store, user(1), &watched, 30);
        // A quarter of the eight connections that tests have, and two of the three threads that read.
        watched.until_running(2).await;
        on_behalf_of(user(2), store.read(Quick)).await.expect("a read of another user");
        watched.gate.add_permits(30);
        for reading in of_ada {
            reading.await.expect("no panic").expect("read, in the end");
        }
        assert_eq!(watched.most.load(Ordering::SeqCst), 2);
    })
    .await;
}

#[tokio::test]
async fn a_read_that_nobody_waits_for_keeps_its_turn_as_long_as_it_has_its_thread() {
    let database = testkit::Database::sqlite();
    let store = database.store().await;
    let watched = Watched::new();
    let given_up = slow_reads(&store, user(1), &watched, TURNS);
    watched.until_running(TURNS).await;
    for reading in given_up {
        reading.abort();
        assert!(reading.await.expect_err("given up").is_cancelled());
    }
    let waiting = slow_reads(&store, user(1), &watched, 1);
    on_behalf_of(user(2), store.read(Quick)).await.expect("there is a thread for another user");
    assert_eq!(watched.running.load(Ordering::SeqCst), TURNS);
    watched.gate.add_permits(TURNS + 1);
    for reading in waiting {
        reading.await.expect("no panic").expect("read");
    }
    assert_eq!(watched.most.load(Ordering::SeqCst), TURNS);
    store.close().await;
}
