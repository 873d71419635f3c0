//! The database and the folder around it.

use std::{num::NonZeroUsize, os::unix::fs::DirBuilderExt as _, path::Path, sync::Arc, time::Duration};

use clockwork::{Backoff, SystemClock};
use store::{Open, Seams, Store, StoreError};

use super::OsEntropy;
use crate::{
    cli::Failure,
    config::{Config, Database},
};

/// The waits between attempts to reach a PostgreSQL that is still starting.
const RETRY: Backoff = Backoff { first: Duration::from_millis(200), most: Duration::from_secs(2) };

/// What a store waits by. Nothing is dated by this clock: the node's own begins with what the database says.
pub(crate) fn seams() -> Seams {
    Seams { clock: Arc::new(SystemClock::new(None)), entropy: Arc::new(OsEntropy) }
}

/// How to open the configured database.
pub(crate) fn how(config: &Config) -> Open {
    match config.database() {
        Database::Sqlite(path) => Open::Sqlite(path),
        Database::Postgres(url) => {
            Open::Postgres { url, pool: config.postgres.connections.count(), ca_file: config.postgres.ca_file.clone() }
        }
    }
}

/// Makes the data folder, readable by its owner only. One that exists is left as it is; the doctor looks at its mode.
pub(crate) fn make_folder(data: &Path) -> Result<(), Failure> {
    std::fs::DirBuilder::new().recursive(true).mode(0o700).create(data).map_err(|error| {
        Failure::new(format!("the data folder {} cannot be made: {error}", data.display()))
            .hint("Choose another one with --data, or give this user the right to write there.")
    })
}

/// Opens the database. A server that cannot be reached is tried again for the configured time; a file that is held by another
/// process, or a schema of a newer version, is refused at once.
pub(crate) async fn open(config: &Config, seams: &Seams) -> Result<Store, Failure> {
    let Seams { clock, entropy } = seams;
    let how = how(config);
    let wait = match how {
        Open::Sqlite(_) => Duration::ZERO,
        Open::Postgres { .. } => config.postgres.wait_seconds.seconds(),
    };
    let began = clock.monotonic();
    for failures in 1.. {
        let error = match Store::open(&how, seams.clone()).await {
            Ok(store) => return Ok(with_turns(store, config)),
            Err(error) => error,
        };
        let pause = RETRY.jittered(failures, &**entropy);
        let waited = clock.monotonic().saturating_sub(began);
        if !worth_waiting(&error) || waited + pause > wait {
            return Err(refused(config, error));
        }
        if failures % 10 == 1 {
            tracing::warn!(%error, "the database does not answer yet; trying again");
        }
        clock.sleep(pause).await;
    }
    Err(refused(config, StoreError::Overloaded))
}

fn with_turns(store: Store, config: &Config) -> Store {
    match NonZeroUsize::new(config.limits.transactions_per_user.count()) {
        Some(most) => store.with_turns(most),
        None => store,
    }
}

fn worth_waiting(error: &StoreError) -> bool {
    matches!(error, StoreError::Unavailable(_) | StoreError::Overloaded)
}

/// What is wrong and which database it is about, without its password.
fn refused(config: &Config, error: StoreError) -> Failure {
    let place = config.database().redacted();
    match Failure::from(error) {
        Failure::Failed { what, hint } => Failure::Failed { what: format!("{what} ({place})"), hint },
        other => other,
    }
}
