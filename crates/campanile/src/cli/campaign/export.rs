//! `campanile campaign export`: the ledger of a round, into a file or to standard output.

use std::{
    io::{IsTerminal, Write},
    path::{Path, PathBuf},
};

use clap::{Args, ValueEnum};
use reqwest::Response;

use super::{Failure, Which, said, terminal::Lines};
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
    match put(&client, ledger, std::io::stdout()).await {
        // Its reader has seen enough.
        Err(Copying::Written(error)) if error.kind() == std::io::ErrorKind::BrokenPipe => Ok(()),
        copied => {
            copied.map_err(|stopped| stopped.failure(|error| Failure::new(format!("standard output cannot be written: {error}"))))
        }
    }
}

/// What is half there is not there: it is written beside the file, and takes its place as a whole.
async fn into_file(client: &Client, ledger: Response, path: &Path) -> Result<(), Failure> {
    let unwritable = |error: std::io::Error| Failure::new(format!("{} cannot be written: {error}", path.display()));
    // What a link leads to takes its place, not the link; and what is no file, such as a device or a pipe, is written to.
    let path = &path.canonicalize().unwrap_or_else(|_| path.to_owned());
    let there = path.metadata().ok();
    if there.as_ref().is_some_and(|there| !there.is_file()) {
        let into = std::fs::OpenOptions::new().write(true).open(path).map_err(unwritable)?;
        return put(client, ledger, into).await.map_err(|stopped| stopped.failure(unwritable));
    }
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut file = tempfile::Builder::new().prefix(".campanile-").tempfile_in(folder).map_err(unwritable)?;
    copy(client, ledger, &mut file).await.map_err(|stopped| stopped.failure(unwritable))?;
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

impl Copying {
    fn failure(self, unwritable: impl FnOnce(std::io::Error) -> Failure) -> Failure {
        match self {
            Self::Written(error) => unwritable(error),
            Self::Read(failure) => failure,
        }
    }
}

/// A file has every byte as it came; a terminal would do what some of them say.
async fn put(client: &Client, ledger: Response, mut to: impl Write + IsTerminal) -> Result<(), Copying> {
    if to.is_terminal() { copy(client, ledger, &mut Lines::on(to)).await } else { copy(client, ledger, &mut to).await }
}

async fn copy(client: &Client, mut ledger: Response, to: &mut impl Write) -> Result<(), Copying> {
    let broken = |error: reqwest::Error| {
        Copying::Read(said(client, &error.into()).hint("The export broke off before its end. Ask for it again."))
    };
    while let Some(piece) = ledger.chunk().await.map_err(broken)? {
        to.write_all(&piece).map_err(Copying::Written)?;
    }
    to.flush().map_err(Copying::Written)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::{
        io::{AsyncReadExt as _, AsyncWriteExt as _},
        net::TcpListener,
    };

    use super::*;

    #[tokio::test]
    async fn an_export_that_falls_silent_comes_to_an_end_and_leaves_nothing_behind() {
        for said_first in ["", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n7\r\n1,c-1\r\n\r\n"] {
            let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
            let server = format!("http://{}", listener.local_addr().expect("an address"));
            let silent = tokio::spawn(async move {
                let (mut stream, _) = listener.accept().await.expect("a connection");
                stream.read_buf(&mut Vec::with_capacity(4_096)).await.expect("a request");
                stream.write_all(said_first.as_bytes()).await.expect("it is read");
                std::future::pending::<()>().await;
            });
            let client = Client::patient(&server, Duration::from_millis(100)).expect("a client");
            let folder = tempfile::tempdir().expect("a folder");
            let done = match client.export("bell", 1, "csv").await {
                Ok(ledger) => into_file(&client, ledger, &folder.path().join("ledger.csv")).await,
                Err(refusal) => Err(said(&client, &refusal)),
            };
            let Err(Failure::Failed { what, .. }) = done else { panic!("it is not whole: {done:?}") };
            assert!(what.starts_with("nothing has come from the server"), "{what}");
            assert_eq!(std::fs::read_dir(folder.path()).expect("a folder").count(), 0, "after {said_first:?}");
            silent.abort();
        }
    }
}
