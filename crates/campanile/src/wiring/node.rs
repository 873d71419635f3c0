//! A node: the database opened and migrated, the clock, the keys, and the use cases over them.

use std::{net::SocketAddr, sync::Arc};

use api::{EdgeSettings, MetricsDoor as Door, ServeLimits};
use app::{App, Parts};
use clockwork::Wake;
use store::Store;

use super::{NodeClock, OsEntropy, database, secret};
use crate::{
    cli::Failure,
    config::{Config, MetricsDoor},
};

/// Everything that both the server and the commands which work on the database need.
pub(crate) struct Node {
    /// The use cases.
    pub(crate) app: App,
    /// The database under them.
    pub(crate) store: Store,
    /// The clock they go by.
    pub(crate) clock: Arc<NodeClock>,
}

impl Node {
    /// Opens and migrates the database, reads or makes the secret, begins the clock.
    pub(crate) async fn open(config: &Config) -> Result<Self, Failure> {
        let entropy = Arc::new(OsEntropy);
        database::make_folder(&config.data)?;
        let store = database::open(config, &database::seams()).await?;
        let applied = store.migrate().await?;
        if !applied.is_empty() {
            tracing::info!(migrations = applied.join(", "), "the database was migrated");
        }
        let clock = Arc::new(NodeClock::of(&store).await?);
        let app = App::new(Parts {
            store: store.clone(),
            clock: Arc::clone(&clock) as Arc<dyn kernel::Clock>,
            keys: secret::keys(&config.secret_file(), &*entropy)?,
            entropy,
            hub: hub::Hub::new(stream_limits(config)),
            identity: identity_settings(config),
            calendar: app::calendar::Settings { schedules_per_user: config.limits.schedules_per_user.get() },
            rooms: room_settings(config),
            campaigns: campaign_settings(config),
            alarms: Wake::default(),
            jobs: Wake::default(),
            meters: app::alarms::Meters::default(),
            campaign_meters: app::campaigns::rounds::Meters::default(),
        });
        Ok(Self { app, store, clock })
    }

    /// Lets what is queued finish, and lets go of the database.
    pub(crate) async fn close(&self) {
        self.store.close().await;
    }
}

fn stream_limits(config: &Config) -> hub::Limits {
    let (per_user, per_process) = (config.limits.streams_per_user.count(), config.limits.streams.count());
    let per_stream = config.limits.streams_per_room.count();
    hub::Limits { per_user, per_process, per_stream, ..hub::Limits::default() }
}

fn room_settings(config: &Config) -> app::rooms::Settings {
    app::rooms::Settings {
        rooms_per_user: config.limits.rooms_per_user.get(),
        members_per_room: config.limits.members_per_room.get(),
        invitations_per_room: config.limits.invitations_per_room.get(),
    }
}

fn campaign_settings(config: &Config) -> app::campaigns::rounds::Settings {
    app::campaigns::rounds::Settings {
        starts_per_second: config.campaigns.starts_per_second.get(),
        on_unknown: config.campaigns.on_unknown.0,
    }
}

fn identity_settings(config: &Config) -> app::identity::Settings {
    app::identity::Settings {
        issuer: config.identity.issuer.as_str().to_owned(),
        audience: config.identity.audience.as_str().to_owned(),
        password: app::identity::PasswordCost {
            memory_kib: config.identity.password_memory_kib.get(),
            passes: config.identity.password_passes.get(),
            lanes: 1,
        },
    }
}

/// What the front door is told. `listening` is where it really listens, which matters when port 0 was configured.
pub(crate) fn edge_settings(config: &Config, listening: SocketAddr) -> EdgeSettings {
    EdgeSettings {
        public_url: public_url(config, listening),
        cors_origins: config.http.cors_origins.iter().map(|origin| origin.as_str().to_owned()).collect(),
        trusted_proxies: config.http.trusted_proxies.clone(),
        metrics: match config.metrics.door {
            MetricsDoor::Loopback => Door::Loopback,
            MetricsDoor::Open => Door::Open,
            MetricsDoor::Closed => Door::Closed,
        },
        limits: api::Limits {
            in_flight: config.limits.requests.count(),
            in_flight_per_principal: config.limits.requests_per_principal.count(),
            streams_per_address: config.limits.streams_per_address.count(),
            request_timeout: config.limits.request_seconds.seconds(),
            body_timeout: config.limits.body_seconds.seconds(),
        },
        page: Arc::default(),
    }
}

/// Limits of the connections.
pub(crate) fn serve_limits(config: &Config) -> ServeLimits {
    let limits = &config.limits;
    ServeLimits {
        connections: limits.connections.count(),
        head_timeout: limits.head_seconds.seconds(),
        idle_timeout: limits.idle_seconds.seconds(),
        ..ServeLimits::default()
    }
}

/// Where people reach this installation, as far as it is known: an address of "every interface" is reached by this machine's.
fn public_url(config: &Config, listening: SocketAddr) -> String {
    match &config.http.public_url {
        Some(url) => url.as_str().to_owned(),
        None if listening.ip().is_unspecified() => format!("http://localhost:{}", listening.port()),
        None => format!("http://{listening}"),
    }
}
