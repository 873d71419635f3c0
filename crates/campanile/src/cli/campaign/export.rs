//! `campanile campaign export`: the ledger of a round, into a file or to standard output.

use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use reqwest::Response;

use super::{Failure, Which, said};
use crate::{client::Client, config::Environment};

/// Write the ledger of a round: a line for everybody in it.
#[derive(Args, Debug)]
pub(crate) struct Export {
    #[command(flatten)]
    which: Which,
    /// Comma-separated values, where no cell begins as a formula does; or JSON, with every text as it is
    #[arg(long, value_enum, default_value = "csv")]
    format: Format,
    /// Into this file, which is there when all of it is [default: standard output]
    #[arg(long, value_name = "FILE")]
    output: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Format {
    Csv,
    Json,
}

pub(super) async fn export(export: &Export, environment: &Environment) -> Result<(), Failure> {
    let (client, round) = export.which.find(environment).await?;
    let format = match export.format {
        Format::Csv => "csv",
        Format::Json => "json",
    };
    let answer = client.export(&export.which.of.product, round.number, format).await;
    let ledger = answer.map_err(|refusal| said(&client, &refusal))?;
    if let Some(path) = &export.output {
        return into_file(&client, ledger, path).await;
    }
    match copy(&client, ledger, &mut std::io::stdout()).await {
        // Its reader has seen enough.
        Err(Copying::Written(error)) if error.kind() == std::io::ErrorKind::BrokenPipe => Ok(()),
        Err(Copying::Written(error)) => Err(Failure::new(format!("standard output cannot be written: {error}"))),
        Err(Copying::Read(failure)) => Err(failure),
        Ok(()) => Ok(()),
    }
}

/// What is half there is not there: it is written beside the file, and takes its place as a whole.
async fn into_file(client: &Client, ledger: Response, path: &Path) -> Result<(), Failure> {
    let unwritable = |error: std::io::Error| Failure::new(format!("{} cannot be written: {error}", path.display()));
    // What a link leads to takes its place, not the link; and what is no file, such as a device or a pipe, is written to.
    let path = &path.canonicalize().unwrap_or_else(|_| path.to_owned());
    let there = path.metadata().ok();
    if there.as_ref().is_some_and(|there| !there.is_file()) {
        let mut into = std::fs::OpenOptions::new().write(true).open(path).map_err(unwritable)?;
        return copy(client, ledger, &mut into).await.map_err(|stopped| match stopped {
            Copying::Written(error) => unwritable(error),
            Copying::Read(failure) => failure,
        });
    }
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut file = tempfile::Builder::new().prefix(".campanile-").tempfile_in(folder).map_err(unwritable)?;
    match copy(client, ledger, &mut file).await {
        Ok(()) => {}
        Err(Copying::Written(error)) => return Err(unwritable(error)),
        Err(Copying::Read(failure)) => return Err(failure),
    }
    if let Some(there) = there {
        file.as_file().set_permissions(there.permissions()).map_err(unwritable)?;
    }
    file.as_file().sync_all().map_err(unwritable)?;
    file.persist(path).map_err(|error| unwritable(error.error))?;
    eprintln!("The ledger is in {}.", path.display());
    Ok(())
}

/// Which side of copying failed.
enum Copying {
    Read(Failure),
    Written(std::io::Error),
}

async fn copy(client: &Client, mut ledger: Response, to: &mut impl std::io::Write) -> Result<(), Copying> {
    let broken = |error: reqwest::Error| {
        Copying::Read(said(client, &error.into()).hint("The export broke off before its end. Ask for it again."))
    };
    while let Some(piece) = ledger.chunk().await.map_err(broken)? {
        to.write_all(&piece).map_err(Copying::Written)?;
    }
    to.flush().map_err(Copying::Written)
}
