//! The command line: what can be said to the program, and how each command ends.
//!
//! Data goes to standard output, talk to standard error, so that `campanile openapi > openapi.json` and
//! `campanile config print | grep listen` do what one expects.

mod config;
mod failure;

pub(crate) use failure::Failure;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::config::Environment;

/// Campanile keeps the hours and rings the alarm: a calendar, durable reminders, an inbox and live streams, in one program.
///
/// `campanile demo` shows it in ten seconds. `campanile serve` starts the server; without any flag it answers on
/// http://127.0.0.1:8080 and keeps everything in ./data.
#[derive(Parser, Debug)]
#[command(name = "campanile", version, after_help = failure::EXIT_CODES, propagate_version = true)]
#[command(arg_required_else_help = true, subcommand_required = true, max_term_width = 100)]
pub(crate) struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand, Debug)]
enum Command {
    /// Check the configuration, or print what holds and where it came from
    #[command(subcommand)]
    Config(config::ConfigCommand),
}

/// Runs what was asked for.
pub(crate) fn run(cli: &Cli, environment: &Environment) -> ExitCode {
    let done = match &cli.command {
        Command::Config(command) => config::run(command, environment),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => failure.report(),
    }
}
