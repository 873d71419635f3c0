//! The server that runs, if one does, and the port it needs.

use std::net::SocketAddr;

use tokio::net::TcpListener;

use super::Finding;
use crate::{
    client::{Client, ReadyCheck, Refusal},
    config::Config,
};

const DATABASE: &str = "database";

/// Asks the server that holds the file how it is.
pub(super) async fn ask(config: &Config, place: &str) -> Vec<Finding> {
    let held = format!("{place} is held by a running server");
    match ready(config.listen).await {
        Ok(checks) => {
            let mut findings = vec![Finding::well(DATABASE, format!("{held}, which was asked instead"))];
            findings.extend(checks.iter().map(of_server));
            findings
        }
        Err(_) => vec![Finding::ill(
            DATABASE,
            format!("{held}, but nothing answers at {}", config.listen),
            "Name the address it listens on with --listen, or look at its log.",
        )],
    }
}

fn of_server(check: &ReadyCheck) -> Finding {
    let what = format!("{}: ", check.name);
    if check.ok {
        return Finding::well("server", what + "well");
    }
    let why = check.detail.as_ref().map_or_else(|| "not well".to_owned(), ToString::to_string);
    Finding::ill("server", what + &why, "Its log says more.")
}

/// Whether the port is free, or answered by one of ours.
pub(super) async fn port(config: &Config) -> Finding {
    const SUBJECT: &str = "port";
    let address = config.listen;
    match TcpListener::bind(address).await {
        Ok(_) => Finding::well(SUBJECT, format!("{address} is free")),
        Err(error) if error.kind() == std::io::ErrorKind::AddrInUse => match ready(address).await {
            Ok(_) => Finding::well(SUBJECT, format!("{address} is answered by a running server")),
            Err(_) => Finding::ill(
                SUBJECT,
                format!("{address} is taken by another program"),
                "Stop that program, or choose another port with --listen.",
            ),
        },
        Err(error) => Finding::ill(
            SUBJECT,
            format!("{address}: {error}"),
            "Choose an address of this machine with --listen, port 1024 or above.",
        ),
    }
}

async fn ready(address: SocketAddr) -> Result<Vec<ReadyCheck>, Refusal> {
    let host = if address.ip().is_unspecified() { format!("localhost:{}", address.port()) } else { address.to_string() };
    let client = Client::new(&format!("http://{host}")).map_err(|_| Refusal::Away("no HTTP client".to_owned()))?;
    client.ready().await
}
