//! One channel and many who listen: what is published once arrives a thousand times.
//!
//! Each repetition runs every product, one after the other, so that all see the same weather; the medians are shown. Ours has each
//! event on disk before it answers and before anybody hears of it; the others keep theirs in memory.

mod audience;
mod hubs;

use std::{
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use anyhow::ensure;
use clap::{Args, ValueEnum};
use tokio::task::JoinSet;

use crate::{
    clock::{self, Stopwatch},
    connection::Connection,
    database::{Databases, Engine},
    report::{Line, Report},
    statistics::{Spread, median},
};
use audience::{Audience, Heard};
use hubs::Hub;

/// Requests of a publisher that are under way at once.
const IN_FLIGHT: usize = 32;

/// Events that a crowd of publishers publishes.
const CROWD_EVENTS: u32 = 5_000;

/// Events that somebody has missed.
const MISSED: u32 = 10_000;

/// Bytes of the text of a message, the stamp among them.
const BYTES: usize = 200;

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Other {
    Nchan,
    SocketIo,
}

#[derive(Args, Clone, Debug)]
pub(crate) struct Options {
    /// Engines of ours; without a value none.
    #[arg(long, value_delimiter = ',', num_args = 0.., default_value = "sqlite")]
    pub(crate) engines: Vec<Engine>,
    /// What is measured beside ours.
    #[arg(long, value_delimiter = ',', default_value = "nchan,socket-io")]
    pub(crate) beside: Vec<Other>,
    /// How many listen, one case each.
    #[arg(long, value_delimiter = ',', default_value = "1000,5000")]
    pub(crate) listeners: Vec<u32>,
    /// Deliveries of a burst, which are published as quickly as the hub takes them.
    #[arg(long, default_value_t = 300_000)]
    pub(crate) burst: u32,
    /// Deliveries per second that are published at a steady pace for five seconds.
    #[arg(long, default_value_t = 20_000)]
    pub(crate) pace: u32,
    /// Events per second to ten listeners, for five seconds. 0: not at all.
    #[arg(long, default_value_t = 1_000)]
    pub(crate) stream: u32,
    /// Publishers that publish into one room at the same time, each as quickly as it is answered. 0: not at all.
    #[arg(long, default_value_t = 64)]
    pub(crate) crowd: usize,
    /// Repetitions, of which the medians are taken.
    #[arg(long, default_value_t = 5)]
    pub(crate) repeat: usize,
}

/// What is measured in a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Product {
    Ours(Engine),
    Nchan,
    SocketIo,
}

/// One product, once.
#[derive(Clone, Copy, Debug)]
struct Run {
    burst_per_s: f64,
    burst_cpu_us: f64,
    lone_ms: Spread,
    lone_cpu_us: f64,
    connection_kib: f64,
    joins_per_s: f64,
}

/// Seconds for which something is published at a pace.
const SECONDS: u32 = 5;

pub(crate) async fn run(options: &Options, databases: &Databases, report: &mut Report) -> anyhow::Result<()> {
    allow_many_files()?;
    let others = options.beside.iter().map(|other| match other {
        Other::Nchan => Product::Nchan,
        Other::SocketIo => Product::SocketIo,
    });
    let products: Vec<Product> = options.engines.iter().map(|&engine| Product::Ours(engine)).chain(others).collect();
    for &listeners in &options.listeners {
        let mut runs: Vec<Vec<Run>> = vec![Vec::new(); products.len()];
        for _ in 0..options.repeat {
            for (&product, runs) in products.iter().zip(&mut runs) {
                runs.push(measure(product, listeners, options, databases).await?);
            }
        }
        for (&product, runs) in products.iter().zip(&runs) {
            report.add(line(product, listeners, runs));
        }
    }
    if options.stream > 0 {
        for &product in &products {
            let mut late = Vec::new();
            for _ in 0..options.repeat {
                late.push(steady(product, options.stream, databases).await?);
            }
            let late = Spread::medians(&late);
            let what = format!("fanout, {}, {} events/s to {FEW}", name(product), options.stream);
            report.add(Line::about(what).with("late_p50_ms", late.p50).with("late_p99_ms", late.p99));
        }
    }
    if options.crowd > 0 {
        for &product in &products {
            let mut rates = Vec::new();
            for _ in 0..options.repeat {
                rates.push(crowd(product, options.crowd, databases).await?);
            }
            let what = format!("fanout, {}, {} publishers", name(product), options.crowd);
            report.add(Line::about(what).with("events_per_s", median(&rates)));
        }
    }
    for &product in &products {
        let mut took = Vec::new();
        for _ in 0..options.repeat {
            took.extend(replay(product, databases).await?);
        }
        if !took.is_empty() {
            let what = format!("fanout, {}, {MISSED} missed events", name(product));
            report.add(Line::about(what).with("replay_ms", median(&took)));
        }
    }
    Ok(())
}

async fn measure(product: Product, listeners: u32, options: &Options, databases: &Databases) -> anyhow::Result<Run> {
    let (hub, watch) = (Arc::new(Hub::start(product, databases).await?), Stopwatch::start());
    let empty = hub.resident_kib()?;
    let joining = Stopwatch::start();
    let audience = Audience::open(hub.address, &hub.greetings, listeners, watch).await?;
    let joins_per_s = joining.rate(listeners as usize);
    clock::pause(Duration::from_secs(1)).await;
    let connection_kib = (hub.resident_kib()? - empty) / f64::from(listeners);
    // The first messages pay for what is made on first use.
    said(&hub, &audience, (3, None), listeners, watch).await?;
    let (lone, lone_cpu_us) =
        said(&hub, &audience, (SECONDS * options.pace / listeners, Some(options.pace / listeners)), listeners, watch).await?;
    let (burst, burst_cpu_us) = said(&hub, &audience, (options.burst / listeners, None), listeners, watch).await?;
    drop(audience);
    stop(hub).await?;
    let burst_per_s = burst.per_s();
    Ok(Run { burst_per_s, burst_cpu_us, lone_ms: Spread::of(lone.late_ms), lone_cpu_us, connection_kib, joins_per_s })
}

/// Listeners of a steady stream.
const FEW: u32 = 10;

async fn steady(product: Product, rate: u32, databases: &Databases) -> anyhow::Result<Spread> {
    let (hub, watch) = (Arc::new(Hub::start(product, databases).await?), Stopwatch::start());
    let audience = Audience::open(hub.address, &hub.greetings, FEW, watch).await?;
    said(&hub, &audience, (rate, Some(rate)), FEW, watch).await?;
    let (heard, _) = said(&hub, &audience, (SECONDS * rate, Some(rate)), FEW, watch).await?;
    drop(audience);
    stop(hub).await?;
    Ok(Spread::of(heard.late_ms))
}

/// Events per second that so many publishers bring into one room, until the last of its listeners has heard the last.
async fn crowd(product: Product, publishers: usize, databases: &Databases) -> anyhow::Result<f64> {
    let (hub, watch) = (Arc::new(Hub::start(product, databases).await?), Stopwatch::start());
    let audience = Audience::open(hub.address, &hub.greetings, FEW, watch).await?;
    said(&hub, &audience, Saying { messages: 500, rate: None, at_once: publishers }, FEW, watch).await?;
    let (heard, _) =
        said(&hub, &audience, Saying { messages: CROWD_EVENTS, rate: None, at_once: publishers }, FEW, watch).await?;
    drop(audience);
    stop(hub).await?;
    Ok(heard.per_s() / f64::from(FEW))
}

/// Milliseconds from asking until somebody who missed everything has heard it all; nothing where that cannot be had.
async fn replay(product: Product, databases: &Databases) -> anyhow::Result<Option<f64>> {
    let (hub, watch) = (Arc::new(Hub::start(product, databases).await?), Stopwatch::start());
    let mut took = None;
    if let Some(greeting) = hub.from_the_beginning.clone() {
        let audience = Audience::open(hub.address, &hub.greetings, 1, watch).await?;
        said(&hub, &audience, (MISSED, None), 1, watch).await?;
        drop(audience);
        let asked = Stopwatch::start();
        let audience = Audience::open(hub.address, &[greeting], 1, watch).await?;
        audience.hear(MISSED.into()).await?;
        took = Some(asked.elapsed().as_secs_f64() * 1e3);
    }
    stop(hub).await?;
    Ok(took)
}

async fn stop(hub: Arc<Hub>) -> anyhow::Result<()> {
    match Arc::into_inner(hub) {
        Some(hub) => hub.stop().await,
        None => anyhow::bail!("somebody still publishes"),
    }
}

/// What is published.
#[derive(Clone, Copy)]
struct Saying {
    messages: u32,
    /// So many a second; or as quickly as they are taken.
    rate: Option<u32>,
    /// Requests under way at once.
    at_once: usize,
}

impl From<(u32, Option<u32>)> for Saying {
    fn from((messages, rate): (u32, Option<u32>)) -> Self {
        Self { messages, rate, at_once: IN_FLIGHT }
    }
}

/// Publishes; what was heard of it, and microseconds of the hub's processor time per delivery.
async fn said(
    hub: &Arc<Hub>,
    audience: &Audience,
    saying: impl Into<Saying>,
    listeners: u32,
    watch: Stopwatch,
) -> anyhow::Result<(Heard, f64)> {
    let Saying { messages, rate, at_once } = saying.into();
    audience.take();
    let (before, next, began) = (hub.cpu_s()?, Arc::new(AtomicU32::new(0)), watch.elapsed());
    let mut publishers = JoinSet::new();
    for _ in 0..at_once.min(messages as usize) {
        let (hub, next) = (Arc::clone(hub), Arc::clone(&next));
        publishers.spawn(async move {
            let mut connection = Connection::open(hub.address).await?;
            loop {
                let number = next.fetch_add(1, Ordering::Relaxed);
                if number >= messages {
                    return anyhow::Ok(());
                }
                if let Some(rate) = rate {
                    let at = began + Duration::from_secs(1) * number / rate;
                    clock::pause(at.saturating_sub(watch.elapsed())).await;
                }
                let text = format!("{:x<BYTES$}", audience::stamp(watch));
                let (status, answer) = connection.ask(&hub.publish(&text)).await?;
                ensure!((200..300).contains(&status), "a message was refused: {status}, {}", String::from_utf8_lossy(&answer));
            }
        });
    }
    while let Some(ended) = publishers.join_next().await {
        ended??;
    }
    let deliveries = u64::from(messages) * u64::from(listeners);
    audience.hear(deliveries).await?;
    let heard = audience.take();
    ensure!(heard.late_ms.len() as u64 == deliveries, "{} deliveries of {deliveries}", heard.late_ms.len());
    #[expect(clippy::cast_precision_loss, reason = "millions")]
    Ok((heard, (hub.cpu_s()? - before) * 1e6 / deliveries as f64))
}

fn line(product: Product, listeners: u32, runs: &[Run]) -> Line {
    let of = |pick: fn(&Run) -> f64| median(&runs.iter().map(pick).collect::<Vec<_>>());
    Line::about(format!("fanout, {}, {listeners} listeners", name(product)))
        .with("burst_per_s", of(|run| run.burst_per_s))
        .with("burst_cpu_us", of(|run| run.burst_cpu_us))
        .with("lone_p50_ms", of(|run| run.lone_ms.p50))
        .with("lone_p99_ms", of(|run| run.lone_ms.p99))
        .with("lone_cpu_us", of(|run| run.lone_cpu_us))
        .with("connection_kib", of(|run| run.connection_kib))
        .with("joins_per_s", of(|run| run.joins_per_s))
        .say("durability", if matches!(product, Product::Ours(_)) { "fsync before anybody hears of it" } else { "none" })
}

fn name(product: Product) -> String {
    match product {
        Product::Ours(engine) => format!("campanile on {engine}"),
        Product::Nchan => "nchan, server-sent events".to_owned(),
        Product::SocketIo => "socket.io, WebSocket".to_owned(),
    }
}

/// As many open files as the system lets a process have, here and in what is started from here.
fn allow_many_files() -> anyhow::Result<()> {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let limit = getrlimit(Resource::Nofile);
    Ok(setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, maximum: limit.maximum })?)
}
