//! # bench: what the house can do on this machine, side by side
//!
//! One command measures the release binary as a child process, the same transactions as a raw SQL loop, and other products
//! with the same work, interleaved in one run, and prints medians, ratios and one JSON line per figure. `docs/benchmarks.md`
//! says what each figure means, how it is taken, and what was seen.
//!
//! ```text
//!   bench ──prepare (SQL)──► database ◄── campanile serve (child, stopped by its pid)
//!     └──── HTTP, SSE: N connections over tokio ──┘         └─ or app + store in this process (--in-process), for profiling
//! ```
//!
//! **Must never know**: how the product decides anything. It fills tables, asks over HTTP, and reads the clock.

mod all;
mod calendar;
mod campaign;
mod clock;
mod connection;
mod database;
mod fanout;
mod fire;
mod footprint;
mod herd;
mod http;
mod inside;
mod lateness;
mod listener;
mod load;
mod peers;
mod people;
mod raw;
mod recurrence;
mod report;
mod server;
mod statistics;

use clap::{Parser, Subcommand};

use database::{Databases, Engine};
use report::Report;

/// As the released program has it, so that the figures taken in this process are comparable.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Side-by-side benchmarks of Campanile.
#[derive(Parser)]
#[command(about, disable_help_subcommand = true)]
struct Cli {
    #[command(subcommand)]
    what: What,
}

#[derive(Subcommand)]
enum What {
    /// Everything, within 25 minutes.
    All {
        /// A look at everything, within 3 minutes: fewer rows, once each.
        #[arg(long)]
        quick: bool,
    },
    /// Durable creates over HTTP, beside /healthz of the same server.
    Http(http::Options),
    /// A full calendar: a month of it, and whether something fits in.
    Calendar(calendar::Options),
    /// Restock rounds: freezing, telling, the rate, reading, and the import of a list.
    Campaign(campaign::Options),
    /// Alarms fired per second, with their SQL effect, when all are due at once.
    Fire(fire::Options),
    /// One room and many who listen, beside nginx with nchan and socket.io.
    Fanout(fanout::Options),
    /// How late alarms ring, by the rows and at a listener.
    Lateness(lateness::Options),
    /// Resident memory, and time from start to ready.
    #[command(visible_aliases = ["memory", "startup"])]
    Footprint(footprint::Options),
    /// graphile-worker, BullMQ and pg-boss with the same alarms.
    Peers(peers::Options),
    /// Occurrences of recurrence rules, beside the crates rrule and calcard and python-dateutil.
    Recurrence(recurrence::Options),
}

fn main() -> anyhow::Result<()> {
    let cli = Cli::parse();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let mut report = Report::default();
    let measured = runtime.block_on(async { measure(&cli.what, &mut report).await });
    // What was measured before something failed was measured all the same.
    println!("{}", report.table());
    measured
}

async fn measure(what: &What, report: &mut Report) -> anyhow::Result<()> {
    let on = |engines: &[Engine]| Databases::new(engines.contains(&Engine::Postgres));
    match what {
        What::All { quick } => all::run(*quick, report).await,
        What::Http(options) => http::run(options, &on(&options.engines)?, report).await,
        What::Calendar(options) => calendar::run(options, &on(&options.engines)?, report).await,
        What::Campaign(options) => campaign::run(options, &on(&options.engines)?, report).await,
        What::Fire(options) => fire::run(options, &on(&options.engines)?, report).await,
        What::Fanout(options) => fanout::run(options, &on(&options.engines)?, report).await,
        What::Lateness(options) => lateness::run(options, &on(&options.engines)?, report).await,
        What::Footprint(options) => footprint::run(options, &on(&options.engines)?, report).await,
        What::Peers(options) => peers::run(options, &Databases::new(true)?, report).await,
        What::Recurrence(options) => recurrence::run(options, report),
    }
}
