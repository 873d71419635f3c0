//! The server of the demo: this very executable, as a process of its own, so that it can really be killed.

use std::{path::Path, process::Stdio, time::Duration};

use kernel::Clock;
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use tokio::{
    io::{AsyncBufReadExt as _, BufReader, Lines},
    process::{Child, ChildStderr, Command},
};

use crate::cli::Failure;

/// A running server. Killed when dropped.
pub(super) struct Server {
    child: Child,
    pid: Pid,
    url: String,
    took: Duration,
}

impl Server {
    /// Starts one on a free port of the loopback address, and waits until it says that it is ready.
    pub(super) async fn start(data: &Path, clock: &dyn Clock) -> Result<Self, Failure> {
        let began = clock.monotonic();
        let mut child = Command::new(std::env::current_exe()?)
            .args(["serve", "--listen", "127.0.0.1:0", "--log-format", "json", "--log-level", "info", "--data"])
            .arg(data)
            // What is configured for the real server must not reach this one.
            .env_clear()
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()?;
        let pid = child.id().and_then(|id| Pid::from_raw(i32::try_from(id).ok()?));
        let (Some(pid), Some(log)) = (pid, child.stderr.take()) else {
            return Err(Failure::new("the server of the demo ended before it began"));
        };
        let mut log = BufReader::new(log).lines();
        let url = ready(&mut log).await?;
        // Somebody must read on, or the server would wait at a full pipe.
        tokio::spawn(async move { while let Ok(Some(_)) = log.next_line().await {} });
        Ok(Self { child, pid, url, took: clock.monotonic().saturating_sub(began) })
    }

    /// Where it answers.
    pub(super) fn url(&self) -> &str {
        &self.url
    }

    /// Its process.
    pub(super) fn pid(&self) -> i32 {
        self.pid.as_raw_nonzero().get()
    }

    /// How long it took to be ready.
    pub(super) fn took(&self) -> Duration {
        self.took
    }

    /// SIGKILL: it cannot be caught, and nothing is cleaned up.
    pub(super) async fn kill(&mut self) -> Result<(), Failure> {
        Ok(self.child.kill().await?)
    }

    /// SIGTERM, and waits for its clean end.
    pub(super) async fn stop(mut self, clock: &dyn Clock) -> Result<Duration, Failure> {
        let began = clock.monotonic();
        kill_process(self.pid, Signal::TERM).map_err(std::io::Error::from)?;
        let status = self.child.wait().await?;
        if !status.success() {
            return Err(Failure::new(format!("the server of the demo did not stop cleanly: {status}")));
        }
        Ok(clock.monotonic().saturating_sub(began))
    }
}

/// Reads the log until the line that says where it listens.
async fn ready(log: &mut Lines<BufReader<ChildStderr>>) -> Result<String, Failure> {
    let mut last = String::new();
    while let Some(line) = log.next_line().await? {
        let fields: Value = serde_json::from_str(&line).unwrap_or_default();
        if fields["message"] == "ready"
            && let Some(url) = fields["url"].as_str()
        {
            return Ok(url.to_owned());
        }
        last = line;
    }
    Err(Failure::new(format!("the server of the demo did not start: {last}")))
}
