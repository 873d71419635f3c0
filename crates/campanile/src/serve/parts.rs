//! The long-lived parts of a server: each is a task that runs until the stopper is pulled.

use std::{collections::HashMap, sync::Arc, time::Duration};

use api::Metrics;
use app::{
    App,
    alarms::AlarmLane,
    campaigns::rounds,
    housekeeping::{JobLane, Retention},
};
use clockwork::{Pace, Stop, run_batch, run_leased};
use tokio::{
    net::TcpListener,
    task::{Id, JoinSet},
};

use crate::{
    config::Config,
    wiring::{Health, Node, NodeClock, OsEntropy, Pulse, follow, keep_mark, serve_limits},
};

/// Jobs are few, and none is in a hurry: they run two at a time, beside the alarms.
const JOBS: Pace = Pace { batch: 2, sweep: Duration::from_secs(1), catch_up: 0 };

/// The parts that run, by name.
pub(super) struct Running {
    app: App,
    clock: Arc<NodeClock>,
    health: Arc<Health>,
    pulse: Arc<Pulse>,
    stop: Stop,
    tasks: JoinSet<()>,
    names: HashMap<Id, &'static str>,
}

impl Running {
    /// Nothing runs yet. Everything will end when `stop` comes.
    pub(super) fn new(node: &Node, stop: Stop) -> Self {
        let pulse = Arc::new(Pulse::default());
        let health = Arc::new(Health::new(node.app.clone(), Arc::clone(&node.clock), Arc::clone(&pulse)));
        let (app, clock) = (node.app.clone(), Arc::clone(&node.clock));
        Self { app, clock, health, pulse, stop, tasks: JoinSet::new(), names: HashMap::new() }
    }

    fn spawn(&mut self, name: &'static str, part: impl Future<Output = ()> + Send + 'static) {
        let id = self.tasks.spawn(part).id();
        self.names.insert(id, name);
    }

    /// Follows the database's clock, and remembers how far time has come.
    pub(super) fn keep_time(&mut self) {
        let store = self.app.store().clone();
        self.spawn("the clock", follow(store.clone(), Arc::clone(&self.clock), self.stop.clone()));
        self.spawn("the high-water mark", keep_mark(store, Arc::clone(&self.clock), self.stop.clone()));
    }

    /// Plans anew what moves by the database of time zones in use, beside everything else.
    pub(super) fn keep_zones(&mut self) {
        self.spawn("the walk through the zones", app::calendar::zones::keep_up(self.app.clone(), self.stop.clone()));
    }

    /// Rings alarms and keeps house.
    pub(super) fn run_lanes(&mut self, config: &Config) {
        let (batch, catch_up) = (config.lanes.batch_rows.count(), config.lanes.catch_up_per_second.count());
        let pace = Pace { batch, catch_up, ..Pace::default() };
        let (app, clock, stop) = (self.app.clone(), Arc::clone(&self.clock), self.stop.clone());
        self.spawn("the lane of alarms", async move {
            let lane = AlarmLane::new(app.clone());
            run_batch(&lane, &*clock, &OsEntropy, app.alarm_wake(), pace, stop).await;
        });

        let (app, clock, stop) = (self.app.clone(), Arc::clone(&self.clock), self.stop.clone());
        let retention = Retention {
            trash: config.retention.trash_days.days(),
            alarms: config.retention.alarm_days.days(),
            read_notifications: config.retention.read_notification_days.days(),
            notifications: config.retention.notification_days.days(),
            events: config.retention.event_days.days(),
            room_events: config.retention.room_events.get(),
            room_comments: config.retention.room_comments.get(),
            rounds: Some(config.retention.round_days.days()).filter(|kept| !kept.is_zero()),
            product_rounds: config.retention.product_rounds.get(),
        };
        self.spawn("the lane of jobs", async move {
            let lane = JobLane::new(app.clone(), retention);
            run_leased(&lane, &*clock, &OsEntropy, app.job_wake(), JOBS, stop).await;
        });
    }

    /// Tells people of what is back in stock.
    pub(super) fn run_campaigns(&mut self, config: &Config) {
        let channel = config.campaigns.handover_url.as_ref().and_then(|url| {
            let clock: Arc<dyn kernel::Clock> = Arc::clone(&self.clock) as _;
            outbound::Handover::new(url.as_str(), clock)
        });
        self.spawn("the freezer of restock rounds", rounds::run_freezer(self.app.clone(), self.stop.clone()));
        self.spawn("the sender of restock rounds", rounds::run_sender(self.app.clone(), channel, self.stop.clone()));
    }

    /// The counters, once for all listeners.
    pub(super) fn metrics(&self) -> Arc<Metrics> {
        let build = api::Build { version: env!("CARGO_PKG_VERSION"), engine: self.app.store().engine_name() };
        Arc::new(Metrics::new(&self.app, &build, Arc::clone(&self.health) as Arc<dyn api::Gauges>))
    }

    /// Answers `/metrics` on a listener of its own.
    pub(super) fn serve_metrics(&mut self, listener: TcpListener, config: &Config, metrics: &Arc<Metrics>) {
        let router = api::metrics_router(self.app.clone(), Arc::clone(metrics));
        let (limits, drain, mut stop) = (serve_limits(config), config.stop.drain_seconds.seconds(), self.stop.clone());
        self.spawn("the metrics listener", async move {
            api::serve(listener, router, limits, async move { stop.stopped().await }, drain).await;
        });
    }

    /// Answers HTTP.
    pub(super) fn serve_api(
        &mut self,
        listener: TcpListener,
        settings: api::EdgeSettings,
        config: &Config,
        metrics: Arc<Metrics>,
    ) {
        let router = api::router(self.app.clone(), settings, metrics, Arc::clone(&self.health) as Arc<dyn api::Readiness>);
        // Readers hear of what other nodes write, and lose their stream with their right to it.
        self.spawn("the watch over live streams", app::notify::watch_streams(self.app.clone(), self.stop.clone()));
        self.spawn("the watch over who is in which room", app::rooms::watch_presence(self.app.clone(), self.stop.clone()));
        let (limits, drain, mut stop) = (serve_limits(config), config.stop.drain_seconds.seconds(), self.stop.clone());
        let (hub, pulse) = (self.app.hub().clone(), Arc::clone(&self.pulse));
        self.spawn("the HTTP listener", async move {
            let stopped = async move {
                stop.stopped().await;
                pulse.is_stopping();
                // Streams would hold their connections open for ever: they are told where to resume, and end.
                hub.drain();
            };
            api::serve(listener, router, limits, stopped, drain).await;
        });
    }

    /// Everything is up.
    pub(super) fn ready(&self) {
        self.pulse.is_up();
    }

    /// Waits until a part ends although nobody asked it to; answers its name.
    pub(super) async fn ended(&mut self) -> &'static str {
        let id = match self.tasks.join_next_with_id().await {
            Some(Ok((id, ()))) => id,
            Some(Err(error)) => {
                tracing::error!(%error, "a part of the server failed");
                error.id()
            }
            None => return "everything",
        };
        self.names.get(&id).copied().unwrap_or("a part")
    }

    /// Waits until every part has ended.
    pub(super) async fn drained(&mut self) {
        while self.tasks.join_next().await.is_some() {}
    }
}
