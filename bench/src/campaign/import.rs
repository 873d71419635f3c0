//! A list of people who come to the end of the line: how long it takes, and how long somebody else waits who writes meanwhile.

use std::{fmt::Write as _, sync::Arc};

use anyhow::ensure;
use app::{
    Rendered,
    campaigns::{Imported, import},
};

use super::{
    Options, about,
    neighbour::{Deed, Neighbour},
    shop::{BELL, Shop, Who, owner},
};
use crate::{
    clock::{Stopwatch, Work},
    database::{Databases, Engine},
    report::Line,
    statistics::{Spread, median},
};

pub(super) async fn measure(engine: Engine, options: &Options, databases: &Databases) -> anyhow::Result<Line> {
    // As many wait already as there are lines, so that trees are not empty.
    let shop = Shop::open(databases, engine, (options.lines.max(100_000), Who::Customers), 500).await?;
    let (mut seconds, mut work, mut again) = (Vec::new(), Vec::new(), Vec::new());
    let (mut waits, mut own) = (Vec::new(), Vec::new());
    for repetition in 0..options.repeat {
        let list = list(repetition, options.lines);
        let neighbour = Neighbour::start(&shop.app, Deed::Recipient);
        let busy = Work::start();
        seconds.push(once(&shop, &list, options.lines as usize).await?);
        work.push(busy.micros_each(options.lines));
        waits.push(neighbour.stop().await?);
        // The same once more: everybody keeps their place.
        let neighbour = Neighbour::start(&shop.app, Deed::Stock);
        again.push(once(&shop, &list, 0).await?);
        own.push(neighbour.stop().await?);
    }
    shop.close().await?;
    let (waits, own) = (Spread::medians(&waits), Spread::medians(&own));
    Ok(about(&format!("importing {} lines", options.lines), engine)
        .with("seconds", median(&seconds))
        .with("cpu_us_each", median(&work))
        .with("another_writer_waits_p50_ms", waits.p50)
        .with("another_writer_waits_most_ms", waits.most)
        .with("the_same_again_seconds", median(&again))
        .with("then_a_stop_waits_most_ms", own.most))
}

/// Seconds of importing a list by which so many come to the line.
async fn once(shop: &Shop, list: &str, subscribed: usize) -> anyhow::Result<f64> {
    let render = Arc::new(|imported: &Imported| Rendered {
        status: 200,
        headers: vec![],
        body: imported.subscribed.to_string().into_bytes(),
    });
    let watch = Stopwatch::start();
    let answer = import(&shop.app, &owner(), (BELL, list.as_bytes().to_vec()), None, render).await.map_err(anyhow::Error::msg)?;
    let seconds = watch.elapsed().as_secs_f64();
    let came = String::from_utf8(answer.rendered.body)?;
    ensure!(came == subscribed.to_string(), "{came} instead of {subscribed} came to the line");
    Ok(seconds)
}

fn list(repetition: usize, lines: u32) -> String {
    let mut text = String::from("external_id,name,email,locale\n");
    for line in 0..lines {
        // In no order, as a shop exports them.
        let number = u64::from(line) * 7_919 % u64::from(lines);
        let _ = writeln!(text, "customer-{repetition}-{number},\"Customer, {number}\",customer{number}@bench.invalid,ko");
    }
    text
}
