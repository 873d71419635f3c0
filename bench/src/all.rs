//! Everything, one after the other.

use clap::ValueEnum as _;

use crate::{
    calendar, campaign,
    database::{Databases, Engine},
    fire, footprint, http, lateness,
    peers::{self, Peer},
    recurrence::{self, Other},
    report::Report,
};

const ENGINES: [Engine; 2] = [Engine::Sqlite, Engine::Postgres];

/// Runs every measurement; `quick` with fewer rows and once each, to see that all of it works.
pub(crate) async fn run(quick: bool, report: &mut Report) -> anyhow::Result<()> {
    let databases = Databases::new(true)?;
    let engines = ENGINES.to_vec();
    let repeat = if quick { 1 } else { 5 };
    let part = |full: u32| if quick { full / 5 } else { full };

    let options = recurrence::Options { millis: if quick { 50 } else { 300 }, repeat, beside: Other::value_variants().to_vec() };
    recurrence::run(&options, report)?;

    let options = footprint::Options {
        engines: engines.clone(),
        pending: vec![0, if quick { 50_000 } else { 1_000_000 }],
        settle: if quick { 2 } else { 10 },
        repeat,
    };
    footprint::run(&options, &databases, report).await?;

    let options = http::Options { engines: engines.clone(), in_flight: 64, seconds: if quick { 1 } else { 2 }, repeat };
    http::run(&options, &databases, report).await?;

    let others = if quick { vec![10_000] } else { vec![10_000, 1_000_000] };
    let options = calendar::Options { engines: engines.clone(), schedules: part(2_000), others, requests: part(100), repeat };
    calendar::run(&options, &databases, report).await?;

    let options = campaign::Options { engines: engines.clone(), quick, repeat, ..campaign::Options::default() };
    campaign::run(&options, &databases, report).await?;

    let alarms = part(50_000);
    let options =
        fire::Options { engines: engines.clone(), alarms, users: vec![1_000, 1], batch: 500, repeat, in_process: false };
    fire::run(&options, &databases, report).await?;

    let over = if quick { vec![0, 2] } else { vec![0, 10] };
    let options = lateness::Options { engines: engines.clone(), alarms: part(10_000), over: over.clone(), users: 100, repeat };
    lateness::run(&options, &databases, report).await?;

    let peers = vec![Peer::GraphileWorker, Peer::Bullmq, Peer::PgBoss];
    let over = if quick { vec![0] } else { over };
    peers::run(&peers::Options { engines, peers, alarms: part(20_000), over, repeat }, &databases, report).await
}
