//! What is said once everything is up: where, and what to do next. On a terminal for people, otherwise one log line.

use std::net::SocketAddr;

use super::Shape;
use crate::{
    config::Config,
    wiring::{Node, edge_settings},
};

/// Says it.
pub(super) async fn say(node: &Node, config: &Config, shape: Shape, address: Option<SocketAddr>) {
    let url = address.map(|address| edge_settings(config, address).public_url);
    let database = config.database().redacted();
    match shape {
        Shape::Json => tracing::info!(
            url,
            address = address.map(tracing::field::display),
            database,
            version = env!("CARGO_PKG_VERSION"),
            "ready"
        ),
        Shape::Human => {
            let empty = !app::node::is_inhabited(&node.store).await.unwrap_or(true);
            eprint!("{}", page(url.as_deref(), &database, empty));
        }
    }
}

/// For people.
fn page(url: Option<&str>, database: &str, empty: bool) -> String {
    let version = env!("CARGO_PKG_VERSION");
    let Some(url) = url else {
        return format!("Campanile {version} rings the alarms of {database}. It answers no HTTP. Ctrl-C stops it.\n");
    };
    let next = if empty { first_steps(url) } else { ring(url) };
    format!(
        "Campanile {version} is ready. Ctrl-C stops it.\n\n  \
           URL       {url}\n  \
           API docs  {url}/docs\n  \
           Database  {database}\n\n{next}\n"
    )
}

fn first_steps(url: &str) -> String {
    format!(
        "Nobody has an account yet; the first who signs up becomes the administrator. Open {url}, or paste this into another terminal:\n\n  \
         curl {url}/api/v1/auth/signup -H 'Content-Type: application/json' \\\n    \
           -d '{{\"email\": \"you@example.com\", \"password\": \"a long pass phrase\", \"display_name\": \"You\"}}'\n\n{}",
        ring(url)
    )
}

fn ring(url: &str) -> String {
    let server = if url == "http://127.0.0.1:8080" { String::new() } else { format!(" --server {url}") };
    let program = program();
    format!("Then let it ring:\n\n  {program} remind \"stretch\" --in 10s --email you@example.com{server}\n")
}

/// How this program was called, so that what is pasted is found.
fn program() -> String {
    std::env::args().next().filter(|name| name.contains('/')).unwrap_or_else(|| "campanile".to_owned())
}
