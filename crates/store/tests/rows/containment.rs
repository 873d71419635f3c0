//! What becomes of a use case that does not end as it should, and of those beside it, on both engines.

use std::sync::{
    Arc, Mutex,
    atomic::{AtomicUsize, Ordering},
};

use kernel::{Instant, SleepFuture};
use store::{Fault, FaultPoint, Faults, Open, Store, StoreError, Tx, UseCase, node};

use crate::high_water::{Mark, Raise};

const MARK: Instant = Instant::from_micros(7);

/// Panics after its first statement.
enum Panic {
    Reading,
    Writing,
}

impl UseCase for Panic {
    type Out = ();
    type Error = StoreError;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<(), StoreError> {
        match self {
            Self::Reading => drop(node::high_water(tx).await?),
            Self::Writing => node::raise_high_water(tx, MARK).await?,
        }
        panic!("on purpose");
    }
}

#[tokio::test]
async fn a_use_case_that_panics_is_rolled_back_alone_and_the_next_one_works() {
    testkit::on_both_databases(async |database| {
        database.store().await.close().await;
        let mut open = database.open().clone();
        if let Open::Postgres { pool, .. } = &mut open {
            // The next use case gets the very connection.
            *pool = 1;
        }
        let store = Store::open(&open, testkit::seams()).await.expect("opened");
        for _ in 0..3 {
            assert!(matches!(store.write(Panic::Writing).await, Err(StoreError::Panicked)));
            assert!(matches!(store.read(Panic::Reading).await, Err(StoreError::Panicked)));
            assert_eq!(store.read(Mark).await.expect("it answers"), None, "it was rolled back");
        }
        store.write(Raise(MARK)).await.expect("written");
        assert_eq!(store.read(Mark).await.expect("it answers"), Some(MARK));
        store.close().await;
    })
    .await;
}

/// Strikes once, at one point.
struct Once {
    point: FaultPoint,
    fault: Mutex<Fault>,
    struck: AtomicUsize,
}

impl Once {
    fn at(point: FaultPoint, fault: Fault) -> Arc<Self> {
        Arc::new(Self { point, fault: Mutex::new(fault), struck: AtomicUsize::new(0) })
    }
}

impl Faults for Once {
    fn strike(&self, point: FaultPoint) -> Fault {
        if point != self.point {
            return Fault::None;
        }
        self.struck.fetch_add(1, Ordering::Relaxed);
        std::mem::replace(&mut *self.fault.lock().expect("lock"), Fault::None)
    }

    fn delay(&self) -> SleepFuture<'_> {
        Box::pin(std::future::ready(()))
    }
}

#[tokio::test]
async fn a_disk_that_fails_while_committing_leaves_the_result_unknown() {
    let faults = Once::at(FaultPoint::Commit, Fault::Io);
    let store = Store::simulated(Arc::clone(&faults) as Arc<dyn Faults>).expect("a database");
    store.migrate().await.expect("migrated");
    let result = store.write(Raise(MARK)).await;
    assert_eq!(faults.struck.load(Ordering::Relaxed), 1);
    assert!(matches!(result, Err(StoreError::Unknown)), "it may have been kept: {result:?}");
    store.write(Raise(MARK)).await.expect("the writer goes on");
    assert_eq!(store.read(Mark).await.expect("it answers"), Some(MARK));
}

#[tokio::test]
async fn a_disk_that_fails_before_committing_keeps_nothing_and_says_so() {
    let store = Store::simulated(Once::at(FaultPoint::BeforeCommit, Fault::Io)).expect("a database");
    store.migrate().await.expect("migrated");
    let result = store.write(Raise(MARK)).await;
    assert!(matches!(&result, Err(StoreError::Unavailable(what)) if what.contains("I/O")), "{result:?}");
    assert_eq!(store.read(Mark).await.expect("it answers"), None);
}
