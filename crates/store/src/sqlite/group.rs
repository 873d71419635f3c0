//! Group commit: many use cases, each in its own savepoint, share one transaction and so one fsync.

use std::panic::{AssertUnwindSafe, catch_unwind};

use rusqlite::Connection;
use tokio::sync::oneshot;

use crate::{StoreError, Tx, UseCase};

/// The most use cases that share one commit. Bounds how long the first of them waits for the last.
pub(super) const GROUP_MAX: usize = 512;

/// A use case on its way to the writer and back.
pub(super) type Job = Box<dyn Work>;

pub(super) trait Work: Send {
    /// Runs the use case once. Says whether what it wrote is to be kept.
    fn run(&mut self, connection: &mut Connection) -> bool;

    /// Tells the caller how it went, now that the group's fate is known.
    fn answer(self: Box<Self>, fate: Result<(), StoreError>);
}

type Result2<C> = Result<<C as UseCase>::Out, <C as UseCase>::Error>;

struct Pending<C: UseCase> {
    case: C,
    result: Option<Result2<C>>,
    sender: oneshot::Sender<Result2<C>>,
}

/// Wraps `case` for the writer; the receiver gets its answer after the commit.
pub(super) fn job<C: UseCase>(case: C) -> (Job, oneshot::Receiver<Result2<C>>) {
    let (sender, receiver) = oneshot::channel();
    (Box::new(Pending { case, result: None, sender }), receiver)
}

impl<C: UseCase> Work for Pending<C> {
    fn run(&mut self, connection: &mut Connection) -> bool {
        let result = contained(|| pollster::block_on(self.case.run(&mut Tx::sqlite(connection))));
        let kept = result.is_ok();
        self.result = Some(result);
        kept
    }

    fn answer(self: Box<Self>, fate: Result<(), StoreError>) {
        let result = match (fate, self.result) {
            // A refusal too may rest on what an earlier use case of the group wrote, and that is gone.
            (Err(error), _) => Err(error.into()),
            (Ok(()), Some(result)) => result,
            (Ok(()), None) => Err(StoreError::Closed.into()),
        };
        // The caller may have gone away; what was committed stays committed.
        let _ = self.sender.send(result);
    }
}

/// Turns a panic of a use case into an error, so that the thread of the only writer outlives it.
pub(super) fn contained<T, E: From<StoreError>>(run: impl FnOnce() -> Result<T, E>) -> Result<T, E> {
    catch_unwind(AssertUnwindSafe(run)).unwrap_or_else(|_| {
        tracing::error!("a use case panicked inside the store; it is rolled back alone");
        Err(StoreError::Panicked.into())
    })
}

/// Runs `jobs` in one transaction and leaves it open. The answer says whether it still stands.
///
/// While nothing is kept yet, a job needs no savepoint: if it refuses, the transaction begins anew. That is cheaper, and for a
/// job of thousands of statements by an order of magnitude: SQLite copies every page first touched within a savepoint aside,
/// and walks through the copies at the end of each statement that may fail half-way.
pub(super) fn run(connection: &mut Connection, jobs: &mut [Job]) -> Result<(), StoreError> {
    batch(connection, &["BEGIN IMMEDIATE"])?;
    let mut untouched = true;
    for job in jobs {
        if !untouched {
            batch(connection, &["SAVEPOINT job"])?;
        }
        let kept = job.run(connection);
        // A full disk or an I/O error makes SQLite roll back the whole transaction, not only the statement.
        if connection.is_autocommit() {
            return Err(StoreError::Full);
        }
        match (untouched, kept) {
            (true, true) => untouched = false,
            (true, false) => batch(connection, &["ROLLBACK", "BEGIN IMMEDIATE"])?,
            (false, true) => batch(connection, &["RELEASE job"])?,
            (false, false) => batch(connection, &["ROLLBACK TO job", "RELEASE job"])?,
        }
    }
    Ok(())
}

/// Commits what [`run`] left open, if it still stands; afterwards no transaction is open.
pub(super) fn commit(connection: &mut Connection, ran: Result<(), StoreError>) -> Result<(), StoreError> {
    let fate = ran.and_then(|()| batch(connection, &["COMMIT"]));
    if let Err(error) = &fate {
        tracing::error!(%error, "a group commit failed; nothing of it was kept");
        if !connection.is_autocommit() {
            let _ = batch(connection, &["ROLLBACK"]);
        }
    }
    fate
}

/// Tells everybody in the group how it went.
pub(super) fn answer(jobs: Vec<Job>, fate: &Result<(), StoreError>) {
    for job in jobs {
        job.answer(fate.clone());
    }
}

/// Runs statements that answer nothing. Prepared and cached, because each use case needs two of them.
fn batch(connection: &Connection, statements: &[&str]) -> Result<(), StoreError> {
    for statement in statements {
        connection.prepare_cached(statement)?.raw_execute()?;
    }
    Ok(())
}
