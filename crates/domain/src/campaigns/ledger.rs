//! The ledger of a round: one row for each recipient, which says what became of telling them.
//!
//! ```text
//!   WAITING ── permit ──► IN_FLIGHT ── told ──► SENT        a fact: from any state, whoever reports it
//!      │                   │ ▲  └─ refused, given up ─► FAILED
//!      │                   ▼ │ permit, once it is due
//!      │                  RETRY       also: the sender died, and nobody knows what became of it
//!      └─ nobody to tell ─► SKIPPED ◄─┘
//! ```

use std::{fmt, time::Duration};

/// What became of telling one recipient.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum RowState {
    /// Their turn has not come.
    Waiting,
    /// They are being told.
    InFlight,
    /// They are to be told once more.
    Retry,
    /// They were told.
    Sent,
    /// They were passed over.
    Skipped,
    /// They could not be told.
    Failed,
}

impl RowState {
    /// Every state.
    pub const ALL: [Self; 6] = [Self::Waiting, Self::InFlight, Self::Retry, Self::Sent, Self::Skipped, Self::Failed];

    /// As it is kept and shown.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Waiting => "WAITING",
            Self::InFlight => "IN_FLIGHT",
            Self::Retry => "RETRY",
            Self::Sent => "SENT",
            Self::Skipped => "SKIPPED",
            Self::Failed => "FAILED",
        }
    }
}

impl fmt::Display for RowState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl std::str::FromStr for RowState {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        Self::ALL.into_iter().find(|state| state.as_str() == text).ok_or(())
    }
}

/// Why somebody was passed over or could not be told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// They do not wait for the product any more, or do so anew.
    Unsubscribed,
    /// Their owner knows them no more, or their account is gone.
    Gone,
    /// They have no account, and no channel to others is configured.
    NoChannel,
    /// The channel refused them.
    Refused,
    /// The channel did not take it, however often it was tried.
    GaveUp,
    /// It is not known whether they were told, and the operator wants nobody told twice.
    Unknown,
}

impl Reason {
    /// Every reason.
    pub const ALL: [Self; 6] = [Self::Unsubscribed, Self::Gone, Self::NoChannel, Self::Refused, Self::GaveUp, Self::Unknown];

    /// As it is kept and shown.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Unsubscribed => "unsubscribed",
            Self::Gone => "gone",
            Self::NoChannel => "no_channel",
            Self::Refused => "refused",
            Self::GaveUp => "gave_up",
            Self::Unknown => "unknown",
        }
    }
}

impl std::str::FromStr for Reason {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        Self::ALL.into_iter().find(|reason| reason.as_str() == text).ok_or(())
    }
}

/// What is done where it is not known whether somebody was told: the call left, and no answer came.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum OnUnknown {
    /// They are told once more, under the same key: who keeps the key tells them once.
    #[default]
    Resend,
    /// They are passed over.
    Skip,
}

/// What came of one attempt to tell somebody.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Attempt {
    /// They were told.
    Told,
    /// Not this time; earliest after this, if the channel says when.
    NotNow(Option<Duration>),
    /// Never.
    Refused,
    /// Nobody knows.
    Unknown,
    /// It never began.
    NotBegun,
}

/// Where an attempt leads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Settlement {
    /// They were told.
    Sent,
    /// They are to be told once more, after this.
    Retry(Duration),
    /// They were passed over.
    Skipped(Reason),
    /// They could not be told.
    Failed(Reason),
}

/// So often somebody is tried.
pub const ATTEMPTS_MAX: i64 = 10;

/// The longest pause between two attempts.
const PAUSE_MAX: Duration = Duration::from_mins(5);

/// Where the attempt number `attempts` leads.
pub fn settle(attempt: Attempt, attempts: i64, on_unknown: OnUnknown) -> Settlement {
    let again = |after: Option<Duration>| {
        if attempts >= ATTEMPTS_MAX {
            return Settlement::Failed(Reason::GaveUp);
        }
        let doubled =
            u32::try_from(attempts.clamp(1, ATTEMPTS_MAX) - 1).map_or(PAUSE_MAX, |times| Duration::from_secs(1 << times));
        Settlement::Retry(doubled.max(after.unwrap_or_default()).min(PAUSE_MAX))
    };
    match (attempt, on_unknown) {
        (Attempt::Told, _) => Settlement::Sent,
        (Attempt::NotBegun, _) => Settlement::Retry(Duration::ZERO),
        (Attempt::Refused, _) => Settlement::Failed(Reason::Refused),
        (Attempt::NotNow(after), _) => again(after),
        (Attempt::Unknown, OnUnknown::Resend) => again(None),
        (Attempt::Unknown, OnUnknown::Skip) => Settlement::Skipped(Reason::Unknown),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_attempt_leads_to_what_is_certain_and_to_nothing_else() {
        let seconds = Duration::from_secs;
        let table = [
            (Attempt::Told, 1, OnUnknown::Resend, Settlement::Sent),
            (Attempt::Told, ATTEMPTS_MAX, OnUnknown::Skip, Settlement::Sent),
            (Attempt::NotBegun, ATTEMPTS_MAX, OnUnknown::Skip, Settlement::Retry(Duration::ZERO)),
            (Attempt::Refused, 1, OnUnknown::Resend, Settlement::Failed(Reason::Refused)),
            (Attempt::NotNow(None), 1, OnUnknown::Resend, Settlement::Retry(seconds(1))),
            (Attempt::NotNow(None), 2, OnUnknown::Skip, Settlement::Retry(seconds(2))),
            (Attempt::NotNow(None), 9, OnUnknown::Skip, Settlement::Retry(seconds(256))),
            (Attempt::NotNow(Some(seconds(20))), 1, OnUnknown::Resend, Settlement::Retry(seconds(20))),
            (Attempt::NotNow(Some(seconds(86_400))), 1, OnUnknown::Resend, Settlement::Retry(PAUSE_MAX)),
            (Attempt::NotNow(Some(seconds(20))), ATTEMPTS_MAX, OnUnknown::Resend, Settlement::Failed(Reason::GaveUp)),
            (Attempt::Unknown, 1, OnUnknown::Resend, Settlement::Retry(seconds(1))),
            (Attempt::Unknown, ATTEMPTS_MAX, OnUnknown::Resend, Settlement::Failed(Reason::GaveUp)),
            (Attempt::Unknown, 1, OnUnknown::Skip, Settlement::Skipped(Reason::Unknown)),
        ];
        for (attempt, attempts, on_unknown, expected) in table {
            assert_eq!(settle(attempt, attempts, on_unknown), expected, "{attempt:?} at {attempts}, {on_unknown:?}");
        }
    }

    #[test]
    fn words_are_read_as_they_are_written() {
        for state in RowState::ALL {
            assert_eq!(state.as_str().parse(), Ok(state));
        }
        for reason in Reason::ALL {
            assert_eq!(reason.as_str().parse(), Ok(reason));
        }
    }
}
