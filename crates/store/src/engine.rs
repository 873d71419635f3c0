//! The one face of this room: a store that runs use cases.

use std::{future::Future, num::NonZeroUsize, panic::AssertUnwindSafe, path::PathBuf, sync::Arc};

use futures_util::FutureExt as _;
use kernel::{Clock, Entropy};

use crate::{
    StoreError, Tx, migrations,
    postgres::Postgres,
    sqlite::{Faults, Sqlite},
    turns::Turns,
};

/// One use case: everything it reads and writes happens in one transaction, or not at all.
///
/// It may be run again from the start (PostgreSQL asks for that on a deadlock), so it must not change anything but through
/// `tx`, and it must not wait for anything but `tx`: on SQLite it runs on the thread of the only writer.
pub trait UseCase: Send + Sync + 'static {
    /// What it answers.
    type Out: Send + 'static;
    /// How it refuses. A refusal rolls everything back.
    type Error: From<StoreError> + Send + 'static;

    /// Whether it writes as much as hundreds of others. On SQLite such a one shares its transaction with none, and whatever else is
    /// waiting comes between two of them; it is not begun any more once nobody waits for its answer.
    fn is_large(&self) -> bool {
        false
    }

    /// Runs once within `tx`.
    fn run(&self, tx: &mut Tx<'_>) -> impl Future<Output = Result<Self::Out, Self::Error>> + Send;
}

/// Runs `case` and turns a panic into an error: the thread of the only writer outlives it, a connection to PostgreSQL goes back
/// to the pool with its transaction rolled back, and the caller is told.
pub(crate) async fn contained<C: UseCase>(case: &C, tx: &mut Tx<'_>) -> Result<C::Out, C::Error> {
    AssertUnwindSafe(case.run(tx)).catch_unwind().await.unwrap_or_else(|_| {
        tracing::error!("a use case panicked inside the store; it is rolled back alone");
        Err(StoreError::Panicked.into())
    })
}

/// Which database to open.
#[derive(Clone, Debug)]
pub enum Open {
    /// A SQLite file, made if missing. Its folder must exist.
    Sqlite(PathBuf),
    /// A PostgreSQL 15 or later, by URL, with at most `pool` connections.
    Postgres {
        /// `postgres://user:password@host:port/database?sslmode=…`
        url: String,
        /// The most connections to hold.
        pool: usize,
        /// The authorities whose certificates are believed, as PEM; the platform's if there is none.
        ca_file: Option<PathBuf>,
    },
}

impl Open {
    /// Transactions of one user at a time, unless somebody chose otherwise: SQLite has three threads that read, and of the
    /// connections to PostgreSQL it is a quarter. Either way there is room for somebody else.
    fn turns(&self) -> usize {
        match self {
            Self::Sqlite(_) => SQLITE_TURNS,
            Self::Postgres { pool, .. } => (pool / 4).max(1),
        }
    }
}

/// Transactions of one user at a time on SQLite.
const SQLITE_TURNS: usize = 2;

/// What the store waits by when it has to: time and randomness are parameters.
#[derive(Clone)]
pub struct Seams {
    /// Only its monotonic side: nothing is dated by it.
    pub clock: Arc<dyn Clock>,
    /// So that those who stood in each other's way do not come back together.
    pub entropy: Arc<dyn Entropy>,
}

/// The store. Clones share the same database.
#[derive(Clone)]
pub struct Store {
    engine: Engine,
    turns: Turns,
    /// Whether several nodes share this database.
    shared: bool,
}

#[derive(Clone)]
enum Engine {
    Sqlite(Arc<Sqlite>),
    Postgres(Arc<Postgres>),
}

impl Store {
    /// Opens the database and refuses what must not be opened: a file another process holds, a schema of a newer version.
    /// Does not migrate.
    pub async fn open(open: &Open, seams: Seams) -> Result<Self, StoreError> {
        let engine = match open {
            Open::Sqlite(path) => Engine::Sqlite(Arc::new(Sqlite::open(path)?)),
            Open::Postgres { url, pool, ca_file } => {
                Engine::Postgres(Arc::new(Postgres::connect(url, *pool, ca_file.as_deref(), seams).await?))
            }
        };
        let shared = matches!(engine, Engine::Postgres(_));
        Ok(Self { engine, turns: Turns::new(open.turns()), shared })
    }

    /// The same store, with so many transactions of one user at a time. For before it is used: turns that are taken already are
    /// not counted.
    #[must_use]
    pub fn with_turns(self, most: NonZeroUsize) -> Self {
        Self { turns: Turns::new(most.get()), ..self }
    }

    /// How many transactions of one user there are at a time.
    pub fn turns(&self) -> usize {
        self.turns.most()
    }

    /// A SQLite database in memory that runs on the caller's thread, behind a layer that may inject faults: for the simulator.
    pub fn simulated(faults: Arc<dyn Faults>) -> Result<Self, StoreError> {
        Ok(Self::inline(Sqlite::inline(faults)?))
    }

    fn inline(sqlite: Sqlite) -> Self {
        Self { engine: Engine::Sqlite(Arc::new(sqlite)), turns: Turns::new(SQLITE_TURNS), shared: false }
    }

    /// Another simulated process on the same database in memory, or the same one after a restart: it shares what was committed
    /// and nothing else. `None` if this store is not simulated.
    pub fn simulated_again(&self, faults: Arc<dyn Faults>) -> Option<Self> {
        match &self.engine {
            Engine::Sqlite(sqlite) => Some(Self::inline(sqlite.another(faults)?)),
            Engine::Postgres(_) => None,
        }
    }

    /// The same simulated process, which knows that it is one of several.
    #[must_use]
    pub fn simulated_among_others(self) -> Self {
        Self { shared: true, ..self }
    }

    /// Applies the migrations that are missing; answers their names. Several nodes may call it at once.
    pub async fn migrate(&self) -> Result<Vec<String>, StoreError> {
        match &self.engine {
            Engine::Sqlite(sqlite) => sqlite.administer(migrations::sqlite).await,
            Engine::Postgres(postgres) => migrations::postgres(postgres).await,
        }
    }

    /// Runs `case` in a transaction that may write; answers after it is on disk.
    pub async fn write<C: UseCase>(&self, case: C) -> Result<C::Out, C::Error> {
        let _turn = self.turns.next().await;
        match &self.engine {
            Engine::Sqlite(sqlite) => sqlite.write(case).await,
            Engine::Postgres(postgres) => postgres.run(&case, false).await,
        }
    }

    /// Runs `case` on a snapshot; writing fails.
    pub async fn read<C: UseCase>(&self, case: C) -> Result<C::Out, C::Error> {
        let turn = self.turns.next().await;
        match &self.engine {
            Engine::Sqlite(sqlite) => sqlite.read(case, turn).await,
            Engine::Postgres(postgres) => postgres.run(&case, true).await,
        }
    }

    /// Whether several nodes may share this database.
    pub fn is_shared(&self) -> bool {
        self.shared
    }

    /// The engine's name, for logs and the health page: `sqlite` or `postgresql`.
    pub fn engine_name(&self) -> &'static str {
        match self.engine {
            Engine::Sqlite(_) => "sqlite",
            Engine::Postgres(_) => "postgresql",
        }
    }

    /// Lets queued use cases finish, then closes. Later calls answer [`StoreError::Closed`].
    pub async fn close(&self) {
        match &self.engine {
            Engine::Sqlite(sqlite) => sqlite.close().await,
            Engine::Postgres(postgres) => postgres.close(),
        }
    }
}
