//! Other products with the same work: alarms due at one instant, and spread over ten seconds.
//!
//! Each repetition runs ours on both engines and every peer, one after the other, so that all see the same weather; a ratio is
//! taken within its repetition, and the medians of those are shown. A peer's lateness is taken at the start of a handler that
//! does nothing, in a process of its own; ours when the event arrives at a listener in this process, after the inbox row and
//! the events are on disk. That is more work, and to our disadvantage.

use std::{
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::Duration,
};

use anyhow::{Context as _, bail, ensure};
use clap::{Args, ValueEnum};
use serde_json::Value;
use store::Open;
use tempfile::TempDir;

use crate::{
    database::{Databases, Engine},
    lateness::ring,
    report::{Line, Report},
    server::{free_address, listening},
    statistics::{Spread, median},
};

/// Users ours are dealt to.
const USERS: u32 = 100;

/// Seconds a peer has to be given its jobs before the first is due.
const LEAD: u32 = 10;

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Peer {
    GraphileWorker,
    Bullmq,
    PgBoss,
}

impl Peer {
    const fn script(self) -> &'static str {
        match self {
            Self::GraphileWorker => "graphile-worker",
            Self::Bullmq => "bullmq",
            Self::PgBoss => "pg-boss",
        }
    }

    const fn durability(self) -> &'static str {
        match self {
            Self::GraphileWorker => "PostgreSQL, fsync before the reply; tuned: poll 100 ms, local queue 500, concurrency 24",
            Self::Bullmq => "Redis, appendfsync always: fsync before the reply; concurrency 100",
            Self::PgBoss => "PostgreSQL, fsync before the reply; 2 pollers each 0.5 s, 1,000 a fetch",
        }
    }
}

#[derive(Args, Clone, Debug)]
pub(crate) struct Options {
    /// Engines of ours.
    #[arg(long, value_delimiter = ',', default_value = "sqlite,postgres")]
    pub(crate) engines: Vec<Engine>,
    /// Peers to run.
    #[arg(long, value_delimiter = ',', default_value = "graphile-worker,bullmq,pg-boss")]
    pub(crate) peers: Vec<Peer>,
    /// Alarms of one case.
    #[arg(long, default_value_t = 20_000)]
    pub(crate) alarms: u32,
    /// Seconds over which they are due, one case each. 0: all at one instant.
    #[arg(long, value_delimiter = ',', default_value = "0,10")]
    pub(crate) over: Vec<u64>,
    /// Repetitions, of which the medians are taken.
    #[arg(long, default_value_t = 5)]
    pub(crate) repeat: usize,
}

/// One herd of one product.
#[derive(Clone, Copy, Debug)]
struct Run {
    late_ms: Spread,
    /// Alarms per second, from the first instant due to the last begun.
    per_s: f64,
}

/// What is measured in a column.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Product {
    Ours(Engine),
    Theirs(Peer),
}

pub(crate) async fn run(options: &Options, databases: &Databases, report: &mut Report) -> anyhow::Result<()> {
    let folder = installed("peers")?;
    let redis = if options.peers.contains(&Peer::Bullmq) { Some(Redis::start().await?) } else { None };
    let products: Vec<Product> =
        options.engines.iter().map(|&e| Product::Ours(e)).chain(options.peers.iter().map(|&p| Product::Theirs(p))).collect();
    for &over in &options.over {
        let mut runs: Vec<Vec<Run>> = vec![Vec::new(); products.len()];
        for _ in 0..options.repeat {
            for (product, runs) in products.iter().zip(&mut runs) {
                runs.push(match *product {
                    Product::Ours(engine) => ours(databases, engine, options, over).await?,
                    Product::Theirs(peer) => theirs(databases, redis.as_ref(), &folder, peer, options, over).await?,
                });
            }
        }
        for (product, runs) in products.iter().zip(&runs) {
            report.add(line(*product, options, over, runs));
        }
        compare(&products, &runs, over, report);
    }
    Ok(())
}

async fn ours(databases: &Databases, engine: Engine, options: &Options, over: u64) -> anyhow::Result<Run> {
    let rung = ring(databases, engine, options.alarms, Duration::from_secs(over), USERS).await?;
    Ok(Run { late_ms: rung.by_listeners, per_s: rung.per_s })
}

async fn theirs(
    databases: &Databases,
    redis: Option<&Redis>,
    folder: &Path,
    peer: Peer,
    options: &Options,
    over: u64,
) -> anyhow::Result<Run> {
    if let (Peer::Bullmq, Some(redis)) = (peer, redis) {
        return measure(folder, peer, &redis.url, options, over);
    }
    let database = databases.bare().await?;
    let Open::Postgres { url, .. } = &database.open else { bail!("{} needs PostgreSQL", peer.script()) };
    let run = measure(folder, peer, url, options, over)?;
    database.remove().await?;
    Ok(run)
}

/// Runs one peer to its end. Nothing else runs meanwhile, so that this blocks harms nobody.
fn measure(folder: &Path, peer: Peer, url: &str, options: &Options, over: u64) -> anyhow::Result<Run> {
    let output = Command::new("node")
        .arg("measure.mjs")
        .args([peer.script(), url, &options.alarms.to_string(), &over.to_string(), &LEAD.to_string()])
        .current_dir(folder)
        .stdin(Stdio::null())
        .output()
        .context("node")?;
    ensure!(output.status.success(), "{}: {}", peer.script(), String::from_utf8_lossy(&output.stderr));
    let answer: Value = serde_json::from_slice(&output.stdout)?;
    let late: Vec<f64> = answer["late_ms"].as_array().into_iter().flatten().filter_map(Value::as_f64).collect();
    ensure!(late.len() == options.alarms as usize, "{} did {} of {} jobs", peer.script(), late.len(), options.alarms);
    #[expect(clippy::cast_precision_loss, reason = "some seconds")]
    let over = over as f64;
    let late_ms = Spread::of(late);
    // Spread herds end about when the last was due, so their rate says nothing; it is shown for one instant only.
    Ok(Run { late_ms, per_s: f64::from(options.alarms) / (over + late_ms.most / 1e3) })
}

fn line(product: Product, options: &Options, over: u64, runs: &[Run]) -> Line {
    let late = Spread::medians(&runs.iter().map(|run| run.late_ms).collect::<Vec<_>>());
    let durability = match product {
        Product::Ours(_) => "fsync before anybody hears of it",
        Product::Theirs(peer) => peer.durability(),
    };
    Line::about(format!("peers, {}, {} alarms {}", name(product), options.alarms, when(over)))
        .with("late_least_ms", late.least)
        .with("late_p50_ms", late.p50)
        .with("late_p99_ms", late.p99)
        .with("late_max_ms", late.most)
        .with("per_s", median(&runs.iter().map(|run| run.per_s).collect::<Vec<_>>()))
        .say("durability", durability)
}

/// How many times later and slower each peer was than each of ours in the same repetition.
fn compare(products: &[Product], runs: &[Vec<Run>], over: u64, report: &mut Report) {
    let all = || products.iter().zip(runs);
    for (our, ours) in all().filter(|(product, _)| matches!(product, Product::Ours(_))) {
        for (their, theirs) in all().filter(|(product, _)| matches!(product, Product::Theirs(_))) {
            let ratio = |of: fn(&Run, &Run) -> f64| median(&ours.iter().zip(theirs).map(|(o, t)| of(o, t)).collect::<Vec<_>>());
            let mut line = Line::about(format!("peers, {} against {}, {}", name(*our), name(*their), when(over)))
                .with("earlier_p50_times", ratio(|o, t| t.late_ms.p50 / o.late_ms.p50))
                .with("earlier_p99_times", ratio(|o, t| t.late_ms.p99 / o.late_ms.p99));
            if over == 0 {
                line = line.with("rate_times", ratio(|o, t| o.per_s / t.per_s));
            }
            report.add(line);
        }
    }
}

fn name(product: Product) -> String {
    match product {
        Product::Ours(engine) => format!("campanile on {engine}"),
        Product::Theirs(peer) => peer.script().to_owned(),
    }
}

fn when(over: u64) -> String {
    if over == 0 { "at one instant".to_owned() } else { format!("over {over} s") }
}

/// The folder in which other products' scripts and packages lie, installed as the lock file says, outside of the clone.
pub(crate) fn installed(what: &str) -> anyhow::Result<PathBuf> {
    let script = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("install.sh");
    let output = Command::new(&script).arg(what).stdin(Stdio::null()).output().with_context(|| script.display().to_string())?;
    ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    Ok(PathBuf::from(String::from_utf8(output.stdout)?.trim()))
}

/// A Redis that syncs its log before it replies. Ended with this value.
struct Redis {
    child: Child,
    url: String,
    _folder: TempDir,
}

impl Redis {
    async fn start() -> anyhow::Result<Self> {
        let folder = tempfile::Builder::new().prefix("campanile-bench-redis.").tempdir()?;
        let address = free_address()?;
        let child = Command::new("redis-server")
            .args(["--bind", "127.0.0.1", "--port", &address.port().to_string()])
            .args(["--appendonly", "yes", "--appendfsync", "always", "--save", "", "--dir"])
            .arg(folder.path())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .spawn()
            .context("redis-server: apt-get install redis-server, or leave --peers bullmq out")?;
        let redis = Self { child, url: format!("redis://{address}"), _folder: folder };
        listening(address, "redis-server").await?;
        Ok(redis)
    }
}

impl Drop for Redis {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
