//! Idempotency keys: the same request twice has one effect and one answer.
//!
//! The answer is written in the transaction of the effect. So there is no moment in which one exists without the other, and
//! nothing to clean up when the process dies in between: a repeated request finds both, or neither.
//!
//! An answer that contains a secret is kept sealed ([`Once::sealed`]): what lies in the database is of no use without the
//! installation's secret file and the idempotency key itself. The hash of such a request is keyed as well, because a request
//! that carries a password must not leave a fast hash of it behind.

use std::{sync::Arc, time::Duration};

use kernel::{Category, Coded, Entropy, Instant};
use store::{Tx, UseCase};

use crate::{Effects, Error, identity::Keys};

/// How long an answer is kept.
pub(crate) const KEPT: Duration = Duration::from_hours(24);

/// An answer as it goes over the wire, and as it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rendered {
    /// The status the edge gave it.
    pub status: u16,
    /// The headers that belong to it (`etag`, `location`), lower case.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Vec<u8>,
}

/// A request that may come twice.
#[derive(Clone, Debug)]
pub struct Once {
    /// Whose key it is: a user, a service key, or nobody yet.
    pub principal: String,
    /// Method and route template, e.g. `POST /api/v1/schedules`.
    pub route: String,
    /// What the caller chose.
    pub key: String,
    /// Tells another body under the same key.
    pub request_hash: [u8; 32],
    /// Whether request or answer contain a secret, see [`Once::sealed`].
    pub sealed: bool,
}

impl Once {
    /// For requests that carry a secret or are answered with one: nothing readable of either is kept.
    #[must_use]
    pub fn sealed(self) -> Self {
        Self { sealed: true, ..self }
    }

    fn name(&self) -> String {
        format!("{}\n{}\n{}", self.principal, self.route, self.key)
    }
}

/// What came of a request that may come twice.
#[derive(Debug)]
pub struct Answer {
    /// What goes over the wire.
    pub rendered: Rendered,
    /// Whether it was answered before and nothing happened this time.
    pub replayed: bool,
}

/// Why a repeated request is refused.
#[derive(Debug, thiserror::Error)]
pub(crate) enum OnceError {
    /// The same key with another body.
    #[error("this idempotency key was used for a different request: choose a new key")]
    OtherRequest,
    /// The first request with this key has not finished.
    #[error("the first request with this idempotency key is still running: try again in a moment")]
    InFlight,
    /// An answer could not be sealed, or not be opened again: the secret file is not the one it was sealed with.
    #[error("the kept answer cannot be read")]
    Sealing,
}

impl Coded for OnceError {
    fn code(&self) -> &'static str {
        match self {
            Self::OtherRequest => "idempotency.other_request",
            Self::InFlight => "idempotency.in_flight",
            Self::Sealing => "internal",
        }
    }

    fn category(&self) -> Category {
        match self {
            Self::OtherRequest => Category::Invalid,
            Self::InFlight => Category::Conflict,
            Self::Sealing => Category::Internal,
        }
    }

    fn retry_after_seconds(&self) -> Option<u32> {
        matches!(self, Self::InFlight).then_some(1)
    }
}

/// How an output becomes an answer; given by the edge, run inside the transaction.
pub type Render<T> = Arc<dyn Fn(&T) -> Rendered + Send + Sync>;

/// Wraps a use case so that its answer is kept under its key, if there is one.
pub(crate) struct Kept<C: UseCase, T> {
    pub(crate) case: C,
    pub(crate) once: Option<Once>,
    pub(crate) render: Render<T>,
    pub(crate) now: Instant,
    pub(crate) keys: Keys,
    pub(crate) entropy: Arc<dyn Entropy>,
}

impl<C, T> UseCase for Kept<C, T>
where
    C: UseCase<Out = (T, Effects), Error = Error>,
    T: Send + Sync + 'static,
{
    type Out = (Answer, Effects);
    type Error = Error;

    fn is_large(&self) -> bool {
        self.case.is_large()
    }

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Self::Out, Error> {
        if let Some(once) = &self.once
            && let Some(rendered) = replay(tx, once, &self.keys, self.now).await?
        {
            return Ok((Answer { rendered, replayed: true }, Effects::default()));
        }
        let (out, effects) = self.case.run(tx).await?;
        let rendered = (self.render)(&out);
        if let Some(once) = &self.once {
            let kept = closed(once, &rendered, &self.keys, &*self.entropy)?;
            store::idempotency::keep(tx, &once.principal, &once.route, &once.key, &kept, self.now + KEPT).await?;
        }
        Ok((Answer { rendered, replayed: false }, effects))
    }
}

async fn replay(tx: &mut Tx<'_>, once: &Once, keys: &Keys, now: Instant) -> Result<Option<Rendered>, Error> {
    if !store::idempotency::claim(tx, &once.principal, &once.route, &once.key).await? {
        return Err(OnceError::InFlight.into());
    }
    let Some(kept) = store::idempotency::find(tx, &once.principal, &once.route, &once.key, now).await? else {
        return Ok(None);
    };
    let same = if once.sealed {
        keys.fingerprints(&once.request_hash).any(|fingerprint| kept.request_hash == fingerprint)
    } else {
        kept.request_hash == once.request_hash
    };
    if !same {
        return Err(OnceError::OtherRequest.into());
    }
    opened(once, kept, keys).map(Some)
}

/// What is kept of an answer.
fn closed(once: &Once, rendered: &Rendered, keys: &Keys, entropy: &dyn Entropy) -> Result<store::idempotency::Kept, Error> {
    let headers = serde_json::to_string(&rendered.headers).unwrap_or_default();
    let (request_hash, headers, body) = if once.sealed {
        // JSON has no bare line feed, so the first one ends the headers.
        let plain = [headers.as_bytes(), b"\n", &rendered.body].concat();
        let sealed = keys.seal(&once.name(), entropy, &plain).ok_or(OnceError::Sealing)?;
        let fingerprint = keys.fingerprints(&once.request_hash).next().ok_or(OnceError::Sealing)?;
        (fingerprint, String::new(), sealed)
    } else {
        (once.request_hash.to_vec(), headers, rendered.body.clone())
    };
    Ok(store::idempotency::Kept { request_hash, status: rendered.status, headers, body })
}

/// The answer that was kept.
fn opened(once: &Once, kept: store::idempotency::Kept, keys: &Keys) -> Result<Rendered, Error> {
    let (headers, body) = if once.sealed {
        let plain = keys.open(&once.name(), &kept.body).ok_or(OnceError::Sealing)?;
        let end = plain.iter().position(|byte| *byte == b'\n').ok_or(OnceError::Sealing)?;
        (String::from_utf8_lossy(&plain[..end]).into_owned(), plain[end + 1..].to_vec())
    } else {
        (kept.headers, kept.body)
    };
    Ok(Rendered { status: kept.status, headers: serde_json::from_str(&headers).unwrap_or_default(), body })
}

impl crate::App {
    /// Runs `case` at most once per key, and renders its answer either way.
    pub(crate) async fn commit_once<C, T>(&self, case: C, once: Option<Once>, render: Render<T>) -> Result<Answer, Error>
    where
        C: UseCase<Out = (T, Effects), Error = Error>,
        T: Send + Sync + 'static,
    {
        let now = self.now();
        let (keys, entropy) = (self.keys().clone(), self.entropy());
        self.commit(Kept { case, once, render, now, keys, entropy }).await
    }
}
