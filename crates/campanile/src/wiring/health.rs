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

use super::NodeClock;

/// The longest an answer may take, whatever the database does.
const PATIENCE: Duration = Duration::from_secs(1);

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
}

impl Health {
    /// Of this node.
    pub(crate) fn new(app: App, clock: Arc<NodeClock>, pulse: Arc<Pulse>) -> Self {
        Self { app, clock, pulse }
    }

    async fn within<T>(&self, answer: impl Future<Output = Result<T, String>> + Send) -> Result<T, String> {
        tokio::select! {
            answer = answer => answer,
            () = self.clock.sleep(PATIENCE) => Err("no answer within a second".to_owned()),
        }
    }

    async fn database(&self) -> Check {
        let answer = async { app::node::database_now(self.app.store()).await.map_err(|error| error.to_string()) };
        Check { name: "database", failure: self.within(answer).await.err() }
    }

    fn life(&self) -> Check {
        let failure = if self.pulse.stopping.load(Ordering::Acquire) {
            Some("this process is stopping".to_owned())
        } else if self.pulse.up.load(Ordering::Acquire) {
            None
        } else {
            Some("this process is starting".to_owned())
        };
        Check { name: "process", failure }
    }
}

impl Readiness for Health {
    fn check(&self) -> ReadinessFuture<'_> {
        Box::pin(async { vec![self.life(), self.database().await] })
    }
}

impl Gauges for Health {
    fn sample(&self) -> Sample {
        Sample {
            live_connections: u64::try_from(self.app.hub().connections()).unwrap_or(u64::MAX),
            clock_trusted: self.clock.is_trusted(),
        }
    }
}
