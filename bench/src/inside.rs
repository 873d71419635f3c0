//! The product without its front door: `app` over `store` in this process, for profiling the path of an alarm
//! and for what is measured below HTTP.

use std::sync::Arc;

use anyhow::Context as _;
use app::{App, Parts, identity};
use clockwork::{SystemClock, Wake};
use hub::{Hub, Limits};
use kernel::{Clock, Entropy};
use store::Store;

use crate::clock::OsEntropy;

/// An application on `store` that nobody listens to.
pub(crate) fn application(store: Store) -> anyhow::Result<App> {
    telling(store, app::campaigns::rounds::Settings::default())
}

/// One that tells people of products as `campaigns` says.
pub(crate) fn telling(store: Store, campaigns: app::campaigns::rounds::Settings) -> anyhow::Result<App> {
    let line = identity::Keys::generate_line(&OsEntropy);
    let secrets = identity::Secret::read_file(&line).context("a secret was generated and is not readable")?;
    Ok(App::new(Parts {
        store,
        clock: Arc::new(SystemClock::new(None)) as Arc<dyn Clock>,
        entropy: Arc::new(OsEntropy) as Arc<dyn Entropy>,
        hub: Hub::new(Limits::default()),
        keys: identity::Keys::from_secrets(secrets)?,
        identity: identity::Settings::default(),
        calendar: app::calendar::Settings::default(),
        rooms: app::rooms::Settings::default(),
        campaigns,
        alarms: Wake::default(),
        jobs: Wake::default(),
        meters: app::alarms::Meters::default(),
        campaign_meters: app::campaigns::rounds::Meters::default(),
    }))
}
