//! How late alarms ring: by the rows, and as a listener in another process sees it.

use std::time::Duration;

use anyhow::ensure;
use clap::Args;

use crate::{
    clock,
    database::{Database, Databases, Engine},
    fire::check,
    herd::Herd,
    listener::Listeners,
    people,
    report::{Line, Report},
    server::Server,
    statistics::{Spread, median},
};

/// From the moment the alarms are written to the one in which the first is due: the server starts and everybody connects.
const LEAD: Duration = Duration::from_secs(5);

/// After the last was due.
const PATIENCE: Duration = Duration::from_secs(90);

#[derive(Args, Clone, Debug)]
pub(crate) struct Options {
    /// Engines to measure.
    #[arg(long, value_delimiter = ',', default_value = "sqlite,postgres")]
    pub(crate) engines: Vec<Engine>,
    /// Alarms of one case.
    #[arg(long, default_value_t = 10_000)]
    pub(crate) alarms: u32,
    /// Seconds over which they are due, one case each. 0: all at one instant.
    #[arg(long, value_delimiter = ',', default_value = "0,10")]
    pub(crate) over: Vec<u64>,
    /// Users they are dealt to; each has one live stream open.
    #[arg(long, default_value_t = 100)]
    pub(crate) users: u32,
    /// Repetitions, of which the medians are taken.
    #[arg(long, default_value_t = 5)]
    pub(crate) repeat: usize,
}

/// What one herd came to.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ringing {
    /// Milliseconds from due to the claim of the batch, as kept in the rows.
    pub(crate) by_rows: Spread,
    /// Milliseconds from due to the arrival at the listener's process.
    pub(crate) by_listeners: Spread,
    /// Alarms per second, from the first instant due to the last arrival.
    pub(crate) per_s: f64,
}

pub(crate) async fn run(options: &Options, databases: &Databases, report: &mut Report) -> anyhow::Result<()> {
    for &over in &options.over {
        let over = Duration::from_secs(over);
        let mut rings: Vec<Vec<Ringing>> = vec![Vec::new(); options.engines.len()];
        for _ in 0..options.repeat {
            for (engine, rings) in options.engines.iter().zip(&mut rings) {
                rings.push(ring(databases, *engine, options.alarms, over, options.users).await?);
            }
        }
        for (engine, rings) in options.engines.iter().zip(&rings) {
            report.add(line(*engine, options, over, rings));
        }
    }
    Ok(())
}

/// One herd, from an empty database to the last arrival.
pub(crate) async fn ring(
    databases: &Databases,
    engine: Engine,
    alarms: u32,
    over: Duration,
    users: u32,
) -> anyhow::Result<Ringing> {
    let database = databases.fresh(engine).await?;
    let herd = Herd { users, alarms, from: clock::now(), over };
    herd.settle_users(&database).await?;
    let tokens = people::tokens(&database, users).await?;
    let herd = Herd { from: clock::now() + LEAD, ..herd };
    herd.settle_alarms(&database).await?;
    let server = Server::start(&database).await?;
    let mut listeners = Listeners::open(server.address, &tokens).await?;
    ensure!(clock::now() < herd.from, "preparing took longer than {LEAD:?}: this machine is too busy to measure now");
    clock::pause(herd.from.since(clock::now()) + over).await;
    listeners.wait_for(alarms as usize, PATIENCE).await?;
    let arrivals = listeners.close().await;
    server.stop().await?;
    check(&database, alarms).await?;
    let by_rows = Spread::of(by_rows(&database).await?);
    database.remove().await?;
    let last = arrivals.iter().map(|arrival| arrival.at).max().unwrap_or(herd.from);
    Ok(Ringing {
        by_rows,
        by_listeners: Spread::of(arrivals.iter().map(crate::listener::Arrival::late_ms).collect()),
        per_s: f64::from(alarms) / last.since(herd.from).as_secs_f64(),
    })
}

async fn by_rows(database: &Database) -> anyhow::Result<Vec<f64>> {
    let late = format!("SELECT {} - {} FROM alarms", database.micros("fired_at"), database.micros("due_at"));
    #[expect(clippy::cast_precision_loss, reason = "microseconds of minutes")]
    let millis = database.numbers(&late).await?.into_iter().map(|micros| micros as f64 / 1e3).collect();
    Ok(millis)
}

fn line(engine: Engine, options: &Options, over: Duration, rings: &[Ringing]) -> Line {
    let when = if over.is_zero() { "at one instant".to_owned() } else { format!("over {} s", over.as_secs()) };
    let rows = Spread::medians(&rings.iter().map(|r| r.by_rows).collect::<Vec<_>>());
    let seen = Spread::medians(&rings.iter().map(|r| r.by_listeners).collect::<Vec<_>>());
    Line::about(format!("lateness, {engine}, {} alarms {when}, {} listeners", options.alarms, options.users))
        .with("row_p50_ms", rows.p50)
        .with("row_p99_ms", rows.p99)
        .with("row_max_ms", rows.most)
        .with("seen_least_ms", seen.least)
        .with("seen_p50_ms", seen.p50)
        .with("seen_p99_ms", seen.p99)
        .with("seen_max_ms", seen.most)
        .with("seen_per_s", median(&rings.iter().map(|r| r.per_s).collect::<Vec<_>>()))
}
