//! Idempotency keys: the same request twice has one effect and one answer.
//!
//! The answer is written in the transaction of the effect. So there is no moment in which one exists without the other, and
//! nothing to clean up when the process dies in between: a repeated request finds both, or neither.

use std::{sync::Arc, time::Duration};

use kernel::{Category, Coded, Instant};
use store::{Tx, UseCase};

use crate::{Effects, Error};

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
}

impl Coded for OnceError {
    fn code(&self) -> &'static str {
        match self {
            Self::OtherRequest => "idempotency.other_request",
            Self::InFlight => "idempotency.in_flight",
        }
    }

    fn category(&self) -> Category {
        match self {
            Self::OtherRequest => Category::Invalid,
            Self::InFlight => Category::Conflict,
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
}

impl<C, T> UseCase for Kept<C, T>
where
    C: UseCase<Out = (T, Effects), Error = Error>,
    T: Send + Sync + 'static,
{
    type Out = (Answer, Effects);
    type Error = Error;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Self::Out, Error> {
        if let Some(once) = &self.once
            && let Some(rendered) = replay(tx, once, self.now).await?
        {
            return Ok((Answer { rendered, replayed: true }, Effects::default()));
        }
        let (out, effects) = self.case.run(tx).await?;
        let rendered = (self.render)(&out);
        if let Some(once) = &self.once {
            keep(tx, once, &rendered, self.now).await?;
        }
        Ok((Answer { rendered, replayed: false }, effects))
    }
}

async fn replay(tx: &mut Tx<'_>, once: &Once, now: Instant) -> Result<Option<Rendered>, Error> {
    if !store::idempotency::claim(tx, &once.principal, &once.route, &once.key).await? {
        return Err(OnceError::InFlight.into());
    }
    let Some(kept) = store::idempotency::find(tx, &once.principal, &once.route, &once.key, now).await? else {
        return Ok(None);
    };
    if kept.request_hash != once.request_hash {
        return Err(OnceError::OtherRequest.into());
    }
    let headers = serde_json::from_str(&kept.headers).unwrap_or_default();
    Ok(Some(Rendered { status: kept.status, headers, body: kept.body }))
}

async fn keep(tx: &mut Tx<'_>, once: &Once, rendered: &Rendered, now: Instant) -> Result<(), Error> {
    let kept = store::idempotency::Kept {
        request_hash: once.request_hash.to_vec(),
        status: rendered.status,
        headers: serde_json::to_string(&rendered.headers).unwrap_or_default(),
        body: rendered.body.clone(),
    };
    store::idempotency::keep(tx, &once.principal, &once.route, &once.key, &kept, now + KEPT).await?;
    Ok(())
}

impl crate::App {
    /// Runs `case` at most once per key, and renders its answer either way.
    pub(crate) async fn commit_once<C, T>(&self, case: C, once: Option<Once>, render: Render<T>) -> Result<Answer, Error>
    where
        C: UseCase<Out = (T, Effects), Error = Error>,
        T: Send + Sync + 'static,
    {
        let now = self.now();
        self.commit(Kept { case, once, render, now }).await
    }
}
