//! The command line: what can be said to the program, and how each command ends.
//!
//! Data goes to standard output, talk to standard error, so that `campanile openapi > openapi.json` and
//! `campanile config print | grep listen` do what one expects.

mod campaign;
mod config;
mod demo;
mod doctor;
mod failure;
mod migrate;
mod remind;
mod speaker;
pub(crate) mod terminal;
mod user;

pub(crate) use failure::Failure;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::{
    config::{Environment, Flags},
    serve,
};

/// Campanile keeps the hours and rings the alarm: a calendar, durable reminders, an inbox, live streams and
/// rooms, and restock rounds for whoever waits for a product, in one program.
///
/// `campanile demo` shows it in ten seconds. `campanile serve` starts the server; without any flag it answers on
/// http://127.0.0.1:8080 and keeps everything in ./data.
#[expect(clippy::doc_markdown, reason = "clap prints these comments on a terminal")]
#[derive(Parser, Debug)]
#[command(name = "campanile", version, after_help = failure::EXIT_CODES)]
#[command(arg_required_else_help = true, subcommand_required = true, max_term_width = 100)]
pub(crate) struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand, Debug)]
enum Command {
    /// Start the server; SIGTERM or Ctrl-C stops it within ten seconds, a second one at once
    Serve(Flags),
    /// Make a reminder on a running server, and wait until it rings
    Remind(remind::Remind),
    /// Watch a restock round on a running server, stop it, let it go on, export its ledger
    #[command(subcommand)]
    Campaign(campaign::CampaignCommand),
    /// Show in ten seconds what this is: a throw-away server, a schedule, a ring, a kill -9, and a ring again
    Demo,
    /// Apply the database migrations of this version, or say which are missing
    Migrate(migrate::Migrate),
    /// Make an account, or reset its password, without HTTP
    #[command(subcommand)]
    User(user::UserCommand),
    /// Look at data folder, secret, database, clock and port, and say what to do about what is wrong
    Doctor(doctor::Doctor),
    /// Check the configuration, or print what holds and where it came from
    #[command(subcommand)]
    Config(config::ConfigCommand),
    /// Print the OpenAPI document of the HTTP contract
    Openapi,
}

/// Runs what was asked for.
pub(crate) fn run(cli: &Cli, environment: &Environment) -> ExitCode {
    let done = match &cli.command {
        Command::Serve(flags) => serve::run(flags, environment),
        Command::Remind(remind) => remind::run(remind, environment),
        Command::Campaign(command) => campaign::run(command, environment),
        Command::Demo => demo::run(environment),
        Command::Migrate(migrate) => migrate::run(migrate, environment),
        Command::User(command) => user::run(command, environment),
        Command::Doctor(doctor) => doctor::run(doctor, environment),
        Command::Config(command) => config::run(command, environment),
        Command::Openapi => terminal::put(api::openapi_json()),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => failure.report(),
    }
}
