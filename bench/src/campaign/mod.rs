//! Restock rounds: how quickly everybody who waits is written down and told, at which rate, and what it costs to look at that.
//!
//! All of it in this process, by the use cases that the front doors call: what is measured is the product on its database. People and
//! ledgers are written by SQL, since ten million rows by use cases would take longer than everything else.

mod forget;
mod freeze;
mod import;
mod neighbour;
mod pace;
mod reads;
mod send;
mod shop;

use clap::{Args, ValueEnum};

use crate::{
    database::{Databases, Engine},
    report::{Line, Report},
};

/// What can be measured of a round.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Part {
    /// Writing down who is in it.
    Freeze,
    /// Telling inboxes as fast as they go.
    Send,
    /// Telling at the rate that was promised.
    Pace,
    /// Reading rounds and ledgers, and forgetting them.
    Reads,
    /// A list of people who wait, beside somebody else who writes.
    Import,
}

#[derive(Args, Clone, Debug)]
pub(crate) struct Options {
    /// Engines to measure.
    #[arg(long, value_delimiter = ',', default_value = "sqlite,postgres")]
    pub(crate) engines: Vec<Engine>,
    /// What to measure.
    #[arg(long, value_delimiter = ',', default_value = "freeze,send,pace,reads,import")]
    pub(crate) parts: Vec<Part>,
    /// People who wait for a product and are written down.
    #[arg(long, default_value_t = 1_000_000)]
    pub(crate) subscribers: u32,
    /// People with an account who are told without a rate.
    #[arg(long, default_value_t = 100_000)]
    pub(crate) told: u32,
    /// Seconds in which people are told at the rate.
    #[arg(long, default_value_t = 20)]
    pub(crate) seconds: u32,
    /// Rows of ledgers, in ten large rounds.
    #[arg(long, default_value_t = 10_000_000)]
    pub(crate) rows: u32,
    /// Reads of each kind in each repetition, one after the other.
    #[arg(long, default_value_t = 1_000)]
    pub(crate) reads: u32,
    /// Lines of a list.
    #[arg(long, default_value_t = 50_000)]
    pub(crate) lines: u32,
    /// Repetitions, of which the medians are taken.
    #[arg(long, default_value_t = 5)]
    pub(crate) repeat: usize,
    /// A look at all of it: a tenth of everything, once.
    #[arg(long)]
    pub(crate) quick: bool,
}

impl Default for Options {
    /// As the command line has them.
    fn default() -> Self {
        Self {
            engines: Engine::value_variants().to_vec(),
            parts: Part::value_variants().to_vec(),
            subscribers: 1_000_000,
            told: 100_000,
            seconds: 20,
            rows: 10_000_000,
            reads: 1_000,
            lines: 50_000,
            repeat: 5,
            quick: false,
        }
    }
}

impl Options {
    fn quickly(&self) -> Self {
        Self {
            subscribers: self.subscribers / 10,
            told: self.told / 10,
            seconds: (self.seconds / 4).max(2),
            rows: self.rows / 10,
            reads: self.reads / 10,
            lines: self.lines / 10,
            repeat: 1,
            ..self.clone()
        }
    }
}

pub(crate) async fn run(options: &Options, databases: &Databases, report: &mut Report) -> anyhow::Result<()> {
    let options = if options.quick { &options.quickly() } else { options };
    for &part in &options.parts {
        for &engine in &options.engines {
            let lines = match part {
                Part::Freeze => vec![freeze::measure(engine, options, databases).await?],
                Part::Send => send::measure(engine, options, databases).await?,
                Part::Pace => pace::measure(engine, options, databases).await?,
                Part::Reads => reads::measure(engine, options, databases).await?,
                Part::Import => vec![import::measure(engine, options, databases).await?],
            };
            for line in lines {
                report.add(line.say("load", &load()));
            }
        }
    }
    Ok(())
}

/// How busy the machine was in the last minute: others may work on it.
fn load() -> String {
    let text = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    text.split(' ').next().unwrap_or_default().to_owned()
}

/// A line about `what` on `engine`.
fn about(what: &str, engine: Engine) -> Line {
    Line::about(format!("campaign, {what}, {engine}"))
}
