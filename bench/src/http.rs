//! Durable creates over HTTP, beside the cheapest answer the same server gives to the same client.

use std::time::Duration;

use anyhow::ensure;
use clap::Args;
use kernel::Instant;

use crate::{
    clock,
    connection::request,
    database::{Database, Databases, Engine},
    herd::Herd,
    load::{Load, keep_up},
    people, raw,
    report::{Line, Report},
    server::Server,
    statistics::{Spread, median},
};

/// Schedules as a client would send them, each after the one before, so that none meets another; their reminders ring 30 minutes
/// before, in years.
fn creates(token: &str) -> impl FnMut() -> Vec<u8> + use<> {
    let (token, mut start) = (token.to_owned(), Instant::from_micros(1_931_675_400_000_000));
    move || {
        start = start + Duration::from_mins(30);
        let body = format!(
            r#"{{"title":"Weekly planning with the team","location":"Room 4","start":"{start}","duration":"PT30M","time_zone":"Europe/Berlin"}}"#
        );
        request("POST", "/api/v1/schedules", Some(&token), &body)
    }
}

#[derive(Args, Clone, Debug)]
pub(crate) struct Options {
    /// Engines to measure.
    #[arg(long, value_delimiter = ',', default_value = "sqlite,postgres")]
    pub(crate) engines: Vec<Engine>,
    /// Requests in flight, each on a connection and of a user of its own.
    #[arg(long, default_value_t = 64)]
    pub(crate) in_flight: u32,
    /// Seconds of each kind of request in each repetition.
    #[arg(long, default_value_t = 2)]
    pub(crate) seconds: u64,
    /// Repetitions, of which the medians are taken.
    #[arg(long, default_value_t = 5)]
    pub(crate) repeat: usize,
}

pub(crate) async fn run(options: &Options, databases: &Databases, report: &mut Report) -> anyhow::Result<()> {
    for &engine in &options.engines {
        let database = databases.fresh(engine).await?;
        Herd { users: options.in_flight, alarms: 0, from: clock::now(), over: Duration::ZERO }.settle(&database).await?;
        let tokens = people::tokens(&database, options.in_flight).await?;
        let server = Server::start(&database).await?;
        let (mut healths, mut creates, mut raws) = (Vec::new(), Vec::new(), Vec::new());
        // Once for the caches of both sides; not counted.
        both(&server, options, &tokens).await?;
        let mut acknowledged = 0.0;
        for _ in 0..options.repeat {
            let (health, create) = both(&server, options, &tokens).await?;
            acknowledged += create.per_s;
            healths.push(health);
            creates.push(create);
        }
        ensure!(acknowledged > 0.0, "nothing was created");
        server.stop().await?;
        database.remove().await?;
        for _ in 0..options.repeat {
            raws.push(raw_rate(databases, engine, options).await?);
        }
        report.add(line(engine, options, &healths, &creates, &raws));
    }
    Ok(())
}

/// One after the other, so that both see the same weather.
async fn both(server: &Server, options: &Options, tokens: &[String]) -> anyhow::Result<(Load, Load)> {
    let (connections, lasting) = (tokens.len(), Duration::from_secs(options.seconds));
    let health = keep_up(server.address, connections, lasting, 200, |_| || request("GET", "/healthz", None, "")).await?;
    let create = keep_up(server.address, connections, lasting, 201, |n| creates(&tokens[n])).await?;
    ensure!(health.refused + create.refused == 0, "{} and {} answers were refusals", health.refused, create.refused);
    Ok((health, create))
}

/// Single creates on PostgreSQL, as many connections at once as the product holds; groups of what is in flight on SQLite, which
/// has one writer.
async fn raw_rate(databases: &Databases, engine: Engine, options: &Options) -> anyhow::Result<f64> {
    let database: Database = databases.fresh(engine).await?;
    Herd { users: options.in_flight, alarms: 0, from: clock::now(), over: Duration::ZERO }.settle(&database).await?;
    let rate = match engine {
        Engine::Sqlite => raw::create(&database, 1, 200, options.in_flight).await?,
        Engine::Postgres => raw::create(&database, 16, 200, 1).await?,
    };
    database.remove().await?;
    Ok(rate)
}

fn line(engine: Engine, options: &Options, healths: &[Load], creates: &[Load], raws: &[f64]) -> Line {
    let rates = |loads: &[Load]| loads.iter().map(|load| load.per_s).collect::<Vec<_>>();
    let ratios: Vec<f64> = healths.iter().zip(creates).map(|(health, create)| create.per_s / health.per_s).collect();
    let took = Spread::medians(&creates.iter().map(|load| load.took_ms).collect::<Vec<_>>());
    Line::about(format!("http, {engine}, {} in flight", options.in_flight))
        .with("healthz_per_s", median(&rates(healths)))
        .with("creates_per_s", median(&rates(creates)))
        .with("ratio", median(&ratios))
        .with("create_p50_ms", took.p50)
        .with("create_p99_ms", took.p99)
        .with("raw_sql_per_s", median(raws))
}
