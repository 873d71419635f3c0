//! # campanile: the binary
//!
//! The command line, the configuration, the wiring of roles, the life of the server from start to drain, and its log. It puts
//! the other rooms together and chooses among their adapters; nothing is decided here that a rule of the calendar, an inbox
//! or an account could be about.
//!
//! **Must never know**: SQL, HTTP frameworks, how a schedule or a password is judged.

mod cli;
mod client;
mod config;
mod serve;
mod telemetry;
mod wiring;

use std::process::ExitCode;

use clap::Parser as _;

/// Half the time of the system's allocator on the small, short-lived rows of this program.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    cli::run(&cli::Cli::parse(), &config::Environment::of_process())
}
