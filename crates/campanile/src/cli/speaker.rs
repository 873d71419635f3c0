//! Who a command speaks for, and to which server. No secret stands on the command line, where everybody on the machine could read it.

use std::path::PathBuf;

use clap::Args;

use super::{Failure, terminal};
use crate::{client::Client, config::Environment};

/// Who a command speaks for, and to which server.
#[expect(clippy::doc_markdown, reason = "clap prints these comments on a terminal")]
#[derive(Args, Debug)]
pub(crate) struct Speaker {
    /// The server to talk to [default: CAMPANILE_SERVER, or http://127.0.0.1:8080]
    #[arg(long, value_name = "URL")]
    server: Option<String>,
    /// Sign in with this address and a password (typed, piped in, or CAMPANILE_PASSWORD) instead of CAMPANILE_TOKEN
    #[arg(long, value_name = "ADDRESS")]
    email: Option<String>,
    /// Read the password from this file
    #[arg(long, value_name = "FILE", requires = "email")]
    password_file: Option<PathBuf>,
}

impl Speaker {
    /// A client that speaks so; `question` is asked where nobody says who.
    pub(crate) async fn client(&self, environment: &Environment, question: &str) -> Result<Client, Failure> {
        let server = self.server.as_deref().or(environment.server()).unwrap_or("http://127.0.0.1:8080");
        let client = Client::new(server)?;
        let Some(email) = &self.email else {
            let ways = "Set CAMPANILE_TOKEN to an access token or an API key, or sign in with --email";
            let token = environment.token().ok_or_else(|| Failure::Usage(format!("{question} {ways}")))?;
            return Ok(client.with_token(token));
        };
        let password = match (&self.password_file, environment.password()) {
            (None, Some(password)) => password.to_owned(),
            (file, _) => terminal::password(file.as_deref())?,
        };
        let account = client.log_in(email, &password).await.map_err(|refusal| refusal.failure(client.server()))?;
        Ok(client.signed_in(account))
    }
}
