//! A restock round: the states it goes through, and what may be done in each.
//!
//! ```text
//!                 ┌────────── pause ─────────► PAUSED ── sold out ─┐
//!                 │ ┌───────── resume ────────────┘                │
//!   (raise) ► IN_PROGRESS ── sold out ─► CANCELED_BY_SOLD_OUT ◄────┘
//!                 │ │ ▲ └─── the channel is down ─► CANCELED_BY_ERROR
//!                 │ │ └───────────── resume ────────────┴── (both)
//!                 │ └─ everybody was told, skipped or given up ─► COMPLETED
//!                 └─ cancel, expired (from PAUSED and CANCELED_BY_* as well) ─► CANCELED
//! ```

use std::fmt;

use kernel::{Category, Coded, Instant};

use super::{Product, RowState, Waves};

/// Where a round stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum RoundState {
    /// People are being told.
    InProgress,
    /// Its owner stopped it for a while.
    Paused,
    /// Nothing is left to sell.
    SoldOut,
    /// What tells people does not answer.
    Failed,
    /// Its owner ended it, or its time was over.
    Canceled,
    /// Everybody was told, or it is known why not.
    Completed,
}

impl RoundState {
    /// Every state, in the order of the picture.
    pub const ALL: [Self; 6] = [Self::InProgress, Self::Paused, Self::SoldOut, Self::Failed, Self::Canceled, Self::Completed];

    /// As it is kept and shown.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::InProgress => "IN_PROGRESS",
            Self::Paused => "PAUSED",
            Self::SoldOut => "CANCELED_BY_SOLD_OUT",
            Self::Failed => "CANCELED_BY_ERROR",
            Self::Canceled => "CANCELED",
            Self::Completed => "COMPLETED",
        }
    }

    /// Whether it is under way: no other round of its product is raised meanwhile by a repeated event.
    pub const fn is_under_way(self) -> bool {
        matches!(self, Self::InProgress | Self::Paused)
    }

    /// Whether it never goes on.
    pub const fn is_over(self) -> bool {
        matches!(self, Self::Canceled | Self::Completed)
    }
}

impl fmt::Display for RoundState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl std::str::FromStr for RoundState {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        Self::ALL.into_iter().find(|state| state.as_str() == text).ok_or(())
    }
}

/// What happens to a round.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Deed {
    /// Its owner stops it for a while.
    Pause,
    /// It is to go on; which needs something to sell.
    Resume {
        /// What is in stock.
        stock: i64,
    },
    /// Its owner ends it.
    Cancel,
    /// The stock has come down to nothing.
    SellOut,
    /// What tells people has not answered for too long.
    Fail,
    /// Its time is over.
    Expire,
    /// Everybody in it is settled.
    Finish,
}

/// Where `deed` leads from `state`.
pub(super) fn after(state: RoundState, deed: Deed) -> Result<RoundState, RoundError> {
    use RoundState::{Canceled, Completed, Failed, InProgress, Paused, SoldOut};
    match (state, deed) {
        (Canceled | Completed, _) => Err(RoundError::Finished { state }),
        (InProgress, Deed::Pause) => Ok(Paused),
        (InProgress, Deed::Resume { .. }) => Err(RoundError::InProgress),
        (_, Deed::Resume { stock: ..=0 }) => Err(RoundError::SoldOut),
        (_, Deed::Resume { .. }) => Ok(InProgress),
        (_, Deed::Cancel | Deed::Expire) => Ok(Canceled),
        (InProgress | Paused, Deed::SellOut) => Ok(SoldOut),
        (InProgress, Deed::Fail) => Ok(Failed),
        (InProgress, Deed::Finish) => Ok(Completed),
        (Paused | SoldOut | Failed, Deed::Pause | Deed::Fail | Deed::Finish) | (SoldOut | Failed, Deed::SellOut) => {
            Err(RoundError::NotInProgress { state })
        }
    }
}

/// Why something cannot be done to a round.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RoundError {
    /// There is no such round of this product.
    #[error("there is no such restock round")]
    NotFound,
    /// What was to be changed is not what it is now.
    #[error("another round or version is meant: round {round} is at version {version}")]
    VersionMismatch {
        /// The number of the round.
        round: i64,
        /// The version it has.
        version: i64,
    },
    /// It has come to its end.
    #[error("the round is {state} and stays so: raise another one")]
    Finished {
        /// Which end.
        state: RoundState,
    },
    /// It goes on already.
    #[error("the round is in progress already")]
    InProgress,
    /// It does not go on at the moment.
    #[error("the round is {state}: only one that is in progress can be paused")]
    NotInProgress {
        /// Where it stands.
        state: RoundState,
    },
    /// There is nothing to sell.
    #[error("nothing is in stock: the round goes on when there is")]
    SoldOut,
    /// Nothing is in stock, so nobody is told.
    #[error("nothing is in stock: set the stock, or send it along, and then raise a round")]
    OutOfStock,
    /// It would be over before it began.
    #[error("a round cannot end before it begins: expires_at lies in the past")]
    ExpiresInThePast,
}

impl Coded for RoundError {
    fn code(&self) -> &'static str {
        match self {
            Self::NotFound => "round.not_found",
            Self::VersionMismatch { .. } => "round.version_mismatch",
            Self::Finished { .. } => "round.finished",
            Self::InProgress => "round.in_progress",
            Self::NotInProgress { .. } => "round.not_in_progress",
            Self::SoldOut => "round.sold_out",
            Self::OutOfStock => "product.out_of_stock",
            Self::ExpiresInThePast => "round.expires_in_the_past",
        }
    }

    fn category(&self) -> Category {
        match self {
            Self::NotFound => Category::NotFound,
            Self::VersionMismatch { .. } => Category::PreconditionFailed,
            Self::ExpiresInThePast => Category::Invalid,
            _ => Category::Conflict,
        }
    }
}

/// Why a round is where it is, where its state alone does not say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cause {
    /// The stock went from nothing to something.
    Restocked,
    /// Somebody asked for it.
    Asked,
    /// The stock came down to nothing.
    SoldOut,
    /// What tells people did not answer for too long.
    ChannelDown,
    /// Its time was over.
    Expired,
    /// Its owner said so.
    Owner,
}

impl Cause {
    /// Every cause.
    pub const ALL: [Self; 6] = [Self::Restocked, Self::Asked, Self::SoldOut, Self::ChannelDown, Self::Expired, Self::Owner];

    /// As it is kept and shown.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Restocked => "restocked",
            Self::Asked => "asked",
            Self::SoldOut => "sold_out",
            Self::ChannelDown => "channel_down",
            Self::Expired => "expired",
            Self::Owner => "owner",
        }
    }
}

impl std::str::FromStr for Cause {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        Self::ALL.into_iter().find(|cause| cause.as_str() == text).ok_or(())
    }
}

/// A restock round of a product.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Round {
    /// Whose turn it is: 1 is the first round of the product.
    pub number: i64,
    /// Where it stands.
    pub state: RoundState,
    /// Why.
    pub cause: Cause,
    /// How many recipients were written down for it so far.
    pub total: i64,
    /// Whether everybody was written down.
    pub frozen: bool,
    /// The next position of which nobody has taken care.
    pub next_position: i64,
    /// How many were told.
    pub sent: i64,
    /// How many were passed over.
    pub skipped: i64,
    /// How many could not be told.
    pub failed: i64,
    /// How many are being told at the moment.
    pub in_flight: i64,
    /// How many are to be tried again.
    pub retrying: i64,
    /// How often it was not known whether somebody was told.
    pub unknown: i64,
    /// The greatest position that was told; 0: none.
    pub last_position: i64,
    /// Whether nobody is told before everybody before them is settled.
    pub strict: bool,
    /// How many are told at a time; everybody, without.
    pub waves: Option<Waves>,
    /// So many may have been begun with by now, where they are told in waves.
    pub allowance: i64,
    /// How many were begun with in the last full second of which it is known.
    pub rate: i64,
    /// When it was raised.
    pub started_at: Instant,
    /// When it stopped, if it did.
    pub paused_at: Option<Instant>,
    /// When it came to an end, if it did.
    pub finished_at: Option<Instant>,
    /// When it ends in any case.
    pub expires_at: Option<Instant>,
    /// Grows with every change of state.
    pub version: i64,
}

impl Round {
    /// The round of a product whose turn it is, as the product wants it.
    pub fn begin(product: &Product, cause: Cause, now: Instant) -> Self {
        Self {
            number: product.round,
            state: RoundState::InProgress,
            cause,
            total: 0,
            frozen: false,
            next_position: 1,
            sent: 0,
            skipped: 0,
            failed: 0,
            in_flight: 0,
            retrying: 0,
            unknown: 0,
            last_position: 0,
            strict: product.strict,
            waves: product.waves,
            allowance: product.waves.map_or(0, |waves| product.stock.saturating_mul(waves.per_item)),
            rate: 0,
            started_at: now,
            paused_at: None,
            finished_at: None,
            expires_at: None,
            version: 1,
        }
    }

    /// What tells this version of this round from every version of every round of its product; not below its `version`.
    pub const fn tag(&self) -> i64 {
        (self.number << 32) | self.version
    }

    /// How many are still to be told, or told once more.
    pub const fn waiting(&self) -> i64 {
        self.total - self.sent - self.skipped - self.failed - self.in_flight
    }

    /// How many were begun with.
    pub const fn begun(&self) -> i64 {
        self.sent + self.failed + self.in_flight + self.retrying
    }

    /// Counts a row that comes to stand at `to`, from where it stood: nowhere, if it only waited.
    pub fn count(&mut self, from: RowState, to: RowState) {
        for (state, by) in [(from, -1), (to, 1)] {
            match state {
                RowState::Waiting => self.next_position -= by,
                RowState::InFlight => self.in_flight += by,
                RowState::Retry => self.retrying += by,
                RowState::Sent => self.sent += by,
                RowState::Skipped => self.skipped += by,
                RowState::Failed => self.failed += by,
            }
        }
    }

    /// Whether everybody in it is settled, and nobody is to come.
    pub const fn is_settled(&self) -> bool {
        self.frozen && self.next_position > self.total && self.in_flight == 0 && self.retrying == 0
    }

    /// Does `deed` at `now`, for `cause`.
    pub fn turn(&mut self, deed: Deed, cause: Cause, now: Instant) -> Result<(), RoundError> {
        self.state = after(self.state, deed)?;
        self.cause = cause;
        self.version += 1;
        self.paused_at = (!self.state.is_over() && self.state != RoundState::InProgress).then_some(now);
        self.finished_at = self.state.is_over().then_some(now);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_deed_leads_where_the_picture_says_and_nowhere_else() {
        use RoundState::{Canceled, Completed, Failed, InProgress, Paused, SoldOut};
        let deeds = [Deed::Pause, Deed::Resume { stock: 1 }, Deed::Cancel, Deed::SellOut, Deed::Fail, Deed::Expire, Deed::Finish];
        let table = [
            (InProgress, [Some(Paused), None, Some(Canceled), Some(SoldOut), Some(Failed), Some(Canceled), Some(Completed)]),
            (Paused, [None, Some(InProgress), Some(Canceled), Some(SoldOut), None, Some(Canceled), None]),
            (SoldOut, [None, Some(InProgress), Some(Canceled), None, None, Some(Canceled), None]),
            (Failed, [None, Some(InProgress), Some(Canceled), None, None, Some(Canceled), None]),
            (Canceled, [None; 7]),
            (Completed, [None; 7]),
        ];
        for (state, row) in table {
            for (deed, leads_to) in deeds.into_iter().zip(row) {
                assert_eq!(after(state, deed).ok(), leads_to, "{deed:?} from {state}");
            }
        }
    }

    #[test]
    fn a_round_is_resumed_only_with_something_in_stock() {
        let resume = |state, stock| after(state, Deed::Resume { stock });
        for state in [RoundState::Paused, RoundState::SoldOut, RoundState::Failed] {
            assert_eq!(resume(state, 3), Ok(RoundState::InProgress));
            assert_eq!(resume(state, 0), Err(RoundError::SoldOut));
        }
        assert_eq!(resume(RoundState::InProgress, 0), Err(RoundError::InProgress));
        for state in [RoundState::Canceled, RoundState::Completed] {
            assert_eq!(resume(state, 0), Err(RoundError::Finished { state }));
        }
    }

    #[test]
    fn words_are_read_as_they_are_written() {
        for state in RoundState::ALL {
            assert_eq!(state.as_str().parse(), Ok(state));
        }
        for cause in Cause::ALL {
            assert_eq!(cause.as_str().parse(), Ok(cause));
        }
        assert_eq!("DONE".parse::<RoundState>(), Err(()));
        assert_eq!("".parse::<Cause>(), Err(()));
    }
}
