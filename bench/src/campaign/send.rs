//! How many are told in a second where nothing holds the sender back.

use anyhow::{bail, ensure};
use app::{
    campaigns::rounds::{self, Nap, Sender},
    domain::campaigns::RoundState,
};
use clockwork::Stopper;
use outbound::Handover;

use super::{
    Options, about,
    neighbour::{Deed, Neighbour},
    shop::{Shop, Who},
};
use crate::{
    clock::{Stopwatch, Work},
    database::{Databases, Engine},
    report::Line,
    statistics::{Spread, median},
};

pub(super) async fn measure(engine: Engine, options: &Options, databases: &Databases) -> anyhow::Result<Vec<Line>> {
    let mut lines = Vec::new();
    for (who, how) in [(Who::Members, "in order"), (Who::Scattered, "in no order")] {
        let (mut rates, mut work, mut beside, mut waits) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        for _ in 0..options.repeat {
            let alone = once(engine, (options.told, who), databases, None).await?;
            rates.push(alone.per_s);
            work.push(alone.cpu_us_each);
            let with = once(engine, (options.told, who), databases, Some(Deed::Stock)).await?;
            beside.push(with.per_s);
            waits.extend(with.waits);
        }
        let waits = Spread::medians(&waits);
        lines.push(
            about(&format!("telling {} inboxes {how}, no rate", options.told), engine)
                .with("per_s", median(&rates))
                .with("best_per_s", rates.iter().copied().fold(0.0, f64::max))
                .with("cpu_us_each", median(&work))
                .with("beside_a_writer_per_s", median(&beside))
                .with("a_stop_waits_p50_ms", waits.p50)
                .with("a_stop_waits_most_ms", waits.most),
        );
    }
    Ok(lines)
}

/// What one round came to.
struct Told {
    per_s: f64,
    /// Microseconds of processor time for each person; on PostgreSQL without those of the server.
    cpu_us_each: f64,
    /// What somebody waited who wrote beside it.
    waits: Option<Spread>,
}

async fn once(engine: Engine, people: (u32, Who), databases: &Databases, deed: Option<Deed>) -> anyhow::Result<Told> {
    let shop = Shop::open(databases, engine, people, 0).await?;
    let round = shop.raise().await?;
    rounds::freeze_rounds(&shop.app).await.map_err(anyhow::Error::msg)?;
    let mut sender = Sender::<Handover>::new(shop.app.clone(), None);
    // A sender begins a second after its start. The first step takes the lease and waits for that.
    let (_stopper, mut never) = Stopper::new();
    let nap = Box::pin(sender.step()).await.map_err(anyhow::Error::msg)?;
    ensure!(matches!(nap, Nap::Until(_)), "the sender did not wait for its turn: {nap:?}");
    Box::pin(sender.rest(nap, &mut never)).await;
    let neighbour = deed.map(|deed| Neighbour::start(&shop.app, deed));
    let (watch, work) = (Stopwatch::start(), Work::start());
    loop {
        match Box::pin(sender.step()).await.map_err(anyhow::Error::msg)? {
            Nap::None => {}
            Nap::Hint(None) => break,
            // The writer beside it has the product at the moment.
            nap @ (Nap::Until(_) | Nap::Hint(Some(_))) => Box::pin(sender.rest(nap, &mut never)).await,
            nap @ Nap::For(_) => bail!("the sender waits for calls: {nap:?}"),
        }
    }
    let (per_s, cpu_us_each) = (watch.rate(people.0 as usize), work.micros_each(people.0));
    let waits = match neighbour {
        Some(neighbour) => Some(neighbour.stop().await?),
        None => None,
    };
    check(&shop, round, people.0).await?;
    shop.close().await?;
    Ok(Told { per_s, cpu_us_each, waits })
}

/// A figure counts only if the work was done: everybody is told, and has it in the inbox once.
async fn check(shop: &Shop, round: i64, count: u32) -> anyhow::Result<()> {
    let told = shop.round(round).await?.round;
    ensure!(told.state == RoundState::Completed && told.sent == i64::from(count), "{} of {count} were told", told.sent);
    for rows in ["campaign_recipients WHERE state = 'SENT'", "notifications", "events WHERE kind = 'notification.created'"] {
        let found = shop.database.numbers(&format!("SELECT count(*) FROM {rows}")).await?;
        ensure!(found == [i64::from(count)], "{found:?} {rows} instead of {count}");
    }
    Ok(())
}
