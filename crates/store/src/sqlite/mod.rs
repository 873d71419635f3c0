//! SQLite: one process, one file, one writer.

mod checkpoint;
mod group;
mod inline;
mod readers;
mod writer;

use std::{
    fs::File,
    path::{Path, PathBuf},
    time::Duration,
};

use rusqlite::{Connection, OpenFlags};

pub use inline::{Fault, FaultPoint, Faults};

use crate::{StoreError, UseCase, turns::Turn};

/// Prepared statements kept per connection; above the number of statements in this room.
const STATEMENT_CACHE: usize = 512;

/// A SQLite database: served by threads, or in memory on the caller's thread for the simulator.
pub(crate) enum Sqlite {
    Threads {
        writer: writer::Writer,
        readers: readers::Readers,
        /// Held until the last clone is gone; the operating system frees it if the process dies.
        _lock: File,
    },
    Inline(inline::Inline),
}

impl Sqlite {
    pub(crate) fn open(path: &Path) -> Result<Self, StoreError> {
        // The file itself, whatever it is called: two names of one file are one lock, and two files are two.
        let path = &real(path).map_err(|e| StoreError::Unavailable(format!("{}: {e}", path.display())))?;
        let lock = lock_file(path)?;
        let connection = open_connection(path, OpenFlags::default())?;
        connection.pragma_update(None, "journal_mode", "wal")?;
        let beside = open_connection(path, OpenFlags::default())?;
        let writer = writer::Writer::start(connection, beside)?;
        let readers = readers::Readers::start(path)?;
        Ok(Self::Threads { writer, readers, _lock: lock })
    }

    pub(crate) fn inline(faults: std::sync::Arc<dyn Faults>) -> Result<Self, StoreError> {
        let connection = Connection::open_in_memory()?;
        configure(&connection)?;
        Ok(Self::Inline(inline::Inline::new(connection, faults)))
    }

    /// The same database in memory for another simulated process; `None` for a real one.
    pub(crate) fn another(&self, faults: std::sync::Arc<dyn Faults>) -> Option<Self> {
        match self {
            Self::Threads { .. } => None,
            Self::Inline(inline) => Some(Self::Inline(inline.another(faults))),
        }
    }

    pub(crate) async fn write<C: UseCase>(&self, case: C) -> Result<C::Out, C::Error> {
        let (job, answer) = group::job(case);
        match self {
            Self::Threads { writer, .. } => writer.enqueue(job)?,
            Self::Inline(inline) => inline.write(job).await?,
        }
        answer.await.unwrap_or_else(|_| Err(StoreError::Unknown.into()))
    }

    pub(crate) async fn read<C: UseCase>(&self, case: C, turn: Turn) -> Result<C::Out, C::Error> {
        match self {
            Self::Threads { readers, .. } => readers.read(case, turn).await,
            Self::Inline(inline) => inline.read(&case),
        }
    }

    /// Runs `task` on the writer's connection, outside of any transaction: migrations.
    pub(crate) async fn administer<T: Send + 'static>(
        &self,
        task: fn(&mut Connection) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        match self {
            Self::Threads { writer, .. } => writer.administer(task).await,
            Self::Inline(inline) => inline.administer(task),
        }
    }

    pub(crate) async fn close(&self) {
        if let Self::Threads { writer, readers, .. } = self {
            // The writer's connection is the last to close: that is when SQLite folds the WAL into the one file.
            readers.close().await;
            writer.close().await;
        }
    }
}

/// The absolute name of the file, without symbolic links; it is made if it is missing. One that exists is not opened for this:
/// closing it again would take away the locks that SQLite in this process has on it.
fn real(path: &Path) -> std::io::Result<PathBuf> {
    path.canonicalize().or_else(|error| {
        if error.kind() != std::io::ErrorKind::NotFound {
            return Err(error);
        }
        File::options().create(true).truncate(false).write(true).open(path)?;
        path.canonicalize()
    })
}

/// Takes the file's lock or says who cannot. The lock lives beside the database, because SQLite's own locks come and go.
fn lock_file(path: &Path) -> Result<File, StoreError> {
    let mut name = path.as_os_str().to_owned();
    name.push(".lock");
    let name = PathBuf::from(name);
    let lock = File::options()
        .create(true)
        .truncate(false)
        .write(true)
        .open(&name)
        .map_err(|e| StoreError::Unavailable(format!("{}: {e}", name.display())))?;
    match lock.try_lock() {
        Ok(()) => Ok(lock),
        Err(std::fs::TryLockError::WouldBlock) => Err(StoreError::Locked(path.display().to_string())),
        Err(std::fs::TryLockError::Error(e)) => Err(StoreError::Unavailable(format!("{}: {e}", name.display()))),
    }
}

fn open_connection(path: &Path, flags: OpenFlags) -> Result<Connection, StoreError> {
    let connection = Connection::open_with_flags(path, flags)?;
    configure(&connection)?;
    Ok(connection)
}

pub(crate) fn configure(connection: &Connection) -> Result<(), StoreError> {
    // FULL: a commit is on the disk before it is answered, also when the power fails (with WAL, NORMAL would not be).
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update(None, "foreign_keys", true)?;
    connection.pragma_update(None, "trusted_schema", false)?;
    // 8 MiB of pages per connection: enough for the hot rows, small beside 40 MiB idle.
    connection.pragma_update(None, "cache_size", -8_192)?;
    connection.pragma_update(None, "temp_store", "MEMORY")?;
    // Nobody else may write, but a reader of a backup tool may hold a lock for a moment.
    connection.busy_timeout(Duration::from_secs(5))?;
    // A plan is made once per statement. Otherwise SQLite (built with STAT4) plans anew whenever another value is bound to a
    // placeholder the planner had looked at, which for these statements means nearly every time.
    connection.set_db_config(rusqlite::config::DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    connection.set_prepared_statement_cache_capacity(STATEMENT_CACHE);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_locked_under_every_name_it_has_and_its_neighbours_are_not() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("a.db");
        let _held = Sqlite::open(&file).expect("opened");
        std::os::unix::fs::symlink(&file, folder.path().join("b.db")).expect("linked");
        std::fs::create_dir(folder.path().join("c")).expect("a folder");
        for name in ["a.db", "b.db", "c/../a.db"] {
            let refused = Sqlite::open(&folder.path().join(name)).err();
            assert!(matches!(refused, Some(StoreError::Locked(_))), "{name}: {refused:?}");
        }
        for name in ["a.sqlite", "a"] {
            assert!(Sqlite::open(&folder.path().join(name)).is_ok(), "{name} is another file");
        }
        assert!(folder.path().join("a.db.lock").exists());
    }

    #[test]
    fn a_link_to_a_file_that_is_not_there_yet_is_that_file() {
        let folder = tempfile::tempdir().expect("a folder");
        std::os::unix::fs::symlink(folder.path().join("a.db"), folder.path().join("b.db")).expect("linked");
        let _held = Sqlite::open(&folder.path().join("b.db")).expect("opened");
        assert!(matches!(Sqlite::open(&folder.path().join("a.db")).err(), Some(StoreError::Locked(_))));
    }
}
