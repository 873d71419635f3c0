//! The thread that folds SQLite's log into the file, beside the writer.
//!
//! SQLite would do it at the end of a commit, so everybody who writes would wait for it (`wal_autocheckpoint`,
//! <https://sqlite.org/wal.html#ckpt>). A log of which all is folded begins anew with the next transaction. While one follows the other,
//! that moment never comes beside the writer: then it folds what is left by itself, now and again, and syncs the file for all of it.

use std::{
    ffi::{CStr, c_int},
    sync::mpsc::{Receiver, SyncSender, sync_channel},
    thread::JoinHandle,
};

use rusqlite::{Connection, ErrorCode, hooks::Wal, wal::CheckpointMode};

use crate::StoreError;

/// The log is folded whenever it has grown by so many pages: 4 MiB, as SQLite would have it.
const EVERY: c_int = 1_000;

/// From so many pages on the writer does it by itself: 32 MiB. The log grows beyond that only while the thread is still at it, or somebody reads an
/// older state.
const MOST: c_int = 8 * EVERY;

/// A handle to the thread.
pub(super) struct Checkpointer(JoinHandle<()>);

impl Checkpointer {
    /// Folds with `connection` whatever `writer` commits from now on.
    pub(super) fn start(connection: Connection, writer: &mut Connection) -> Result<Self, StoreError> {
        let (ask, asked) = sync_channel(1);
        writer.wal_hook(Some(hook(ask)))?;
        let thread = std::thread::Builder::new().name("sqlite-checkpoint".to_owned());
        let thread = thread.spawn(move || serve(&connection, &asked)).map_err(|e| StoreError::Unavailable(e.to_string()))?;
        Ok(Self(thread))
    }

    /// Ends the thread, once it has done what it was asked for, and closes its connection; `writer` is the one it was started for.
    pub(super) fn stop(self, writer: &mut Connection) {
        // What asks is the hook. Without it, the thread ends.
        let _ = writer.wal_hook(None::<fn(&mut Wal, c_int) -> rusqlite::Result<()>>);
        if self.0.join().is_err() {
            tracing::error!("the thread that folds the log of SQLite has ended before");
        }
    }
}

/// What the writer does after each commit, when the log has so many pages.
fn hook(ask: SyncSender<()>) -> impl FnMut(&mut Wal, c_int) -> rusqlite::Result<()> + Send + 'static {
    let mut noted = 0;
    move |wal, pages| {
        // Fewer than before: the log began anew.
        noted = noted.min(pages);
        let is_time = pages - noted >= EVERY;
        if is_time {
            noted = pages;
        }
        if pages >= MOST {
            let folded = wal.checkpoint_v2(CheckpointMode::PASSIVE).map(|_| ());
            report(folded.or_else(|error| if is_time { Err(error) } else { Ok(()) }));
        } else if is_time {
            // Whoever is asked already looks at the log as it is then.
            let _ = ask.try_send(());
        }
        // An error here would be one of the commit, which is done.
        Ok(())
    }
}

fn serve(connection: &Connection, asked: &Receiver<()>) {
    while asked.recv().is_ok() {
        report(connection.wal_checkpoint_v2(None::<&CStr>, CheckpointMode::PASSIVE).map(|_| ()));
    }
}

fn report(folded: rusqlite::Result<()>) {
    match folded {
        // The other of the two is at it.
        Err(error) if error.sqlite_error_code() == Some(ErrorCode::DatabaseBusy) => {}
        Err(error) => tracing::warn!(%error, "the log of SQLite was not folded into its file, and grows until it is"),
        Ok(()) => {}
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use rusqlite::OpenFlags;

    use super::*;
    use crate::sqlite::open_connection;

    const PAGE: i64 = 4_096;

    /// A writer of the file.
    fn writer(file: &Path) -> Connection {
        let connection = open_connection(file, OpenFlags::default()).expect("a database");
        connection.pragma_update(None, "journal_mode", "wal").expect("a log");
        connection.execute_batch("CREATE TABLE rows (body BLOB NOT NULL) STRICT").expect("a table");
        connection
    }

    /// Commits so many pages, and a few.
    fn commit(writer: &Connection, pages: c_int) {
        writer.execute("INSERT INTO rows (body) VALUES (zeroblob($1))", [i64::from(pages) * PAGE]).expect("written");
    }

    fn length(file: &Path) -> i64 {
        file.metadata().expect("a file").len().cast_signed()
    }

    #[test]
    fn what_is_written_comes_into_the_file_beside_the_writer() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("a.db");
        let mut writer = writer(&file);
        let beside = open_connection(&file, OpenFlags::default()).expect("another connection");
        let checkpointer = Checkpointer::start(beside, &mut writer).expect("a thread");
        commit(&writer, 2 * EVERY);
        checkpointer.stop(&mut writer);
        assert!(length(&file) > 2 * PAGE * i64::from(EVERY), "{} bytes are in the file", length(&file));
        writer.execute("INSERT INTO rows (body) VALUES (x'00')", ()).expect("the writer writes on");
    }

    #[test]
    fn the_log_is_bounded_even_if_nobody_comes_to_fold_it() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("a.db");
        let mut writer = writer(&file);
        let (ask, _nobody) = sync_channel(1);
        writer.wal_hook(Some(hook(ask))).expect("a hook");
        for _ in 0..12 {
            commit(&writer, EVERY);
        }
        let pages = length(&folder.path().join("a.db-wal")) / (PAGE + 24);
        let most = i64::from(MOST);
        assert!((most..most + 1_100).contains(&pages), "{pages} pages");
    }
}
