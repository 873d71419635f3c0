//! The released program as a child process: started on a database and a free port, measured, and stopped by its pid.

use std::{
    fs,
    net::{Ipv4Addr, SocketAddr, TcpListener},
    path::PathBuf,
    process::{Child, Command, Stdio},
    time::Duration,
};

use anyhow::{Context as _, bail, ensure};
use rustix::process::{Pid, Signal, kill_process};
use store::Open;

use crate::{
    clock::{self, Stopwatch},
    connection::{Connection, request},
    database::Database,
};

/// How long a start may take before the run is given up.
const PATIENCE: Duration = Duration::from_mins(1);

/// A running server. Killed when dropped.
pub(crate) struct Server {
    child: Child,
    pub(crate) address: SocketAddr,
    /// From the start of the process to its first 200 on `/readyz`.
    pub(crate) ready_after: Duration,
}

impl Server {
    /// Starts `campanile serve` on `database` and waits until it is ready.
    pub(crate) async fn start(database: &Database) -> anyhow::Result<Self> {
        Self::start_with(database, &[]).await
    }

    /// The same with these settings.
    pub(crate) async fn start_with(database: &Database, settings: &[&str]) -> anyhow::Result<Self> {
        let address = free_address()?;
        let url = match &database.open {
            Open::Sqlite(path) => format!("sqlite:{}", path.display()),
            Open::Postgres { url, .. } => url.clone(),
        };
        let binary = binary()?;
        let watch = Stopwatch::start();
        let child = Command::new(&binary)
            .env_clear()
            .args(["serve", "--listen", &address.to_string(), "--database", &url, "--set", "log.level=warn", "--data"])
            .arg(database.folder())
            .args(settings.iter().flat_map(|setting| ["--set", setting]))
            .stdin(Stdio::null())
            .spawn()
            .with_context(|| binary.display().to_string())?;
        let mut server = Self { child, address, ready_after: Duration::ZERO };
        let ask = request("GET", "/readyz", None, "");
        loop {
            if let Some(status) = server.child.try_wait()? {
                bail!("{} ended with {status}", binary.display());
            }
            if let Ok(mut connection) = Connection::open(address).await
                && connection.ask(&ask).await?.0 == 200
            {
                server.ready_after = watch.elapsed();
                return Ok(server);
            }
            ensure!(watch.elapsed() < PATIENCE, "the server was not ready within {PATIENCE:?}");
            clock::pause(Duration::from_millis(1)).await;
        }
    }

    /// Resident memory in MiB: all of it, and the part that is not mapped files.
    pub(crate) fn resident_mib(&self) -> anyhow::Result<(f64, f64)> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id()))?;
        let of = |name: &str| -> anyhow::Result<f64> {
            let line = status.lines().find_map(|line| line.strip_prefix(name)).with_context(|| name.to_owned())?;
            Ok(line.trim_start_matches(':').trim().trim_end_matches(" kB").parse::<f64>()? / 1024.0)
        };
        Ok((of("VmRSS")?, of("RssAnon")?))
    }

    /// Its process.
    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Asks it to stop and waits until it did.
    pub(crate) async fn stop(mut self) -> anyhow::Result<()> {
        kill_process(Pid::from_child(&self.child), Signal::TERM)?;
        let watch = Stopwatch::start();
        loop {
            if let Some(status) = self.child.try_wait()? {
                ensure!(status.success(), "the server stopped with {status}");
                return Ok(());
            }
            ensure!(watch.elapsed() < PATIENCE, "the server did not stop within {PATIENCE:?}");
            clock::pause(Duration::from_millis(5)).await;
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Already gone after `stop`.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// `campanile` beside this program, as cargo puts both.
fn binary() -> anyhow::Result<PathBuf> {
    let path = std::env::current_exe()?.with_file_name("campanile");
    ensure!(path.is_file(), "{} is missing: scripts/bench.sh builds it", path.display());
    Ok(path)
}

/// Waits until `who` takes connections on `address`.
pub(crate) async fn listening(address: SocketAddr, who: &str) -> anyhow::Result<()> {
    let watch = Stopwatch::start();
    while Connection::open(address).await.is_err() {
        ensure!(watch.elapsed() < Duration::from_secs(10), "{who} does not answer");
        clock::pause(Duration::from_millis(20)).await;
    }
    Ok(())
}

/// A port nobody listens on at this moment.
pub(crate) fn free_address() -> anyhow::Result<SocketAddr> {
    Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?)
}
