//! `campanile doctor`: looks at everything a server needs, and says what to do about what is wrong.
//!
//! It changes nothing, unless it is told to forget a clock. While a server holds the SQLite file, the file cannot be opened a second time: then that server is
//! asked how it is.

mod clock;
mod database;
mod folder;
mod server;
mod statistics;
mod zones;

use clap::Args;
use clockwork::SystemClock;
use kernel::Clock as _;

use super::{
    Failure,
    terminal::{self, Palette},
};
use crate::{
    config::{self, Config, Environment, Flags},
    serve::runtime,
};

/// Look at data folder, secret, database, clock and port, and say what to do about what is wrong
///
/// One line for each thing; exit code 1 if something is wrong. Without --forget-clock it changes nothing, and may run beside a
/// server. It reads every page of a SQLite file that no server holds, which takes a second or so for each gigabyte.
#[derive(Args, Debug)]
pub(crate) struct Doctor {
    /// Only forget how far time has come in the database, after a server ran with a clock that was far ahead
    ///
    /// Every start compares the clock with the latest instant acted upon, which is kept in the database. If that lies in the
    /// future because a clock was wrong, the clock is called suspect until then, and the server never ready. This takes the
    /// instant away; alarms and everything else stay as they are. Set the clock right first, and stop the server.
    #[arg(long)]
    forget_clock: bool,
    /// Also replay every ledger of work from its beginning, and compare it with the tables and with what the API answers
    #[arg(long)]
    statistics: bool,
    /// Also look at every schedule that is not over, and say what moves by the database of time zones in use
    #[arg(long)]
    tz: bool,
    #[command(flatten)]
    flags: Flags,
}

/// What was found out about one thing.
#[derive(Debug)]
struct Finding {
    subject: &'static str,
    verdict: Result<String, Illness>,
}

/// What is wrong, and what to do.
#[derive(Debug)]
struct Illness {
    what: String,
    remedy: String,
}

impl Finding {
    fn well(subject: &'static str, what: impl Into<String>) -> Self {
        Self { subject, verdict: Ok(what.into()) }
    }

    fn ill(subject: &'static str, what: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { subject, verdict: Err(Illness { what: what.into(), remedy: remedy.into() }) }
    }

    /// A server holds the only way to the file.
    fn out_of_reach(subject: &'static str) -> Self {
        let remedy = "Stop the server for a moment, or look at a copy restored from a backup.";
        Self::ill(subject, "the file cannot be read while a server holds it", remedy)
    }

    fn line(&self, palette: Palette) -> String {
        let subject = format!("{:<14}", self.subject);
        match &self.verdict {
            Ok(what) => format!("{} {subject} {what}", palette.green("✓")),
            Err(Illness { what, remedy }) => {
                format!("{} {subject} {what}\n  {:<14} {} {remedy}", palette.red("✗"), "", palette.bold("→"))
            }
        }
    }
}

/// Runs it.
pub(crate) fn run(doctor: &Doctor, environment: &Environment) -> Result<(), Failure> {
    let loaded = config::load(&doctor.flags, environment)?;
    if doctor.forget_clock {
        return runtime()?.block_on(clock::forget(&loaded.config));
    }
    let file = loaded.file.map_or_else(|| "the defaults".to_owned(), |file| file.display().to_string());
    let mut findings = vec![Finding::well("configuration", format!("{file} and the layers above are good"))];
    // Before anything is read that has a zone.
    let zones = zones::database(&loaded.config);
    // By other zones than the configured ones, everything might seem to move.
    let asked = Asked { statistics: doctor.statistics, zones: doctor.tz && zones.verdict.is_ok() };
    findings.extend(runtime()?.block_on(examine(&loaded.config, zones, asked)));

    let palette = Palette::of_stdout(environment);
    for finding in &findings {
        terminal::put(format_args!("{}\n", finding.line(palette)))?;
    }
    let ill = findings.iter().filter(|finding| finding.verdict.is_err()).count();
    if ill == 0 {
        eprintln!("All is well.");
        return Ok(());
    }
    eprintln!("{ill} of {} need attention.", findings.len());
    Err(Failure::Said)
}

/// What is looked at only when it is asked for, because it reads much.
#[derive(Clone, Copy, Debug)]
struct Asked {
    /// The ledgers of work.
    statistics: bool,
    /// What was derived by another database of zones.
    zones: bool,
}

async fn examine(config: &Config, zones: Finding, asked: Asked) -> Vec<Finding> {
    let clock = SystemClock::new(None);
    let mut findings = vec![folder::data(config), folder::secret(config)];
    findings.extend(database::examine(config, &clock, asked).await);
    findings.push(server::port(config).await);
    findings.push(zones);
    findings.push(Finding::well("clock", format!("this machine says {}", clock.now())));
    findings
}
