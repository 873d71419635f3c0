//! The one remedy the doctor gives itself: forgetting how far time has come, after a clock that was wrong.

use clockwork::SystemClock;
use kernel::Clock as _;
use store::Store;

use crate::{
    cli::{Failure, terminal::put},
    config::{Config, Database},
    wiring::{database_of, seams},
};

/// Takes the high-water mark out of the database. A SQLite file that a server holds is refused.
pub(super) async fn forget(config: &Config) -> Result<(), Failure> {
    let place = config.database().redacted();
    if matches!(config.database(), Database::Sqlite(path) if !path.exists()) {
        return Err(Failure::new(format!("there is no database at {place}"))
            .hint("Name the data folder with --data, or the database with --database."));
    }
    let store = Store::open(&database_of(config), seams()).await?;
    let pending = app::node::pending_migrations(&store).await?;
    let mark = if pending.is_empty() { app::node::forget_high_water(&store).await? } else { None };
    store.close().await;
    let Some(mark) = mark else {
        eprintln!("Nothing to forget: {place} keeps no instant acted upon.");
        return Ok(());
    };
    put(format_args!("{mark}\n"))?;
    eprintln!("Forgotten: that was the latest instant acted upon in {place}. Nothing else was changed.");
    eprintln!("The next start believes its clock; this machine's says {}.", SystemClock::new(None).now());
    if store.is_shared() {
        eprintln!("Processes that run on this database still remember it: start each of them again.");
    }
    Ok(())
}
