//! Whether this node can serve, and what an operator watches: read from the rooms when somebody asks.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use api::{Check, Gauges, Readiness, ReadinessFuture, Sample};
use app::App;
use kernel::Clock as _;
use tokio::sync::Mutex;

use super::NodeClock;

/// The longest an answer may take, whatever the database does.
const PATIENCE: Duration = Duration::from_secs(1);

/// Whoever asks within this time after an answer of the database is told that answer again: anybody may ask, and each proof is
/// a write.
const FRESH: Duration = Duration::from_secs(1);

/// A clock of the database that has not been read for longer than this is worth a word. It is read every second.
const UNREAD: Duration = Duration::from_secs(5);

/// How far the life of the server has come.
#[derive(Debug, Default)]
pub(crate) struct Pulse {
    up: AtomicBool,
    stopping: AtomicBool,
}

impl Pulse {
    /// Everything was started.
    pub(crate) fn is_up(&self) {
        self.up.store(true, Ordering::Release);
    }

    /// The end has begun: nothing new is to be sent here.
    pub(crate) fn is_stopping(&self) {
        self.stopping.store(true, Ordering::Release);
    }
}

/// Looks at the node from the outside.
pub(crate) struct Health {
    app: App,
    clock: Arc<NodeClock>,
    pulse: Arc<Pulse>,
    /// When (monotonic) the database last answered whether it takes writes, and what.
    proof: Mutex<Option<(Duration, Result<(), String>)>>,
}

impl Health {
    /// Of this node.
    pub(crate) fn new(app: App, clock: Arc<NodeClock>, pulse: Arc<Pulse>) -> Self {
        Self { app, clock, pulse, proof: Mutex::new(None) }
    }

    async fn within<T>(&self, answer: impl Future<Output = Result<T, String>> + Send) -> Result<T, String> {
        tokio::select! {
            answer = answer => answer,
            () = self.clock.sleep(PATIENCE) => Err("no answer within a second".to_owned()),
        }
    }

    /// Whether the database takes writes: a full disk still answers every read.
    async fn database(&self) -> Check {
        Check { name: "database", failure: self.within(self.proven()).await.err(), note: None }
    }

    async fn proven(&self) -> Result<(), String> {
        let mut proof = self.proof.lock().await;
        let now = self.clock.monotonic();
        if proof.as_ref().is_none_or(|(at, _)| now.saturating_sub(*at) >= FRESH) {
            let answer = app::node::beat(self.app.store(), self.clock.now()).await;
            *proof = Some((self.clock.monotonic(), answer.map_err(|error| error.to_string())));
        }
        proof.as_ref().map_or(Ok(()), |(_, answer)| answer.clone())
    }

    fn time(&self) -> Check {
        let unread = self.clock.unread();
        let note = (unread > UNREAD).then(|| {
            let seconds = unread.as_secs();
            format!("the clock of the database was last read {seconds} s ago; until then, time goes on by the monotonic clock")
        });
        Check { name: "clock", failure: self.clock.doubt().map(|doubt| doubt.to_string()), note }
    }

    fn life(&self) -> Check {
        let failure = if self.pulse.stopping.load(Ordering::Acquire) {
            Some("this process is stopping".to_owned())
        } else if self.pulse.up.load(Ordering::Acquire) {
            None
        } else {
            Some("this process is starting".to_owned())
        };
        Check { name: "process", failure, note: None }
    }
}

impl Readiness for Health {
    fn check(&self) -> ReadinessFuture<'_> {
        Box::pin(async { vec![self.life(), self.database().await, self.time()] })
    }
}

impl Gauges for Health {
    fn sample(&self) -> Sample {
        Sample {
            live_connections: u64::try_from(self.app.hub().connections()).unwrap_or(u64::MAX),
            clock_trusted: self.clock.is_trusted(),
            clock_unread: self.clock.unread(),
        }
    }
}
