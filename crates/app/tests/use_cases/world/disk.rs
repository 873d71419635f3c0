//! A store that counts what it is asked for, and of which one commit can be made to fail.

use std::sync::{
    Arc, Mutex,
    atomic::{AtomicUsize, Ordering::Relaxed},
};

use kernel::SleepFuture;
use store::{Fault, FaultPoint, Faults, Store};

use super::World;

/// What it counts, and what is to happen.
#[derive(Default)]
pub(crate) struct Disk {
    reads: AtomicUsize,
    commits: AtomicUsize,
    fails: Mutex<Option<(FaultPoint, Fault)>>,
}

impl Disk {
    /// A world on such a store.
    pub(crate) async fn world() -> (World, Arc<Self>) {
        let disk = Arc::new(Self::default());
        let store = Store::simulated(disk.clone()).expect("a store");
        store.migrate().await.expect("migrated");
        (World::new(store).await, disk)
    }

    /// The next time it comes there, this happens.
    pub(crate) fn fails_once(&self, at: FaultPoint, fault: Fault) {
        *self.fails.lock().expect("lock") = Some((at, fault));
    }

    /// Snapshots that were read.
    pub(crate) fn reads(&self) -> usize {
        self.reads.load(Relaxed)
    }

    /// Groups of transactions that were committed.
    pub(crate) fn commits(&self) -> usize {
        self.commits.load(Relaxed)
    }
}

impl Faults for Disk {
    fn strike(&self, point: FaultPoint) -> Fault {
        match point {
            FaultPoint::Read => self.reads.fetch_add(1, Relaxed),
            FaultPoint::Commit => self.commits.fetch_add(1, Relaxed),
            _ => 0,
        };
        let mut fails = self.fails.lock().expect("lock");
        fails.take_if(|(at, _)| *at == point).map_or(Fault::None, |(_, fault)| fault)
    }

    /// Long enough for others to come.
    fn delay(&self) -> SleepFuture<'_> {
        Box::pin(tokio::task::yield_now())
    }
}
