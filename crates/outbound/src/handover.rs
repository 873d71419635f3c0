//! The hand-over: the operator's own service takes messages by HTTP, and tells people in its own way.
//!
//! `POST` with the message as JSON, its key as `Idempotency-Key`. 2xx: taken. 429 and 5xx: later (`Retry-After` in seconds is heeded), and
//! so a connection that does not come about. Any other answer: refused. No answer after the request has left: nobody knows.

use std::{sync::Arc, time::Duration};

use futures_util::future::{Either, select};
use kernel::Clock;
use reqwest::{Client, StatusCode, Url, header, redirect};

use crate::{Channel, Message, Outcome};

/// How long an answer is waited for.
pub const PATIENCE: Duration = Duration::from_secs(5);

/// A service that takes messages.
pub struct Handover {
    http: Client,
    url: Url,
    clock: Arc<dyn Clock>,
}

impl Handover {
    /// The service at `url`. `None`: nothing can be sent there.
    pub fn new(url: &str, clock: Arc<dyn Clock>) -> Option<Self> {
        let url = url.parse::<Url>().ok().filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host())?;
        // A redirect would take the message to somebody the operator has not named.
        let http = Client::builder().redirect(redirect::Policy::none()).pool_max_idle_per_host(64).build().ok()?;
        Some(Self { http, url, clock })
    }

    async fn post(&self, message: &Message) -> Outcome {
        let request = self.http.post(self.url.clone()).header(header::CONTENT_TYPE, "application/json");
        match request.header("idempotency-key", &message.key).body(message.body.clone()).send().await {
            Ok(answer) => read(answer.status(), answer.headers().get(header::RETRY_AFTER)),
            Err(error) if error.is_connect() => Outcome::Retry(None),
            Err(error) if error.is_builder() => Outcome::Refused,
            Err(_) => Outcome::Unknown,
        }
    }
}

impl Channel for Handover {
    async fn send(&self, message: &Message) -> Outcome {
        match select(Box::pin(self.post(message)), self.clock.sleep(PATIENCE)).await {
            Either::Left((outcome, _)) => outcome,
            Either::Right(_) => Outcome::Unknown,
        }
    }
}

fn read(status: StatusCode, retry_after: Option<&header::HeaderValue>) -> Outcome {
    if status.is_success() {
        return Outcome::Sent;
    }
    if status == StatusCode::TOO_MANY_REQUESTS || status.is_server_error() {
        let seconds = retry_after.and_then(|value| value.to_str().ok()?.trim().parse().ok());
        return Outcome::Retry(seconds.map(Duration::from_secs));
    }
    Outcome::Refused
}
