//! What the process takes: resident memory, and the time until it is ready.

use std::time::Duration;

use clap::Args;

use crate::{
    clock,
    database::{Databases, Engine},
    herd::Herd,
    report::{Line, Report},
    server::Server,
    statistics::median,
};

/// When the alarms that only wait are due.
const FAR: Duration = Duration::from_hours(24 * 30);

#[derive(Args, Clone, Debug)]
pub(crate) struct Options {
    /// Engines to measure.
    #[arg(long, value_delimiter = ',', default_value = "sqlite,postgres")]
    pub(crate) engines: Vec<Engine>,
    /// Alarms that wait while nothing is due; one figure each.
    #[arg(long, value_delimiter = ',', default_value = "0,1000000")]
    pub(crate) pending: Vec<u32>,
    /// Seconds between ready and the look at the memory.
    #[arg(long, default_value_t = 10)]
    pub(crate) settle: u64,
    /// Starts, of which the median is taken.
    #[arg(long, default_value_t = 5)]
    pub(crate) repeat: usize,
}

pub(crate) async fn run(options: &Options, databases: &Databases, report: &mut Report) -> anyhow::Result<()> {
    for &engine in &options.engines {
        for &pending in &options.pending {
            let database = databases.fresh(engine).await?;
            if pending > 0 {
                let from = clock::now() + FAR;
                Herd { users: 1_000, alarms: pending, from, over: FAR }.settle(&database).await?;
            }
            // The first start makes the secret, and fills the caches of the disk.
            Server::start(&database).await?.stop().await?;
            let mut starts = Vec::new();
            for _ in 0..options.repeat {
                let server = Server::start(&database).await?;
                starts.push(server.ready_after.as_secs_f64() * 1e3);
                server.stop().await?;
            }
            let server = Server::start(&database).await?;
            clock::pause(Duration::from_secs(options.settle)).await;
            let (resident, anonymous) = server.resident_mib()?;
            server.stop().await?;
            database.remove().await?;
            report.add(
                Line::about(format!("footprint, {engine}, {pending} pending"))
                    .with("ready_after_ms", median(&starts))
                    .with("resident_mib", resident)
                    .with("of_it_anonymous_mib", anonymous),
            );
        }
    }
    Ok(())
}
