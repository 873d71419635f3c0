//! The real program as a process: killed, started again on the same data and the same port.

use std::{
    fs::File,
    net::TcpListener,
    path::PathBuf,
    process::{Child, Command, ExitStatus, Stdio},
    sync::Arc,
    time::Duration,
};

use clockwork::SystemClock;
use kernel::Clock as _;
use rustix::process::{Pid, Signal, kill_process};
use store::Open;
use tempfile::TempDir;

use crate::{FreshPostgres, database::environment, fresh_postgres};

/// Longer than a start or an end takes on a busy machine.
const PATIENCE: Duration = Duration::from_mins(1);

/// A server process with a data folder and a port of its own. What it is told with a signal, it is told by its process id.
/// Killed with this value; its data is deleted with the last of its installation.
#[derive(Debug)]
pub struct TestServer {
    binary: PathBuf,
    folder: Arc<TempDir>,
    database: Option<Arc<FreshPostgres>>,
    port: u16,
    variables: Vec<(String, String)>,
    child: Option<Child>,
    http: reqwest::Client,
}

impl TestServer {
    /// A server of `binary` on SQLite, not yet started. A test of the package that builds the binary names it with
    /// `env!("CARGO_BIN_EXE_campanile")`; any other asks [`TestServer::built_binary`].
    pub fn on_sqlite(binary: impl Into<PathBuf>) -> Self {
        Self::new(binary.into(), None)
    }

    /// A server of `binary` on a PostgreSQL database of its own; `None`, and a line on standard error, without a test server.
    pub async fn on_postgres(binary: impl Into<PathBuf>) -> Option<Self> {
        Some(Self::new(binary.into(), Some(fresh_postgres().await?)))
    }

    fn new(binary: PathBuf, database: Option<FreshPostgres>) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        Self::of(binary, Arc::new(folder), database.map(Arc::new))
    }

    fn of(binary: PathBuf, folder: Arc<TempDir>, database: Option<Arc<FreshPostgres>>) -> Self {
        // Free at this moment, and outside the reach of whoever asks for any port while this server is down.
        let port = TcpListener::bind(("127.0.0.1", 0)).and_then(|listener| listener.local_addr()).expect("a free port").port();
        Self { binary, folder, database, port, variables: Vec::new(), child: None, http: reqwest::Client::new() }
    }

    /// Starts with this variable of the environment from now on.
    #[must_use]
    pub fn with(mut self, variable: &str, value: &str) -> Self {
        self.variables.push((variable.to_owned(), value.to_owned()));
        self
    }

    /// Another process of the same installation, not yet started: the same data, variables and log, another port. On PostgreSQL only: one
    /// process at a time works on SQLite.
    #[must_use]
    pub fn beside(&self) -> Self {
        let mut beside = Self::of(self.binary.clone(), Arc::clone(&self.folder), self.database.clone());
        beside.variables.clone_from(&self.variables);
        beside
    }

    /// How a test opens its database, while no process does.
    pub fn open(&self) -> Open {
        match &self.database {
            Some(database) => Open::Postgres { url: database.url().to_owned(), pool: 2, ca_file: None },
            None => Open::Sqlite(self.folder.path().join("data").join("campanile.db")),
        }
    }

    /// The binary where cargo puts it: `CARGO_BIN_EXE_campanile`, or beside the running test's folder. `None` if nobody built it.
    pub fn built_binary() -> Option<PathBuf> {
        let named = environment("CARGO_BIN_EXE_campanile").map(PathBuf::from);
        let beside = || Some(std::env::current_exe().ok()?.parent()?.parent()?.join("campanile"));
        named.or_else(beside).filter(|path| path.is_file())
    }

    /// The engine's name.
    pub fn engine(&self) -> &'static str {
        if self.database.is_some() { "postgresql" } else { "sqlite" }
    }

    /// Where it answers.
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// Starts it and waits until it says that it is ready.
    ///
    /// # Panics
    /// If it runs already, ends by itself or does not get ready.
    pub async fn start(&mut self) {
        assert!(self.child.is_none(), "the server runs already");
        let log = File::options().create(true).append(true).open(self.folder.path().join("log")).expect("a log file");
        let mut command = Command::new(&self.binary);
        command.arg("serve").env_clear().env("CAMPANILE_DATA", self.folder.path().join("data"));
        command.env("CAMPANILE_LISTEN", format!("127.0.0.1:{}", self.port));
        if let Some(database) = &self.database {
            command.env("CAMPANILE_DATABASE", database.url());
        }
        command.envs(self.variables.iter().map(|(name, value)| (name, value)));
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(log);
        self.child = Some(command.spawn().unwrap_or_else(|error| panic!("{} does not run: {error}", self.binary.display())));
        let clock = SystemClock::new(None);
        while !self.is_ready().await {
            let ended = self.child.as_mut().and_then(|child| child.try_wait().ok().flatten());
            assert!(ended.is_none() && clock.monotonic() < PATIENCE, "it did not get ready ({ended:?}):\n{}", self.log());
            clock.sleep(Duration::from_millis(5)).await;
        }
    }

    async fn is_ready(&self) -> bool {
        let asked = self.http.get(format!("{}/readyz", self.url())).timeout(Duration::from_secs(2)).send().await;
        asked.is_ok_and(|answer| answer.status().is_success())
    }

    /// SIGKILL, at whatever it is doing.
    pub fn kill(&mut self) {
        if let Some(mut child) = self.child.take() {
            let _ = child.kill();
            let _ = child.wait();
        }
    }

    /// Sends it a signal, if it runs.
    pub fn signal(&self, signal: Signal) {
        let pid = self.child.as_ref().and_then(|child| Pid::from_raw(i32::try_from(child.id()).ok()?));
        let _ = pid.map(|pid| kill_process(pid, signal));
    }

    /// SIGTERM, and how it ended.
    ///
    /// # Panics
    /// If it does not run, or does not end.
    pub async fn terminate(&mut self) -> ExitStatus {
        self.signal(Signal::TERM);
        let mut child = self.child.take().expect("the server runs");
        let clock = SystemClock::new(None);
        loop {
            if let Some(status) = child.try_wait().expect("a child can be waited for") {
                return status;
            }
            assert!(clock.monotonic() < PATIENCE, "it does not end:\n{}", self.log());
            clock.sleep(Duration::from_millis(5)).await;
        }
    }

    /// Everything it has logged.
    pub fn log(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("log")).unwrap_or_default()
    }
}

impl Drop for TestServer {
    fn drop(&mut self) {
        self.kill();
    }
}
