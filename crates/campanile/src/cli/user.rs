//! `campanile user create | reset-password`: accounts without HTTP, for operators.

use std::path::PathBuf;

use app::domain::identity::NewAccount;
use clap::{Args, Subcommand};

use super::{Failure, terminal};
use crate::{
    config::{self, Config, Environment, Flags},
    serve::runtime,
    wiring::{Node, go_by_zones},
};

/// What to do with an account.
#[derive(Subcommand, Debug)]
pub(crate) enum UserCommand {
    /// Make an account; the first of an empty installation is its administrator
    ///
    /// The password is typed, piped in, or read from a file; it never stands on the command line. On SQLite, stop the server
    /// first: one process works on the file at a time. On PostgreSQL, servers may run.
    Create(Create),
    /// Give an account a new password, and sign all its devices out
    ///
    /// The password is typed, piped in, or read from a file. On SQLite, stop the server first.
    ResetPassword(ResetPassword),
}

/// Flags of `user create`.
#[derive(Args, Debug)]
pub(crate) struct Create {
    /// The address to sign in with
    #[arg(long, value_name = "ADDRESS")]
    email: String,
    /// What others call its owner [default: what stands before the @]
    #[arg(long, value_name = "NAME")]
    display_name: Option<String>,
    /// Where its owner lives, such as Asia/Seoul [default: UTC]
    #[arg(long, value_name = "ZONE")]
    time_zone: Option<String>,
    /// Read the password from this file
    #[arg(long, value_name = "FILE")]
    password_file: Option<PathBuf>,
    #[command(flatten)]
    flags: Flags,
}

/// Flags of `user reset-password`.
#[derive(Args, Debug)]
pub(crate) struct ResetPassword {
    /// The address of the account
    #[arg(long, value_name = "ADDRESS")]
    email: String,
    /// Read the new password from this file
    #[arg(long, value_name = "FILE")]
    password_file: Option<PathBuf>,
    #[command(flatten)]
    flags: Flags,
}

/// Runs it.
pub(crate) fn run(command: &UserCommand, environment: &Environment) -> Result<(), Failure> {
    match command {
        UserCommand::Create(create) => {
            let config = config::load(&create.flags, environment)?.config;
            go_by_zones(&config)?;
            let account = account(create)?;
            let user = with_node(&config, async |node| Ok(app::identity::create_user(&node.app, account, None).await?))?;
            terminal::put(format_args!("{}\n", user.id))?;
            eprintln!("{} can sign in.", user.email);
        }
        UserCommand::ResetPassword(reset) => {
            let config = config::load(&reset.flags, environment)?.config;
            go_by_zones(&config)?;
            let password = terminal::password(reset.password_file.as_deref())?;
            with_node(&config, async |node| Ok(app::identity::reset_password(&node.app, &reset.email, password).await?))?;
            eprintln!("The password is changed, and every device of {} is signed out.", reset.email);
        }
    }
    Ok(())
}

fn account(create: &Create) -> Result<NewAccount, Failure> {
    let before_at = create.email.split('@').next().unwrap_or_default();
    let name = create.display_name.as_deref().unwrap_or(before_at);
    let password = terminal::password(create.password_file.as_deref())?;
    let account = NewAccount::parse(&create.email, password, name, create.time_zone.as_deref(), None);
    account.map_err(|refusal| Failure::from(app::Error::from(refusal)))
}

/// Opens the database, lets `work` be done on it, and closes it again.
fn with_node<T>(config: &Config, work: impl AsyncFnOnce(&Node) -> Result<T, Failure>) -> Result<T, Failure> {
    runtime()?.block_on(async {
        let node = Node::open(config).await?;
        let done = work(&node).await;
        node.close().await;
        done
    })
}
