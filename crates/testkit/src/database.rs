//! Databases of both engines, made for one test and gone after it.

use std::{
    io::Write as _,
    panic::{AssertUnwindSafe, resume_unwind},
    sync::Arc,
};

use clockwork::SystemClock;
use futures_util::FutureExt as _;
use store::{Open, Seams, Store, scratch};
use tempfile::TempDir;

use crate::SeededEntropy;

/// Names the PostgreSQL server (a URL with a database to connect to, and the right to create others) on which tests make theirs.
pub const POSTGRES: &str = "CAMPANILE_TEST_POSTGRES";

/// When set, a test that needs PostgreSQL and finds none fails instead of being skipped.
pub const REQUIRE_POSTGRES: &str = "CAMPANILE_TEST_REQUIRE_POSTGRES";

/// The machine's time, and randomness that is always the same: for stores whose waits no test looks at.
pub fn seams() -> Seams {
    Seams { clock: Arc::new(SystemClock::new(None)), entropy: Arc::new(SeededEntropy::new(0)) }
}

/// An empty database of its own, dropped with this value.
#[derive(Debug)]
pub struct Database {
    open: Open,
    _kept: Kept,
}

#[derive(Debug)]
enum Kept {
    Folder { _folder: TempDir },
    Server { _dropped: FreshPostgres },
}

impl Database {
    /// A SQLite file in a folder of its own.
    ///
    /// # Panics
    /// If there is no room for temporary files.
    pub fn sqlite() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        Self { open: Open::Sqlite(folder.path().join("campanile.db")), _kept: Kept::Folder { _folder: folder } }
    }

    /// A database on the test server; `None`, and a line on standard error, if there is no test server.
    pub async fn postgres() -> Option<Self> {
        let fresh = fresh_postgres().await?;
        Some(Self {
            open: Open::Postgres { url: fresh.url().to_owned(), pool: 8, ca_file: None },
            _kept: Kept::Server { _dropped: fresh },
        })
    }

    /// The same with so many connections of PostgreSQL: whoever does more at once waits for one, and is refused in the end.
    #[must_use]
    pub fn with_connections(mut self, most: usize) -> Self {
        if let Open::Postgres { pool, .. } = &mut self.open {
            *pool = most;
        }
        self
    }

    /// How to open it.
    pub fn open(&self) -> &Open {
        &self.open
    }

    /// Opens and migrates it; may be called again after the last store of it was closed.
    ///
    /// # Panics
    /// If it cannot be opened.
    pub async fn store(&self) -> Store {
        let store = Store::open(&self.open, seams()).await.expect("a database opens");
        store.migrate().await.expect("a database migrates");
        store
    }
}

/// Runs `body` with an empty, migrated store of SQLite, and then of PostgreSQL.
///
/// ```no_run
/// # async fn example() {
/// testkit::on_both_engines(async |store| {
///     assert!(store.migrate().await.unwrap().is_empty());
/// })
/// .await;
/// # }
/// ```
///
/// # Panics
/// If `body` does (the engine's name is printed before), or if PostgreSQL is required and missing.
pub async fn on_both_engines(body: impl AsyncFn(Store)) {
    on_both_databases(async |database| {
        let store = database.store().await;
        body(store.clone()).await;
        store.close().await;
    })
    .await;
}

/// As [`on_both_engines`], for tests that open and close the database themselves.
///
/// # Panics
/// If `body` does (the engine's name is printed before), or if PostgreSQL is required and missing.
pub async fn on_both_databases(body: impl AsyncFn(&Database)) {
    on_one(&body, Database::sqlite()).await;
    if let Some(database) = Database::postgres().await {
        on_one(&body, database).await;
    }
}

async fn on_one(body: &impl AsyncFn(&Database), database: Database) {
    let engine = if matches!(database.open, Open::Sqlite(_)) { "sqlite" } else { "postgresql" };
    if let Err(panic) = AssertUnwindSafe(body(&database)).catch_unwind().await {
        eprintln!("the engine was {engine}");
        resume_unwind(panic);
    }
}

/// A PostgreSQL database of its own, dropped with this value.
#[derive(Debug)]
pub struct FreshPostgres {
    server: String,
    name: String,
    url: String,
}

impl FreshPostgres {
    /// The URL of the new database.
    pub fn url(&self) -> &str {
        &self.url
    }
}

impl Drop for FreshPostgres {
    fn drop(&mut self) {
        let (server, name) = (std::mem::take(&mut self.server), std::mem::take(&mut self.name));
        // A thread with a runtime of its own, because this may run inside or outside of one, and must be over when it returns.
        let dropping = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
            runtime.block_on(scratch::remove(&server, &name)).map_err(std::io::Error::other)
        });
        if let Ok(Err(error)) = dropping.join() {
            eprintln!("a test database could not be dropped: {error}");
        }
    }
}

/// An empty database on the server that [`POSTGRES`] names; `None`, and a line on standard error, if it names none.
///
/// # Panics
/// If [`REQUIRE_POSTGRES`] is set and there is no server, or if the server refuses.
pub async fn fresh_postgres() -> Option<FreshPostgres> {
    let Some(server) = environment(POSTGRES) else {
        assert!(environment(REQUIRE_POSTGRES).is_none(), "{REQUIRE_POSTGRES} is set, but {POSTGRES} is not");
        // Not eprintln!, whose output is swallowed while a test passes: a skipped engine is to be seen.
        let _ = writeln!(std::io::stderr(), "skipped on PostgreSQL: {POSTGRES} is not set");
        return None;
    };
    let mut random = [0; 8];
    #[expect(clippy::disallowed_methods, reason = "test processes that run at once must not choose the same name")]
    getrandom::fill(&mut random).expect("random bytes");
    let name = format!("campanile_test_{:016x}", u64::from_le_bytes(random));
    let url = scratch::create(&server, &name).await.expect("the test server makes a database");
    Some(FreshPostgres { server, name, url })
}

#[expect(clippy::disallowed_methods, reason = "how a test is told about the machine it runs on")]
pub(crate) fn environment(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};

    use super::*;

    #[tokio::test]
    async fn both_engines_get_an_empty_migrated_store() {
        let engines = AtomicU32::new(0);
        on_both_engines(async |store| {
            engines.fetch_add(1, Ordering::Relaxed);
            assert_eq!(store.migrate().await.unwrap(), Vec::<String>::new());
        })
        .await;
        let expected = if environment(POSTGRES).is_some() { 2 } else { 1 };
        assert_eq!(engines.load(Ordering::Relaxed), expected);
    }

    #[tokio::test]
    async fn a_database_keeps_its_rows_when_it_is_opened_again() {
        on_both_databases(async |database| {
            let first = database.store().await;
            first.close().await;
            drop(first);
            let second = database.store().await;
            assert!(second.migrate().await.unwrap().is_empty(), "it was migrated before");
            second.close().await;
        })
        .await;
    }
}
