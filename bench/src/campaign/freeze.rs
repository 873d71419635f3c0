//! How long it takes to give everybody who waits a position, and how long a stop waits meanwhile.

use std::time::Duration;

use anyhow::ensure;
use app::campaigns::rounds;
use clockwork::Stopper;

use super::{
    Options, about,
    neighbour::{Deed, Neighbour},
    shop::{Shop, Who},
};
use crate::{
    clock::{self, Stopwatch, Work},
    database::{Databases, Engine},
    report::Line,
    statistics::{Spread, median},
};

/// Between two looks whether everybody is written down.
const LOOK: Duration = Duration::from_millis(10);

/// After this it is not only slow.
const PATIENCE: Duration = Duration::from_mins(10);

pub(super) async fn measure(engine: Engine, options: &Options, databases: &Databases) -> anyhow::Result<Line> {
    let shop = Shop::open(databases, engine, (options.subscribers, Who::Customers), 500).await?;
    let (mut alone, mut work, mut beside, mut waits) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for _ in 0..options.repeat {
        let busy = Work::start();
        alone.push(once(&shop, options.subscribers).await?);
        work.push(busy.micros_each(options.subscribers));
        let neighbour = Neighbour::start(&shop.app, Deed::Stock);
        beside.push(once(&shop, options.subscribers).await?);
        waits.push(neighbour.stop().await?);
    }
    shop.close().await?;
    let (waits, seconds) = (Spread::medians(&waits), median(&alone));
    Ok(about(&format!("freezing {}", options.subscribers), engine)
        .with("seconds", seconds)
        .with("per_s", f64::from(options.subscribers) / seconds)
        .with("cpu_us_each", median(&work))
        .with("beside_a_writer_seconds", median(&beside))
        .with("a_stop_waits_p50_ms", waits.p50)
        .with("a_stop_waits_p99_ms", waits.p99)
        .with("a_stop_waits_most_ms", waits.most))
}

/// Seconds of one round of those who wait, which is ended then.
async fn once(shop: &Shop, subscribers: u32) -> anyhow::Result<f64> {
    let round = shop.raise().await?;
    let (watch, (stopper, ends)) = (Stopwatch::start(), Stopper::new());
    // As the program does it: whoever has the product locked is waited for.
    let freezer = tokio::spawn(rounds::run_freezer(shop.app.clone(), ends));
    let frozen = loop {
        let round = shop.round(round).await?.round;
        if round.frozen {
            break round;
        }
        ensure!(watch.elapsed() < PATIENCE, "{} of {subscribers} are written down after {PATIENCE:?}", round.total);
        clock::pause(LOOK).await;
    };
    let seconds = watch.elapsed().as_secs_f64();
    ensure!(frozen.total == i64::from(subscribers), "{} of {subscribers} are written down", frozen.total);
    stopper.stop();
    freezer.await?;
    shop.cancel(round).await?;
    Ok(seconds)
}
