//! # outbound: what leaves the house
//!
//! A [`Channel`] takes a [`Message`] to somebody and says what came of it. It is called once for each attempt, keeps nothing, and decides
//! nothing: whether, when and how often somebody is told is the business of whoever calls it.
//!
//! ```text
//!   app ── Message, with the key of the fact ──► Channel::send ──► Sent · Retry · Refused · Unknown
//!                                                   │
//!                                                   └── handover: POST to the operator's own service
//! ```
//!
//! The key never changes over attempts, so whoever keeps it takes the same message twice and tells once.
//!
//! **Must never know**: rounds, products, SQL, why somebody is told. It waits only on [`kernel::Clock`].

mod handover;

use std::{future::Future, time::Duration};

pub use handover::{Handover, PATIENCE};

/// What somebody is told, and who they are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// Of the fact, the same over all attempts.
    pub key: String,
    /// A JSON object.
    pub body: String,
}

/// What came of one attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It was taken.
    Sent,
    /// It was not taken, and may be later; earliest after this, where that was said.
    Retry(Option<Duration>),
    /// It was not taken, and never will be.
    Refused,
    /// It left, and nobody knows whether it was taken.
    Unknown,
}

/// A way to people.
pub trait Channel: Send + Sync + 'static {
    /// Takes `message` there: begins at once, when it is first polled, and ends in any case.
    fn send(&self, message: &Message) -> impl Future<Output = Outcome> + Send;
}
