//! The hand-over: the operator's own service takes messages by HTTP, and tells people in its own way.
//!
//! `POST` with the message as JSON, its key as `Idempotency-Key`. 2xx: taken. 400, 406, 410, 413, 414, 415, 422, 451: refused, which is about
//! this message. Any other answer is about the service or the address, and so is a connection that does not come about: later (`Retry-After` in
//! seconds is heeded). No answer after the request has left: nobody knows.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use futures_util::future::{Either, select};
use kernel::Clock;
use reqwest::{Client, StatusCode, Url, header, redirect};

use crate::{Channel, Message, Outcome};

/// How long an answer is waited for.
pub const PATIENCE: Duration = Duration::from_secs(5);

/// Time between two lines of the log that say why nothing is taken.
const COMPLAINS: Duration = Duration::from_secs(30);

/// A service that takes messages.
pub struct Handover {
    http: Client,
    url: Url,
    clock: Arc<dyn Clock>,
    /// When the log may say again why nothing is taken, in milliseconds of the monotonic clock.
    complains_at: AtomicU64,
}

fn address(url: &str) -> Option<Url> {
    url.parse::<Url>().ok().filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host())
}

impl Handover {
    /// Whether something can be sent to `url`.
    pub fn reads(url: &str) -> bool {
        address(url).is_some()
    }

    /// The service at `url`. `None`: nothing can be sent there.
    pub fn new(url: &str, clock: Arc<dyn Clock>) -> Option<Self> {
        let url = address(url)?;
        // A redirect would take the message to somebody the operator has not named.
        // So would a proxy that somebody set for other programs.
        let http = Client::builder().redirect(redirect::Policy::none()).no_proxy().pool_max_idle_per_host(64).build().ok()?;
        Some(Self { http, url, clock, complains_at: AtomicU64::new(0) })
    }

    async fn post(&self, message: &Message) -> Outcome {
        let request = self.http.post(self.url.clone()).header(header::CONTENT_TYPE, "application/json");
        match request.header("idempotency-key", &message.key).body(message.body.clone()).send().await {
            Ok(answer) => {
                let outcome = read(answer.status(), answer.headers().get(header::RETRY_AFTER));
                if outcome != Outcome::Sent {
                    self.complain(format_args!("it answered {}", answer.status()));
                }
                outcome
            }
            Err(error) if error.is_builder() => Outcome::Refused,
            Err(error) => {
                let unsent = error.is_connect();
                // Without the address: it may hold a secret.
                self.complain(format_args!("{}", Whole(&error.without_url())));
                if unsent { Outcome::Retry(None) } else { Outcome::Unknown }
            }
        }
    }

    /// Says in the log why a message was not taken, now and then.
    fn complain(&self, why: std::fmt::Arguments<'_>) {
        let now = u64::try_from(self.clock.monotonic().as_millis()).unwrap_or(u64::MAX);
        let next = now + u64::try_from(COMPLAINS.as_millis()).unwrap_or(u64::MAX);
        let may = self.complains_at.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |at| (at <= now).then_some(next));
        if may.is_ok() {
            tracing::warn!(%why, "the service at campaigns.handover_url did not take a message");
        }
    }
}

impl Channel for Handover {
    async fn send(&self, message: &Message) -> Outcome {
        match select(Box::pin(self.post(message)), self.clock.sleep(PATIENCE)).await {
            Either::Left((outcome, _)) => outcome,
            Either::Right(_) => {
                self.complain(format_args!("it did not answer in {} seconds", PATIENCE.as_secs()));
                Outcome::Unknown
            }
        }
    }
}

/// An error with what it comes from.
struct Whole<'a>(&'a dyn std::error::Error);

impl std::fmt::Display for Whole<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.0)?;
        match self.0.source() {
            Some(source) => write!(f, ": {}", Whole(source)),
            None => Ok(()),
        }
    }
}

fn read(status: StatusCode, retry_after: Option<&header::HeaderValue>) -> Outcome {
    if status.is_success() {
        return Outcome::Sent;
    }
    if matches!(status.as_u16(), 400 | 406 | 410 | 413 | 414 | 415 | 422 | 451) {
        return Outcome::Refused;
    }
    let seconds = retry_after.and_then(|value| value.to_str().ok()?.trim().parse().ok());
    Outcome::Retry(seconds.map(Duration::from_secs))
}
