//! The databases a run works on: fresh ones, on real disks, gone afterwards.

use std::{
    fmt,
    path::{Path, PathBuf},
    process::Command,
    sync::Arc,
};

use anyhow::{Context as _, bail};
use clap::ValueEnum;
use clockwork::SystemClock;
use store::{Open, Seams, Store, scratch};
use tempfile::TempDir;

use crate::clock::OsEntropy;

/// Names a PostgreSQL server to make databases on. Without it, one is started for the run.
const SERVER: &str = "CAMPANILE_TEST_POSTGRES";

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Engine {
    Sqlite,
    Postgres,
}

impl fmt::Display for Engine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Sqlite => "sqlite",
            Self::Postgres => "postgres",
        })
    }
}

/// Makes databases.
pub(crate) struct Databases {
    server: Server,
}

enum Server {
    None,
    Given(String),
    Started { url: String, folder: TempDir },
}

impl Databases {
    /// Starts a PostgreSQL if one is needed and none is given.
    pub(crate) fn new(needs_postgres: bool) -> anyhow::Result<Self> {
        #[expect(clippy::disallowed_methods, reason = "how a benchmark is told about the machine it runs on")]
        let given = std::env::var(SERVER).ok().filter(|url| !url.is_empty());
        let server = match given {
            _ if !needs_postgres => Server::None,
            Some(url) => Server::Given(url),
            None => start_server()?,
        };
        Ok(Self { server })
    }

    /// An empty, migrated database.
    pub(crate) async fn fresh(&self, engine: Engine) -> anyhow::Result<Database> {
        let database = match engine {
            Engine::Sqlite => {
                let folder = folder()?;
                let open = Open::Sqlite(folder.path().join("campanile.db"));
                Database { engine, open, folder, dropped: None }
            }
            Engine::Postgres => self.bare().await?,
        };
        let store = database.store().await?;
        store.migrate().await?;
        store.close().await;
        Ok(database)
    }

    /// An empty PostgreSQL database without a table.
    pub(crate) async fn bare(&self) -> anyhow::Result<Database> {
        let (Server::Given(server) | Server::Started { url: server, .. }) = &self.server else {
            bail!("no PostgreSQL was asked for");
        };
        let folder = folder()?;
        let name = folder.path().file_name().unwrap_or_default().to_string_lossy().to_ascii_lowercase();
        let name = name.replace(|c: char| !c.is_ascii_alphanumeric(), "_");
        let url = scratch::create(server, &name).await?;
        let dropped = Some((server.clone(), name));
        Ok(Database { engine: Engine::Postgres, open: Open::Postgres { url, pool: 16, ca_file: None }, folder, dropped })
    }
}

fn folder() -> std::io::Result<TempDir> {
    tempfile::Builder::new().prefix("campanile-bench.").tempdir()
}

impl Drop for Databases {
    fn drop(&mut self) {
        if let Server::Started { folder, .. } = &self.server
            && let Err(error) = postgres_script("stop", folder.path())
        {
            eprintln!("the PostgreSQL in {} was not stopped: {error:#}", folder.path().display());
        }
    }
}

/// One database, with a data folder of its own.
pub(crate) struct Database {
    pub(crate) engine: Engine,
    pub(crate) open: Open,
    folder: TempDir,
    /// Server and name of what is to be dropped.
    dropped: Option<(String, String)>,
}

impl Database {
    pub(crate) async fn store(&self) -> anyhow::Result<Store> {
        let seams = Seams { clock: Arc::new(SystemClock::new(None)), entropy: Arc::new(OsEntropy) };
        Ok(Store::open(&self.open, seams).await?)
    }

    /// Runs statements of the benchmark itself.
    pub(crate) async fn script(&self, sql: &str) -> anyhow::Result<()> {
        scratch::script(&self.open, sql).await.with_context(|| format!("on {}: {sql}", self.engine))
    }

    /// The first column of an answer: integers.
    pub(crate) async fn numbers(&self, sql: &str) -> anyhow::Result<Vec<i64>> {
        scratch::numbers(&self.open, sql).await.with_context(|| format!("on {}: {sql}", self.engine))
    }

    /// An expression for the microseconds since 1970 of a column that holds instants.
    pub(crate) fn micros(&self, column: &str) -> String {
        match self.engine {
            Engine::Sqlite => column.to_owned(),
            Engine::Postgres => format!("(extract(epoch FROM {column}) * 1000000)::bigint"),
        }
    }

    /// Where the server may keep what is not in the database.
    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Removes it.
    pub(crate) async fn remove(self) -> anyhow::Result<()> {
        if let Some((server, name)) = &self.dropped {
            scratch::remove(server, name).await?;
        }
        Ok(())
    }
}

fn start_server() -> anyhow::Result<Server> {
    let folder = tempfile::Builder::new().prefix("campanile-bench-postgres.").tempdir()?;
    let url = postgres_script("start", folder.path())?;
    Ok(Server::Started { url, folder })
}

/// `scripts/postgres.sh VERB FOLDER`; what it prints.
fn postgres_script(verb: &str, folder: &Path) -> anyhow::Result<String> {
    let script = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../scripts/postgres.sh");
    let output = Command::new(&script).arg(verb).arg(folder).output().with_context(|| script.display().to_string())?;
    if !output.status.success() {
        bail!("{} {verb}: {}", script.display(), String::from_utf8_lossy(&output.stderr));
    }
    Ok(String::from_utf8(output.stdout)?.trim().to_owned())
}
