//! How many alarms fire in a second when all are due at once, with everything that firing one writes.

use std::time::Duration;

use anyhow::ensure;
use app::alarms::AlarmLane;
use clap::Args;
use clockwork::Batch as _;

use crate::{
    clock::{self, Stopwatch},
    database::{Database, Databases, Engine},
    herd::Herd,
    inside, raw,
    report::{Line, Report},
    server::Server,
    statistics::median,
};

/// From the moment the alarms are written to the one in which they are due: the server starts in between.
const LEAD: Duration = Duration::from_secs(4);

/// Looks whether all have fired this often.
const LOOK: Duration = Duration::from_millis(20);

const PATIENCE: Duration = Duration::from_mins(2);

#[derive(Args, Clone, Debug)]
pub(crate) struct Options {
    /// Engines to measure.
    #[arg(long, value_delimiter = ',', default_value = "sqlite,postgres")]
    pub(crate) engines: Vec<Engine>,
    /// Alarms due at one instant.
    #[arg(long, default_value_t = 50_000)]
    pub(crate) alarms: u32,
    /// Users they are dealt to, one figure each.
    #[arg(long, value_delimiter = ',', default_value = "1000,1")]
    pub(crate) users: Vec<u32>,
    /// Alarms in one transaction, in this process and in the raw loop; the binary goes by its configuration.
    #[arg(long, default_value_t = 500)]
    pub(crate) batch: usize,
    /// Repetitions, of which the medians are taken.
    #[arg(long, default_value_t = 5)]
    pub(crate) repeat: usize,
    /// Fires in this process, without the binary and the raw loop: for profiling.
    #[arg(long)]
    pub(crate) in_process: bool,
}

/// Alarms per second of one repetition.
struct Round {
    /// Of the binary (or of this process): until the last of them is fired.
    product: f64,
    /// Of the binary: between the first and the last batch, as the rows tell.
    steady: Option<f64>,
    /// Of the raw loop.
    raw: Option<f64>,
}

pub(crate) async fn run(options: &Options, databases: &Databases, report: &mut Report) -> anyhow::Result<()> {
    for &users in &options.users {
        for &engine in &options.engines {
            let mut rounds = Vec::new();
            for _ in 0..options.repeat {
                rounds.push(round(databases, engine, users, options).await?);
            }
            report.add(line(engine, users, options, &rounds));
        }
    }
    Ok(())
}

fn line(engine: Engine, users: u32, options: &Options, rounds: &[Round]) -> Line {
    let of = |pick: fn(&Round) -> Option<f64>| rounds.iter().filter_map(pick).collect::<Vec<_>>();
    let products = of(|r| Some(r.product));
    let place = if options.in_process { ", in process" } else { "" };
    let mut line = Line::about(format!("fire, {engine}, {} alarms of {users} users{place}", options.alarms))
        .with("alarms_per_s", median(&products))
        .with("best_per_s", products.iter().copied().fold(0.0, f64::max));
    if !options.in_process {
        line = line
            .with("by_fired_at_per_s", median(&of(|r| r.steady)))
            .with("raw_sql_per_s", median(&of(|r| r.raw)))
            .with("ratio_to_raw", median(&of(|r| r.raw.map(|raw| r.product / raw))));
    }
    line
}

async fn round(databases: &Databases, engine: Engine, users: u32, options: &Options) -> anyhow::Result<Round> {
    let herd = Herd { users, alarms: options.alarms, from: clock::now(), over: Duration::ZERO };
    if options.in_process {
        let database = databases.fresh(engine).await?;
        herd.settle(&database).await?;
        let product = in_process(&database, options.batch).await?;
        check(&database, options.alarms).await?;
        database.remove().await?;
        return Ok(Round { product, steady: None, raw: None });
    }

    let database = databases.fresh(engine).await?;
    herd.settle_users(&database).await?;
    let herd = Herd { from: clock::now() + LEAD, ..herd };
    herd.settle_alarms(&database).await?;
    let (product, steady) = binary(&database, &herd).await?;
    check(&database, options.alarms).await?;
    database.remove().await?;

    let database = databases.fresh(engine).await?;
    Herd { from: clock::now(), ..herd }.settle(&database).await?;
    let raw = raw::fire(&database, options.alarms, options.batch).await?;
    check(&database, options.alarms).await?;
    database.remove().await?;
    Ok(Round { product, steady: Some(steady), raw: Some(raw) })
}

async fn in_process(database: &Database, batch: usize) -> anyhow::Result<f64> {
    let store = database.store().await?;
    let app = inside::application(store.clone())?;
    let lane = AlarmLane::new(app.clone());
    let watch = Stopwatch::start();
    let mut fired = 0;
    loop {
        let done = lane.fire(app.now(), batch).await.map_err(anyhow::Error::msg)?.rows;
        if done == 0 {
            break;
        }
        fired += done;
    }
    let rate = watch.rate(fired);
    store.close().await;
    Ok(rate)
}

async fn binary(database: &Database, herd: &Herd) -> anyhow::Result<(f64, f64)> {
    let server = Server::start(database).await?;
    ensure!(clock::now() < herd.from, "the server was not ready before the alarms were due");
    clock::pause(herd.from.since(clock::now())).await;
    let pending = "SELECT count(*) FROM (SELECT 1 FROM alarms WHERE state = 'PENDING' LIMIT 1) AS one";
    while database.numbers(pending).await? != [0] {
        ensure!(clock::now() < herd.from + PATIENCE, "not all alarms fired within {PATIENCE:?}");
        clock::pause(LOOK).await;
    }
    let whole = f64::from(herd.alarms) / clock::now().since(herd.from).as_secs_f64();
    let steady = steady_rate(&database.numbers(&format!("SELECT {} FROM alarms", database.micros("fired_at"))).await?);
    server.stop().await?;
    Ok((whole, steady))
}

/// Alarms per second between the first and the last batch. `fired_at` is when a batch was claimed, so the last one does not count.
fn steady_rate(fired_at: &[i64]) -> f64 {
    let (first, last) = (fired_at.iter().min().copied().unwrap_or(0), fired_at.iter().max().copied().unwrap_or(0));
    let between = fired_at.iter().filter(|&&at| at < last).count();
    #[expect(clippy::cast_precision_loss, reason = "counts and microseconds far below 2^52")]
    let rate = between as f64 * 1e6 / (last - first) as f64;
    rate
}

/// A figure counts only if the work was done: every alarm fired and none early, one inbox row and one event for each.
pub(crate) async fn check(database: &Database, alarms: u32) -> anyhow::Result<()> {
    let rows =
        ["alarms WHERE state = 'FIRED' AND fired_at >= due_at", "notifications", "events WHERE kind = 'notification.created'"];
    for rows in rows {
        let count = database.numbers(&format!("SELECT count(*) FROM {rows}")).await?;
        ensure!(count == [i64::from(alarms)], "{count:?} {rows} instead of {alarms} on {}", database.engine);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_batch_is_not_over_when_it_is_claimed() {
        let rate = steady_rate(&[1_000_000, 1_000_000, 1_250_000, 1_250_000, 1_500_000]);
        assert!((rate - 8.0).abs() < 1e-9);
    }
}
