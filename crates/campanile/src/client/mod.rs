//! A small client of the HTTP contract: what `remind`, `campaign` and `demo` need to say to a server.

mod answers;
mod campaigns;
mod sse;
mod stream;

pub(crate) use answers::{Account, Created, ReadyCheck, Reminder, Round};
pub(crate) use campaigns::Steer;
pub(crate) use stream::{Live, Ring};

use std::time::Duration;

use kernel::{Entropy, Instant};
use reqwest::{Method, RequestBuilder, Response, StatusCode, header};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::cli::{Failure, terminal::harmless};

/// How long an answer may take, what is read as it comes aside.
const PATIENCE: Duration = Duration::from_secs(35);

/// How long nothing may come of what is read as it comes. A stream says something every 15 seconds.
const SILENCE: Duration = Duration::from_secs(40);

/// No answer that is read as a whole is longer; one that is comes from something else.
const MOST_BYTES: usize = 1024 * 1024;

/// Somebody, at a server.
#[derive(Clone)]
pub(crate) struct Client {
    http: reqwest::Client,
    server: String,
    token: Option<String>,
    /// What a new access token is asked for with, when the present one has ended.
    refresh_token: Option<String>,
}

/// Why the server did not do what it was asked for.
#[derive(Debug)]
pub(crate) enum Refusal {
    /// It could not be reached, or went away while it answered.
    Away(String),
    /// It was reached, and nothing came any more.
    Silent,
    /// It answered, and not as a server of ours does.
    Odd(String),
    /// It answered, and said no.
    Said {
        /// The HTTP status.
        status: StatusCode,
        /// What it said, with its code.
        detail: String,
    },
}

impl Client {
    /// A client of the server at `server`, nobody yet. A proxy of the environment is not used: a reminder on this machine
    /// must not travel through another one.
    pub(crate) fn new(server: &str) -> Result<Self, Failure> {
        Self::patient(server, SILENCE)
    }

    /// The same, for which nothing may come for `silence` at the most.
    pub(crate) fn patient(server: &str, silence: Duration) -> Result<Self, Failure> {
        let server = server.trim_end_matches('/').to_owned();
        if !server.starts_with("http://") && !server.starts_with("https://") {
            return Err(Failure::Usage(format!("{server} is no server: write http://HOST:PORT or https://HOST")));
        }
        let http = reqwest::Client::builder()
            .user_agent(concat!("campanile/", env!("CARGO_PKG_VERSION")))
            .connect_timeout(Duration::from_secs(5))
            .read_timeout(silence)
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .build()
            .map_err(|error| Failure::new(format!("no HTTP client could be made: {error}")))?;
        Ok(Self { http, server, token: None, refresh_token: None })
    }

    /// The same server, as whoever `token` (an access token or an API key) belongs to.
    pub(crate) fn with_token(&self, token: &str) -> Self {
        Self { token: Some(token.to_owned()), ..self.clone() }
    }

    /// The same server, as whoever has signed in; stays signed in for as long as it is used.
    pub(crate) fn signed_in(&self, account: Account) -> Self {
        Self { token: Some(account.access_token), refresh_token: Some(account.refresh_token), ..self.clone() }
    }

    /// The same person at another address: the server was started again there.
    pub(crate) fn at(&self, server: &str) -> Self {
        Self { server: server.to_owned(), ..self.clone() }
    }

    /// The same person with a new access token; `None` if a token is all that was given.
    pub(crate) async fn renewed(&self) -> Result<Option<Self>, Refusal> {
        let Some(refresh_token) = &self.refresh_token else { return Ok(None) };
        let stranger = Self { token: None, ..self.clone() };
        let account = stranger.post("/api/v1/auth/refresh", &json!({"refresh_token": refresh_token}), None).await?;
        Ok(Some(self.signed_in(account)))
    }

    /// Where the server is.
    pub(crate) fn server(&self) -> &str {
        &self.server
    }

    /// Makes an account.
    pub(crate) async fn sign_up(&self, body: &Value) -> Result<Account, Refusal> {
        self.post("/api/v1/auth/signup", body, None).await
    }

    /// Signs in.
    pub(crate) async fn log_in(&self, email: &str, password: &str) -> Result<Account, Refusal> {
        self.post("/api/v1/auth/login", &json!({"email": email, "password": password}), None).await
    }

    /// Makes a schedule; the same `key` twice makes it once.
    pub(crate) async fn create_schedule(&self, schedule: &Value, key: &str) -> Result<Created, Refusal> {
        self.post("/api/v1/schedules", schedule, Some(key)).await
    }

    /// The planned and past reminders of a schedule.
    pub(crate) async fn reminders(&self, schedule: &str) -> Result<Vec<Reminder>, Refusal> {
        let page: answers::Reminders = self.get(&format!("/api/v1/schedules/{schedule}/reminders")).await?;
        Ok(page.items)
    }

    /// What the server says about itself: each thing it looked at, and what is wrong with it, if anything is.
    pub(crate) async fn ready(&self) -> Result<Vec<ReadyCheck>, Refusal> {
        let response = self.request(Method::GET, "/readyz").timeout(Duration::from_secs(5)).send().await?;
        let status = response.status();
        let page = serde_json::from_slice::<answers::Ready>(&whole(response).await?);
        page.map(|page| page.checks).map_err(|_| Refusal::Said { status, detail: format!("{status}, and not in our words") })
    }

    async fn get<T: DeserializeOwned>(&self, path: &str) -> Result<T, Refusal> {
        read(self.request(Method::GET, path).timeout(PATIENCE)).await
    }

    async fn post<T: DeserializeOwned>(&self, path: &str, body: &Value, key: Option<&str>) -> Result<T, Refusal> {
        let mut request = self.request(Method::POST, path).timeout(PATIENCE).json(body);
        if let Some(key) = key {
            request = request.header("Idempotency-Key", key);
        }
        read(request).await
    }

    fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let request = self.http.request(method, format!("{}{path}", self.server));
        match &self.token {
            Some(token) => request.header(header::AUTHORIZATION, format!("Bearer {token}")),
            None => request,
        }
    }
}

/// A schedule that reminds at its start, in its owner's own zone. Starts are kept to the second, so `at` is one.
pub(crate) fn schedule_at(title: &str, at: Instant) -> Value {
    json!({"title": title, "start": at, "busy": false, "reminders": [{"before": "PT0S"}]})
}

/// The first whole second at or after `at`.
pub(crate) fn whole_second(at: Instant) -> Instant {
    Instant::from_micros((at + Duration::from_micros(999_999)).as_seconds() * 1_000_000)
}

/// A fresh idempotency key.
pub(crate) fn fresh_key(entropy: &dyn Entropy) -> String {
    format!("cli-{:032x}", u128::from_be_bytes(entropy.bytes16()))
}

async fn read<T: DeserializeOwned>(request: RequestBuilder) -> Result<T, Refusal> {
    let response = accepted(request.send().await?).await?;
    let answer = whole(response).await?;
    serde_json::from_slice(&answer).map_err(|error| Refusal::Odd(harmless(&error.to_string())))
}

/// The response if it is a success; otherwise what the problem document says.
async fn accepted(response: Response) -> Result<Response, Refusal> {
    let status = response.status();
    if status.is_success() {
        return Ok(response);
    }
    let problem: answers::Problem = serde_json::from_slice(&whole(response).await?).unwrap_or_default();
    Err(Refusal::Said { status, detail: problem.sentence(status) })
}

/// All of an answer. Of one that has no end, no more than this is held.
async fn whole(mut response: Response) -> Result<Vec<u8>, Refusal> {
    let mut bytes = Vec::new();
    while let Some(piece) = response.chunk().await? {
        if bytes.len() + piece.len() > MOST_BYTES {
            return Err(Refusal::Odd(format!("it is longer than {} MiB", MOST_BYTES / 1024 / 1024)));
        }
        bytes.extend_from_slice(&piece);
    }
    Ok(bytes)
}

impl From<reqwest::Error> for Refusal {
    fn from(error: reqwest::Error) -> Self {
        if error.is_timeout() && !error.is_connect() {
            return Self::Silent;
        }
        // The innermost cause says what happened ("Connection refused"); the layers above repeat the address.
        let mut cause: &dyn std::error::Error = &error;
        while let Some(deeper) = cause.source() {
            cause = deeper;
        }
        Self::Away(harmless(&cause.to_string()))
    }
}

impl Refusal {
    /// Whether a server that is starting, stopping or busy may answer otherwise in a moment.
    pub(crate) fn is_passing(&self) -> bool {
        match self {
            Self::Away(_) | Self::Silent => true,
            Self::Odd(_) => false,
            Self::Said { status, .. } => status.is_server_error() || *status == StatusCode::TOO_MANY_REQUESTS,
        }
    }

    /// As it ends a command that talked to `server`.
    pub(crate) fn failure(&self, server: &str) -> Failure {
        match self {
            Self::Away(cause) => Failure::new(format!("the server at {server} cannot be reached: {cause}"))
                .hint("Start one with `campanile serve`, or name another with --server."),
            Self::Silent => Failure::new(format!("nothing has come from the server at {server} for more than half a minute")),
            Self::Odd(why) => Failure::new(format!("the answer of the server at {server} cannot be read: {why}"))
                .hint("Is it a Campanile? Name another one with --server."),
            Self::Said { status: StatusCode::UNAUTHORIZED, detail } => {
                Failure::new(detail).hint("Set CAMPANILE_TOKEN to an access token or an API key, or sign in with --email.")
            }
            Self::Said { detail, .. } => Failure::new(detail),
        }
    }
}
