//! The life of the server.
//!
//! ```text
//!   open + migrate ─► clock, keys, use cases ─► lanes ─► listen ─► ready ── SIGTERM, SIGINT ──► drain ─► close ─► exit 0
//!        │                                                          │             └─ a second signal ends at once
//!        └── a sentence and exit 1                                  └── a part ends by itself: drain, exit 1
//! ```
//!
//! Draining: nothing new is accepted, live streams are told where to resume, requests and batches under way finish within the
//! configured time, the database is closed. A kill at any instruction loses nothing; draining only spares the clients a retry.

mod greeting;
mod parts;
mod signals;

use std::{num::NonZero, sync::Arc, time::Duration};

use clockwork::Stopper;
use kernel::Clock as _;
use tokio::net::TcpListener;

use crate::{
    cli::Failure,
    config::{self, Config, Environment, Flags, Role},
    telemetry::{self, Shape},
    wiring::{Node, NodeClock, edge_settings, go_by_zones, web_page},
};
use parts::Running;
use signals::Signals;

/// What closing the database may take on top of the time to drain.
const CLOSE: Duration = Duration::from_millis(1_500);

/// The listeners cut what is left when the time to drain is over; this is what that may take.
const CUT: Duration = Duration::from_millis(250);

/// Serves until a signal.
pub(crate) fn run(flags: &Flags, environment: &Environment) -> Result<(), Failure> {
    let config = config::load(flags, environment)?.config;
    let shape = Shape::of(config.log.format);
    telemetry::start(config.log.level.as_str(), shape, environment.plain);
    allow_descriptors(config.limits.connections.get());
    go_by_zones(&config)?;
    let runtime = runtime()?;
    let ended = runtime.block_on(serve(&config, shape));
    // A thread that hashes a password must not hold up the end.
    runtime.shutdown_timeout(Duration::from_millis(100));
    ended
}

/// One worker thread a core. The threads of SQLite stand beside them, and mostly wait for the disk.
pub(crate) fn runtime() -> Result<tokio::runtime::Runtime, Failure> {
    let cores = std::thread::available_parallelism().map_or(2, NonZero::get);
    Ok(tokio::runtime::Builder::new_multi_thread().worker_threads(cores).enable_all().build()?)
}

/// A connection is a file descriptor, and the usual 1,024 of them would be the real limit. Raises this process's own limit as
/// far as the configured connections need and the system allows.
fn allow_descriptors(connections: u32) {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    /// For the database, the log and the listeners.
    const BESIDES: u64 = 256;
    let wanted = u64::from(connections) + BESIDES;
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    if current.is_none_or(|current| current >= wanted) {
        return;
    }
    let raised = maximum.map_or(wanted, |maximum| maximum.min(wanted));
    let done = setrlimit(Resource::Nofile, Rlimit { current: Some(raised), maximum });
    if done.is_err() || raised < wanted {
        let possible = if done.is_err() { current.unwrap_or(wanted) } else { raised };
        tracing::warn!(wanted, possible, "fewer file descriptors than limits.connections needs: raise `ulimit -Hn`");
    }
}

async fn serve(config: &Config, shape: Shape) -> Result<(), Failure> {
    let mut signals = Signals::listen()?;
    let starting = start(config, shape);
    // A signal while the database is still waited for ends the wait.
    let (node, mut running, stopper) = tokio::select! {
        started = starting => started?,
        _ = signals.first() => return Ok(()),
    };
    let ended = tokio::select! {
        signal = signals.first() => {
            tracing::info!(signal, "stopping");
            Ok(())
        }
        part = running.ended() => Err(Failure::new(format!("{part} ended unexpectedly; the server stops"))
            .hint("The log says why. Nothing committed is lost: start it again.")),
    };
    signals.second_ends_at_once();
    stop(config, node, running, &stopper).await;
    ended
}

async fn start(config: &Config, shape: Shape) -> Result<(Node, Running, Stopper), Failure> {
    let page = web_page(config)?;
    let node = Node::open(config).await?;
    // Both ports are taken before anything runs, so that a taken one is a plain refusal.
    let listener = if config.does(Role::Api) { Some(bind(config.listen, "listen").await?) } else { None };
    let metrics_listener = match config.metrics.listen {
        Some(address) => Some(bind(address, "metrics.listen").await?),
        None => None,
    };
    let address = listener.as_ref().map(TcpListener::local_addr).transpose()?;

    let (stopper, stop) = Stopper::new();
    let mut running = Running::new(&node, stop);
    running.keep_time();
    running.keep_zones();
    if config.does(Role::Worker) {
        app::housekeeping::plan(&node.app).await?;
        running.run_lanes(config);
        running.run_campaigns(config);
    }
    let metrics = running.metrics();
    if let Some(listener) = metrics_listener {
        running.serve_metrics(listener, config, &metrics);
    }
    if let (Some(listener), Some(address)) = (listener, address) {
        let settings = api::EdgeSettings { page: Arc::new(page), ..edge_settings(config, address) };
        running.serve_api(listener, settings, config, metrics);
    }
    running.ready();
    greeting::say(&node, config, shape, address).await;
    Ok((node, running, stopper))
}

async fn bind(address: std::net::SocketAddr, key: &str) -> Result<TcpListener, Failure> {
    TcpListener::bind(address).await.map_err(|error| {
        let failure = Failure::new(format!("cannot listen on {address}: {error}"));
        match error.kind() {
            std::io::ErrorKind::AddrInUse => failure.hint(format!(
                "Another program listens there. Stop it, or choose another port for `{key}`; port 0 takes a free one."
            )),
            _ => failure.hint(format!("`{key}` must be an address of this machine; ports below 1024 need a privilege.")),
        }
    })
}

/// Ends every part within the configured time, then closes the database.
async fn stop(config: &Config, node: Node, mut running: Running, stopper: &Stopper) {
    let clock: Arc<NodeClock> = Arc::clone(&node.clock);
    let began = clock.monotonic();
    stopper.stop();
    tokio::select! {
        () = running.drained() => {}
        () = clock.sleep(config.stop.drain_seconds.seconds() + CUT) => {
            tracing::warn!("some work was still under way when the time to drain was over; it is rolled back and done again");
        }
    }
    tokio::select! {
        () = node.close() => {}
        () = clock.sleep(CLOSE) => tracing::warn!("the database did not close in time; it is recovered at the next start"),
    }
    let took = clock.monotonic().saturating_sub(began);
    tracing::info!(milliseconds = u64::try_from(took.as_millis()).unwrap_or(u64::MAX), "stopped");
}
