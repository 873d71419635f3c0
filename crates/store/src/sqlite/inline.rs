//! SQLite in memory, run on the caller's thread behind a layer of faults: the same group commit, without threads, so that a
//! seed decides everything that happens.

use std::sync::{Arc, Mutex, PoisonError};

use kernel::SleepFuture;
use rusqlite::Connection;

use super::{
    group::{self, GROUP_MAX, Job},
    readers::snapshot,
};
use crate::{StoreError, UseCase};

/// Where a fault may strike.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FaultPoint {
    /// Before the transaction begins.
    Begin,
    /// After all use cases of the group ran, before it commits.
    BeforeCommit,
    /// While it commits.
    Commit,
    /// After it committed, before anybody is told.
    AfterCommit,
    /// Before a read.
    Read,
}

/// What strikes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// Nothing.
    None,
    /// The database is busy: nothing happens, the caller is told so.
    Busy,
    /// The disk is full: nothing happens, the caller is told so.
    Full,
    /// The disk fails: SQLite answers with an I/O error, whatever became of what it was asked for.
    Io,
    /// The answer is lost: the caller is told "unknown". After [`FaultPoint::AfterCommit`] the writes are there all the same.
    Lost,
}

/// Decides about faults, from a seed.
pub trait Faults: Send + Sync + 'static {
    /// What strikes at `point` this time.
    fn strike(&self, point: FaultPoint) -> Fault;

    /// How long the database takes before it begins. Lets other tasks run, so groups of several use cases form.
    fn delay(&self) -> SleepFuture<'_>;
}

pub(crate) struct Inline {
    /// The disk, so to speak: it outlives the processes that use it.
    connection: Arc<Mutex<Connection>>,
    /// What this process was asked for and has not begun: it dies with the process.
    queue: Mutex<Vec<Job>>,
    faults: Arc<dyn Faults>,
}

impl Inline {
    pub(super) fn new(connection: Connection, faults: Arc<dyn Faults>) -> Self {
        Self { connection: Arc::new(Mutex::new(connection)), queue: Mutex::new(Vec::new()), faults }
    }

    /// The same database as another process sees it, or this one after a restart.
    pub(super) fn another(&self, faults: Arc<dyn Faults>) -> Self {
        Self { connection: Arc::clone(&self.connection), queue: Mutex::new(Vec::new()), faults }
    }

    /// Queues `job`, waits, and then runs whatever is queued by then as one group, `job` or not.
    pub(super) async fn write(&self, job: Job) -> Result<(), StoreError> {
        lock(&self.queue).push(job);
        self.faults.delay().await;
        let mut jobs = {
            let mut queue = lock(&self.queue);
            let count = queue.len().min(GROUP_MAX);
            queue.drain(..count).collect::<Vec<_>>()
        };
        if !jobs.is_empty() {
            let fate = self.settle(&mut lock(&self.connection), &mut jobs);
            group::answer(jobs, &fate);
        }
        Ok(())
    }

    fn settle(&self, connection: &mut Connection, jobs: &mut [Job]) -> Result<(), StoreError> {
        self.strike(FaultPoint::Begin)?;
        let ran = group::run(connection, jobs).and_then(|()| self.strike(FaultPoint::BeforeCommit));
        group::settle(connection, ran, |connection| {
            let failed = self.faults.strike(FaultPoint::Commit) == Fault::Io;
            group::commit(connection)?;
            if failed { Err(io_error()) } else { Ok(()) }
        })?;
        self.strike(FaultPoint::AfterCommit)
    }

    pub(super) fn read<C: UseCase>(&self, case: &C) -> Result<C::Out, C::Error> {
        self.strike(FaultPoint::Read)?;
        snapshot(&mut lock(&self.connection), case)
    }

    pub(super) fn administer<T>(&self, task: fn(&mut Connection) -> Result<T, StoreError>) -> Result<T, StoreError> {
        task(&mut lock(&self.connection))
    }

    fn strike(&self, point: FaultPoint) -> Result<(), StoreError> {
        match self.faults.strike(point) {
            Fault::None => Ok(()),
            Fault::Busy => Err(StoreError::Overloaded),
            Fault::Full => Err(StoreError::Full),
            Fault::Io => Err(io_error().into()),
            Fault::Lost => Err(StoreError::Unknown),
        }
    }
}

/// As SQLite reports a failed fsync.
fn io_error() -> rusqlite::Error {
    rusqlite::Error::SqliteFailure(rusqlite::ffi::Error::new(rusqlite::ffi::SQLITE_IOERR_FSYNC), None)
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
