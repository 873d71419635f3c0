//! Group commit: many use cases, each in its own savepoint, share one transaction and so one fsync.

use rusqlite::Connection;
use tokio::sync::oneshot;

use crate::{StoreError, Tx, UseCase, engine::contained};

/// The most use cases that share one commit. Bounds how long the first of them waits for the last.
pub(super) const GROUP_MAX: usize = 512;

/// A use case on its way to the writer and back.
pub(super) type Job = Box<dyn Work>;

pub(super) trait Work: Send {
    /// Runs the use case once. Says whether what it wrote is to be kept, or with which error it ended the whole transaction.
    fn run(&mut self, connection: &mut Connection) -> Result<bool, StoreError>;

    /// Tells the caller how it went, now that the group's fate is known.
    fn answer(self: Box<Self>, fate: Result<(), StoreError>);

    /// [`UseCase::is_large`].
    fn is_large(&self) -> bool;

    /// Whether nobody waits for the answer any more.
    fn is_abandoned(&self) -> bool;
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
    fn run(&mut self, connection: &mut Connection) -> Result<bool, StoreError> {
        let mut tx = Tx::sqlite(connection);
        let result = pollster::block_on(contained(&self.case, &mut tx));
        let kept = result.is_ok();
        self.result = Some(result);
        tx.ended.map_or(Ok(kept), Err)
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

    fn is_large(&self) -> bool {
        self.case.is_large()
    }

    fn is_abandoned(&self) -> bool {
        self.sender.is_closed()
    }
}

/// Runs `jobs` in one transaction and leaves it open. The answer says whether it still stands.
///
/// While nothing is kept yet, a job needs no savepoint: if it refuses, the transaction begins anew. That is cheaper, and for a
/// job of thousands of statements by an order of magnitude: SQLite copies every page first touched within a savepoint aside,
/// and walks through the copies at the end of each statement that may fail half-way. So a [large](UseCase::is_large) one is given
/// here alone.
pub(super) fn run(connection: &mut Connection, jobs: &mut [Job]) -> Result<(), StoreError> {
    batch(connection, &["BEGIN IMMEDIATE"])?;
    let mut untouched = true;
    for job in jobs {
        if !untouched {
            batch(connection, &["SAVEPOINT job"])?;
        }
        // A full disk or an I/O error makes SQLite roll back the whole transaction, not only the statement.
        let kept = job.run(connection)?;
        match (untouched, kept) {
            (true, true) => untouched = false,
            (true, false) => batch(connection, &["ROLLBACK", "BEGIN IMMEDIATE"])?,
            (false, true) => batch(connection, &["RELEASE job"])?,
            (false, false) => batch(connection, &["ROLLBACK TO job", "RELEASE job"])?,
        }
    }
    Ok(())
}

/// Ends what [`run`] left open by `commit`, if it still stands; afterwards no transaction is open.
pub(super) fn settle(
    connection: &mut Connection,
    ran: Result<(), StoreError>,
    commit: impl FnOnce(&Connection) -> Result<(), rusqlite::Error>,
) -> Result<(), StoreError> {
    let fate = ran.and_then(|()| commit(connection).map_err(StoreError::of_commit));
    if let Err(error) = &fate {
        tracing::error!(%error, "a group commit failed");
        if !connection.is_autocommit() {
            let _ = batch(connection, &["ROLLBACK"]);
        }
    }
    fate
}

/// Writes the transaction to the disk.
pub(super) fn commit(connection: &Connection) -> Result<(), rusqlite::Error> {
    connection.prepare_cached("COMMIT")?.raw_execute().map(drop)
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::values;

    /// Runs its statements, whatever becomes of each, and says that all went well.
    struct Careless(&'static [&'static str]);

    impl UseCase for Careless {
        type Out = ();
        type Error = StoreError;

        async fn run(&self, tx: &mut Tx<'_>) -> Result<(), StoreError> {
            for statement in self.0 {
                let _ = tx.execute(*statement, values![]).await;
            }
            Ok(())
        }
    }

    /// What a group of use cases is told, and how many rows are there afterwards.
    fn group(cases: &[&'static [&'static str]]) -> (Vec<Result<(), StoreError>>, i64) {
        let mut connection = Connection::open_in_memory().expect("a database");
        connection.execute_batch("CREATE TABLE rows (id INTEGER PRIMARY KEY, body BLOB) STRICT").expect("a table");
        let (mut jobs, answers): (Vec<Job>, Vec<_>) = cases.iter().map(|statements| job(Careless(statements))).unzip();
        let ran = run(&mut connection, &mut jobs);
        let fate = settle(&mut connection, ran, commit);
        answer(jobs, &fate);
        let answers = answers.into_iter().map(|answer| answer.blocking_recv().expect("an answer")).collect();
        assert!(connection.is_autocommit(), "no transaction stays open");
        (answers, connection.query_one("SELECT count(*) FROM rows", (), |row| row.get(0)).expect("a count"))
    }

    const ONE: &str = "INSERT INTO rows (id) VALUES (1)";

    #[test]
    fn an_error_that_ends_the_transaction_of_a_group_is_told_to_all_as_it_was_and_nothing_is_kept() {
        /// As an I/O error does: the statement fails, and with it the whole transaction.
        const FATAL: &str = "INSERT OR ROLLBACK INTO rows (id) VALUES (1)";
        let (answers, rows) =
            group(&[&[ONE], &[FATAL, "INSERT INTO rows (id) VALUES (2)"], &["INSERT INTO rows (id) VALUES (3)"]]);
        for answer in answers {
            assert!(matches!(&answer, Err(StoreError::Constraint(what)) if what.contains("rows.id")), "{answer:?}");
        }
        assert_eq!(rows, 0, "not even what came after the error, outside of the transaction");
    }

    #[test]
    fn a_full_disk_is_told_as_a_full_disk() {
        const BIG: &str = "INSERT INTO rows (id, body) VALUES (2, zeroblob(1000000))";
        let (answers, rows) = group(&[&[ONE], &["PRAGMA max_page_count = 8", BIG]]);
        for answer in answers {
            assert!(matches!(answer, Err(StoreError::Full)), "{answer:?}");
        }
        assert_eq!(rows, 0);
    }
}
