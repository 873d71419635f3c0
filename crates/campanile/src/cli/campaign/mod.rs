//! `campanile campaign status|pause|resume|cancel|export`: a restock round, from a terminal.

mod export;
mod shown;
mod watch;

use app::domain::campaigns::ProductName;
use clap::{Args, Subcommand};

use super::{Failure, speaker::Speaker, terminal};
use crate::{
    client::{Client, Refusal, Round, Steer},
    config::Environment,
    serve::runtime,
};

/// Watch a restock round on a running server, stop it, let it go on, export its ledger.
#[derive(Subcommand, Debug)]
pub(crate) enum CampaignCommand {
    /// Say how far a round is
    Status(Status),
    /// Hold up a round: nobody more is told until it goes on
    Pause(Which),
    /// Let the last round of a product go on where it stopped
    Resume(Of),
    /// End a round for good; whom it did not reach still waits
    Cancel(Which),
    /// Write the ledger of a round: a line for everybody in it
    Export(export::Export),
}

/// A product.
#[derive(Args, Debug)]
pub(crate) struct Of {
    /// What you call the product, or its id
    #[arg(value_name = "PRODUCT", value_parser = product)]
    product: String,
    #[command(flatten)]
    speaker: Speaker,
}

/// A round of a product.
#[derive(Args, Debug)]
pub(crate) struct Which {
    #[command(flatten)]
    of: Of,
    /// Its number [default: the last round]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(i64).range(1..))]
    round: Option<i64>,
}

/// Say how far a round is.
#[derive(Args, Debug)]
pub(crate) struct Status {
    #[command(flatten)]
    which: Which,
    /// Go on until it stops or ends: a bar that grows on a terminal, lines elsewhere
    #[arg(long)]
    watch: bool,
}

/// Runs one of them.
pub(crate) fn run(command: &CampaignCommand, environment: &Environment) -> Result<(), Failure> {
    runtime()?.block_on(async {
        tokio::select! {
            done = obey(command, environment) => done,
            _ = tokio::signal::ctrl_c() => Err(Failure::Interrupted),
        }
    })
}

async fn obey(command: &CampaignCommand, environment: &Environment) -> Result<(), Failure> {
    match command {
        CampaignCommand::Status(Status { which, watch }) => {
            let (client, round) = which.find(environment).await?;
            if *watch {
                watch::watch(&client, &which.of.product, round, environment).await
            } else {
                terminal::put(shown::table(&round))
            }
        }
        CampaignCommand::Pause(which) => steer_one(which, environment, Steer::Pause).await,
        CampaignCommand::Cancel(which) => steer_one(which, environment, Steer::Cancel).await,
        CampaignCommand::Resume(of) => {
            let client = of.client(environment).await?;
            let resumed = client.steer(&of.product, Steer::Resume).await.map_err(|refusal| said(&client, &refusal))?;
            terminal::put(shown::headline(&resumed) + "\n")
        }
        CampaignCommand::Export(export) => export::export(export, environment).await,
    }
}

async fn steer_one(which: &Which, environment: &Environment, deed: fn(i64) -> Steer) -> Result<(), Failure> {
    let (client, number) = match which.round {
        Some(number) => (which.of.client(environment).await?, number),
        None => which.find(environment).await.map(|(client, round)| (client, round.number))?,
    };
    let steered = client.steer(&which.of.product, deed(number)).await.map_err(|refusal| said(&client, &refusal))?;
    terminal::put(shown::headline(&steered) + "\n")
}

impl Of {
    async fn client(&self, environment: &Environment) -> Result<Client, Failure> {
        self.speaker.client(environment, "whose product is it?").await
    }
}

impl Which {
    /// The round, and whom to ask about it.
    async fn find(&self, environment: &Environment) -> Result<(Client, Round), Failure> {
        let client = self.of.client(environment).await?;
        let found = client.round(&self.of.product, self.round).await.map_err(|refusal| said(&client, &refusal))?;
        let none = || {
            Failure::new(format!("{} has had no restock round", self.of.product))
                .hint("One begins when the stock goes from 0 to more, or when you ask for it: docs/campaigns.md.")
        };
        found.ok_or_else(none).map(|round| (client, round))
    }
}

fn said(client: &Client, refusal: &Refusal) -> Failure {
    refusal.failure(client.server())
}

fn product(text: &str) -> Result<String, String> {
    match ProductName::read(text) {
        Some(_) => Ok(text.to_owned()),
        None => Err("a product is called by 1 to 128 letters, digits, and . _ ~ : -".to_owned()),
    }
}
