//! `campanile migrate`: applies the migrations of this version, or says which are missing.

use clap::Args;

use super::{Failure, terminal};
use crate::{
    config::{self, Environment, Flags},
    serve::runtime,
    wiring::{make_folder, open_database, seams},
};

/// Apply the database migrations of this version, and print their names
///
/// `serve` does the same at its start; this is for those who want to do it before. On PostgreSQL, other processes may run.
#[derive(Args, Debug)]
pub(crate) struct Migrate {
    /// Only print what is missing, and exit with 1 if something is
    #[arg(long)]
    check: bool,
    #[command(flatten)]
    flags: Flags,
}

/// Runs it.
pub(crate) fn run(migrate: &Migrate, environment: &Environment) -> Result<(), Failure> {
    let config = config::load(&migrate.flags, environment)?.config;
    runtime()?.block_on(async {
        if !migrate.check {
            make_folder(&config.data)?;
        }
        let store = open_database(&config, &seams()).await?;
        let names = if migrate.check { app::node::pending_migrations(&store).await? } else { store.migrate().await? };
        store.close().await;
        for name in &names {
            terminal::put(format_args!("{name}\n"))?;
        }
        match (migrate.check, names.is_empty()) {
            (_, true) => eprintln!("The database is up to date."),
            (true, false) => {
                eprintln!("These migrations are missing; `campanile migrate` or the next start applies them.");
                return Err(Failure::Said);
            }
            (false, false) => eprintln!("Applied."),
        }
        Ok(())
    })
}
