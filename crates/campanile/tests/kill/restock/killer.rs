//! Whoever kills the sender: two seconds after it began to tell people, wherever it is, and starts it again.

use std::{sync::Arc, time::Duration};

use clockwork::SystemClock;
use kernel::{Clock as _, Instant};
use testkit::TestServer;
use tokio::sync::watch;

/// How long a sender lives.
const LIFE: Duration = Duration::from_secs(2);

/// Longer than another process needs to become the sender; where nobody is told for so long, somebody is killed all the same.
const PATIENCE: Duration = Duration::from_secs(8);

/// The killer, and when it killed: from the signal until the process was ready again.
pub(crate) struct Killer {
    pub(crate) servers: Vec<TestServer>,
    pub(crate) deaths: Vec<(Instant, Instant)>,
    http: reqwest::Client,
    clock: Arc<SystemClock>,
}

impl Killer {
    /// All of `servers` run.
    pub(crate) fn new(servers: Vec<TestServer>, clock: Arc<SystemClock>) -> Self {
        Self { servers, deaths: Vec::new(), http: reqwest::Client::new(), clock }
    }

    /// Kills until `over`; all of them run then.
    pub(crate) async fn kill_until(mut self, mut over: watch::Receiver<bool>) -> Self {
        while !*over.borrow() {
            let victim = self.sender().await;
            tokio::select! {
                () = self.clock.sleep(LIFE) => {}
                _ = over.wait_for(|is_over| *is_over) => break,
            }
            let from = self.clock.now();
            self.servers[victim].kill();
            self.servers[victim].start().await;
            self.deaths.push((from, self.clock.now()));
        }
        self
    }

    /// Whichever process tells people now.
    async fn sender(&self) -> usize {
        let began = self.clock.monotonic();
        let mut before = self.settled().await;
        while self.clock.monotonic().saturating_sub(began) < PATIENCE {
            self.clock.sleep(Duration::from_millis(50)).await;
            let now = self.settled().await;
            if let Some(sender) = now.iter().zip(&before).position(|(now, before)| now > before) {
                return sender;
            }
            before = now;
        }
        self.deaths.len() % self.servers.len()
    }

    /// How many each process has settled since it was started.
    async fn settled(&self) -> Vec<u64> {
        let mut settled = Vec::new();
        for server in &self.servers {
            let page =
                self.http.get(format!("{}/metrics", server.url())).send().await.expect("it runs").text().await.expect("a page");
            let lines = page.lines().filter(|line| line.starts_with("campanile_campaign_recipients_total{"));
            settled.push(lines.filter_map(|line| line.rsplit_once(' ')?.1.parse::<u64>().ok()).sum());
        }
        settled
    }
}
