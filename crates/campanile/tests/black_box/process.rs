//! The binary as a process: commands that end, and servers that run until they are told to end.

use clockwork::SystemClock;
use kernel::Clock as _;
use std::{
    io::{BufRead as _, BufReader, Write as _},
    path::{Path, PathBuf},
    process::{Child, Command, ExitStatus, Output, Stdio},
    sync::{Arc, Mutex, mpsc},
    time::Duration,
};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

/// Longer than anything here may take on a busy machine.
pub(crate) const PATIENCE: Duration = Duration::from_mins(1);

/// A folder for one installation, deleted with this value, and the flags that choose its database.
pub(crate) struct Installation {
    folder: tempfile::TempDir,
    database: Option<testkit::FreshPostgres>,
}

impl Installation {
    /// On SQLite, with everything in the folder.
    pub(crate) fn sqlite() -> Self {
        Self { folder: tempfile::tempdir().expect("a folder"), database: None }
    }

    /// On each engine there is.
    pub(crate) async fn on_both_engines() -> Vec<Self> {
        let mut installations = vec![Self::sqlite()];
        if let Some(database) = testkit::fresh_postgres().await {
            let folder = tempfile::tempdir().expect("a folder");
            installations.push(Self { folder, database: Some(database) });
        }
        installations
    }

    /// Whether several processes may work on it.
    pub(crate) fn is_shared(&self) -> bool {
        self.database.is_some()
    }

    /// Its data folder.
    pub(crate) fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// How a test opens its database, beside the program.
    pub(crate) fn open(&self) -> store::Open {
        match &self.database {
            Some(database) => store::Open::Postgres { url: database.url().to_owned(), pool: 1, ca_file: None },
            None => store::Open::Sqlite(self.data().join("campanile.db")),
        }
    }

    /// A command on it, not yet run.
    pub(crate) fn command(&self, words: &[&str]) -> Command {
        let mut command = campanile(words);
        command.env("CAMPANILE_DATA", self.data());
        if let Some(database) = &self.database {
            command.env("CAMPANILE_DATABASE", database.url());
        }
        command
    }

    /// Runs a command on it to its end.
    pub(crate) fn run(&self, words: &[&str]) -> Ended {
        Ended::of(self.command(words).output().expect("it runs"))
    }

    /// Runs a command on it that reads `input`.
    pub(crate) fn feed(&self, words: &[&str], input: &str) -> Ended {
        let mut child = self.command(words).stdin(Stdio::piped()).spawn().expect("it runs");
        child.stdin.take().expect("a pipe").write_all(input.as_bytes()).expect("it reads");
        Ended::of(child.wait_with_output().expect("it ends"))
    }

    /// A server on it, ready.
    pub(crate) fn serve(&self, flags: &[&str]) -> Server {
        let words = [&["serve", "--listen", "127.0.0.1:0", "--log-format", "json"], flags].concat();
        Server::start(self.command(&words)).unwrap_or_else(|log| panic!("the server did not start:\n{log}"))
    }
}

/// The binary with an environment of its own, its output kept.
pub(crate) fn campanile(words: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_campanile"));
    command.args(words).env_clear().stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// What a command left behind.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) code: Option<i32>,
    /// Standard output: data.
    pub(crate) data: String,
    /// Standard error: talk.
    pub(crate) talk: String,
}

impl Ended {
    pub(crate) fn of(output: Output) -> Self {
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("UTF-8");
        Self { code: output.status.code(), data: text(output.stdout), talk: text(output.stderr) }
    }
}

/// A running server. Killed when dropped.
pub(crate) struct Server {
    child: Child,
    /// Where it answers.
    pub(crate) url: String,
    log: Arc<Mutex<String>>,
}

impl Server {
    /// Starts it and waits for the line that says it is ready; otherwise what it said.
    pub(crate) fn start(mut command: Command) -> Result<Self, String> {
        let mut child = command.spawn().expect("it runs");
        let lines = BufReader::new(child.stderr.take().expect("a pipe")).lines();
        let log = Arc::new(Mutex::new(String::new()));
        let (found, ready) = mpsc::channel();
        let written = Arc::clone(&log);
        std::thread::spawn(move || {
            for line in lines.map_while(Result::ok) {
                written.lock().expect("lock").extend([&line, "\n"]);
                let fields: Value = serde_json::from_str(&line).unwrap_or_default();
                if fields["message"] == "ready" {
                    let _ = found.send(fields["url"].as_str().unwrap_or_default().to_owned());
                }
            }
        });
        let url = ready.recv_timeout(PATIENCE);
        let mut server = Self { child, url: String::new(), log };
        server.url = url.map_err(|_| server.log())?;
        Ok(server)
    }

    /// Everything it has logged.
    pub(crate) fn log(&self) -> String {
        self.log.lock().expect("lock").clone()
    }

    /// Sends a signal.
    pub(crate) fn signal(&self, with: Signal) {
        signal(&self.child, with);
    }

    /// Waits for its end; answers how it ended.
    pub(crate) fn ended(&mut self) -> ExitStatus {
        let clock = SystemClock::new(None);
        loop {
            if let Some(status) = self.child.try_wait().expect("it is ours") {
                return status;
            }
            assert!(clock.monotonic() < PATIENCE, "it does not end");
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    /// SIGTERM, then its end: how, and how long it took.
    pub(crate) fn terminate(mut self) -> (ExitStatus, Duration) {
        let clock = SystemClock::new(None);
        self.signal(Signal::TERM);
        (self.ended(), clock.monotonic())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// What `/readyz` says: the status and the page.
pub(crate) async fn ready(server: &Server) -> (u16, Value) {
    let response = reqwest::get(format!("{}/readyz", server.url)).await.expect("it answers");
    let status = response.status().as_u16();
    (status, response.json().await.expect("JSON"))
}

/// Waits until `/readyz` answers `status`; answers the page.
pub(crate) async fn becomes(server: &Server, status: u16) -> Value {
    let clock = SystemClock::new(None);
    loop {
        let (now, page) = ready(server).await;
        if now == status {
            return page;
        }
        assert!(clock.monotonic() < PATIENCE, "/readyz stays {now}: {page}\n{}", server.log());
        clock.sleep(Duration::from_millis(50)).await;
    }
}

/// Why the check called `name` does not hold, as `/readyz` says.
pub(crate) fn reason(page: &Value, name: &str) -> String {
    let check = page["checks"].as_array().and_then(|checks| checks.iter().find(|check| check["name"] == name));
    let reason = check.filter(|check| check["ok"] == false).and_then(|check| check["detail"].as_str());
    reason.unwrap_or_else(|| panic!("{name} says no reason: {page}")).to_owned()
}

/// Sends `child` a signal.
pub(crate) fn signal(child: &Child, with: Signal) {
    let pid = Pid::from_raw(i32::try_from(child.id()).expect("small")).expect("not zero");
    kill_process(pid, with).expect("it is alive");
}

/// Its mode, without the kind of file.
pub(crate) fn mode(path: &Path) -> u32 {
    use std::os::unix::fs::MetadataExt as _;
    std::fs::metadata(path).expect("it is there").mode() & 0o777
}
