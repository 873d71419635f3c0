//! Rounds and lines of their ledgers as they go over the wire.

use app::{
    campaigns::rounds::{Line, Shown},
    domain::campaigns::{Cause, Reason, RoundState, RowState},
};
use kernel::{Instant, ProductId};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Where a round stands.
///
/// `IN_PROGRESS`: people are being told. `PAUSED`: you stopped it for a while. `CANCELED_BY_SOLD_OUT`: nothing was left.
/// `CANCELED_BY_ERROR`: your service did not answer. These three go on when you say so. `CANCELED` and `COMPLETED` are over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(crate) enum RoundStatus {
    InProgress,
    Paused,
    CanceledBySoldOut,
    CanceledByError,
    Canceled,
    Completed,
}

impl From<RoundState> for RoundStatus {
    fn from(state: RoundState) -> Self {
        match state {
            RoundState::InProgress => Self::InProgress,
            RoundState::Paused => Self::Paused,
            RoundState::SoldOut => Self::CanceledBySoldOut,
            RoundState::Failed => Self::CanceledByError,
            RoundState::Canceled => Self::Canceled,
            RoundState::Completed => Self::Completed,
        }
    }
}

/// Why a round is where it is.
///
/// It was raised because the stock came back (`restocked`) or somebody `asked`; it stopped because nothing was left (`sold_out`), nobody
/// answered (`channel_down`) or its time was over (`expired`); or its `owner` said so.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum RoundCause {
    Restocked,
    Asked,
    SoldOut,
    ChannelDown,
    Expired,
    Owner,
}

impl From<Cause> for RoundCause {
    fn from(cause: Cause) -> Self {
        match cause {
            Cause::Restocked => Self::Restocked,
            Cause::Asked => Self::Asked,
            Cause::SoldOut => Self::SoldOut,
            Cause::ChannelDown => Self::ChannelDown,
            Cause::Expired => Self::Expired,
            Cause::Owner => Self::Owner,
        }
    }
}

/// A restock round of a product. The stream of its owner says the same of it (`campaign.changed`).
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Round)]
pub(crate) struct RoundView {
    /// What you call the product.
    #[schema(example = "SKU-4711")]
    product_id: String,
    /// The product's id.
    #[schema(value_type = String, example = "prd_01jd2n9w3fkz8q4v6x0c5b7m1t")]
    id: ProductId,
    /// Its number: 1 is the first round of the product.
    #[schema(minimum = 1, example = 1)]
    round: i64,
    status: RoundStatus,
    cause: RoundCause,
    /// How many were written down for it so far: all, once `frozen` is true.
    total: i64,
    /// Whether everybody who waited when it began was written down.
    frozen: bool,
    /// How many were told.
    sent: i64,
    /// How many were passed over.
    skipped: i64,
    /// How many could not be told.
    failed: i64,
    /// How many are still to be told, or told once more.
    waiting: i64,
    /// How many are being told at the moment.
    in_flight: i64,
    /// How often nobody knew whether somebody was told.
    unknown: i64,
    /// Who of the greatest position was told; null: nobody yet.
    last_recipient: Option<LastRecipientView>,
    /// The first position of somebody who is neither told nor passed over nor given up; null: there is none.
    first_unsent: Option<i64>,
    /// How many were begun with in the last full second of which that is known.
    rate_per_second: i64,
    /// Whether nobody is told before everybody before them is settled.
    strict: bool,
    #[schema(value_type = String, format = DateTime)]
    started_at: Instant,
    /// When it stopped, while it does not go on.
    #[schema(value_type = Option<String>, format = DateTime)]
    paused_at: Option<Instant>,
    /// When it came to its end.
    #[schema(value_type = Option<String>, format = DateTime)]
    finished_at: Option<Instant>,
    /// When it ends in any case.
    #[schema(value_type = Option<String>, format = DateTime)]
    expires_at: Option<Instant>,
    /// Grows with every change of its status.
    version: i64,
}

/// Who was told last.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = LastRecipient)]
pub(crate) struct LastRecipientView {
    /// Their place in the round.
    position: i64,
    /// The id of their account, or what you call them.
    #[schema(example = "customer-7")]
    user_id: String,
    /// What they are called.
    #[schema(example = "Kim")]
    name: Option<String>,
}

impl From<&Shown> for RoundView {
    fn from(Shown { product, key, round, last, first_unsent }: &Shown) -> Self {
        let last_recipient = last.as_ref().map(|line| LastRecipientView {
            position: line.position,
            user_id: line.external_id.clone(),
            name: line.name.clone(),
        });
        Self {
            product_id: key.clone(),
            id: *product,
            round: round.number,
            status: round.state.into(),
            cause: round.cause.into(),
            total: round.total,
            frozen: round.frozen,
            sent: round.sent,
            skipped: round.skipped,
            failed: round.failed,
            waiting: round.waiting(),
            in_flight: round.in_flight,
            unknown: round.unknown,
            last_recipient,
            first_unsent: *first_unsent,
            rate_per_second: round.rate,
            strict: round.strict,
            started_at: round.started_at,
            paused_at: round.paused_at,
            finished_at: round.finished_at,
            expires_at: round.expires_at,
            version: round.version,
        }
    }
}

/// What became of telling somebody.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(crate) enum RoundRecipientState {
    Waiting,
    InFlight,
    Retry,
    Sent,
    Skipped,
    Failed,
}

impl From<RoundRecipientState> for RowState {
    fn from(state: RoundRecipientState) -> Self {
        match state {
            RoundRecipientState::Waiting => Self::Waiting,
            RoundRecipientState::InFlight => Self::InFlight,
            RoundRecipientState::Retry => Self::Retry,
            RoundRecipientState::Sent => Self::Sent,
            RoundRecipientState::Skipped => Self::Skipped,
            RoundRecipientState::Failed => Self::Failed,
        }
    }
}

impl From<RowState> for RoundRecipientState {
    fn from(state: RowState) -> Self {
        match state {
            RowState::Waiting => Self::Waiting,
            RowState::InFlight => Self::InFlight,
            RowState::Retry => Self::Retry,
            RowState::Sent => Self::Sent,
            RowState::Skipped => Self::Skipped,
            RowState::Failed => Self::Failed,
        }
    }
}

/// Why somebody was passed over or could not be told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum RoundRecipientReason {
    Unsubscribed,
    Gone,
    NoChannel,
    Refused,
    GaveUp,
    Unknown,
}

impl From<Reason> for RoundRecipientReason {
    fn from(reason: Reason) -> Self {
        match reason {
            Reason::Unsubscribed => Self::Unsubscribed,
            Reason::Gone => Self::Gone,
            Reason::NoChannel => Self::NoChannel,
            Reason::Refused => Self::Refused,
            Reason::GaveUp => Self::GaveUp,
            Reason::Unknown => Self::Unknown,
        }
    }
}

/// A line of the ledger of a round.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = RoundRecipient)]
pub(crate) struct RoundRecipientView {
    /// Their place in the round.
    #[schema(minimum = 1)]
    pub(super) position: i64,
    /// The id of their account, or what you call them.
    #[schema(example = "customer-7")]
    pub(super) user_id: String,
    /// What they are called, if anybody still knows.
    #[schema(example = "Kim")]
    pub(super) name: Option<String>,
    /// `SENT` is never written before it is certain.
    pub(super) state: RoundRecipientState,
    /// How often they were tried.
    pub(super) attempts: i64,
    /// When the last attempt began.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub(super) started_at: Option<Instant>,
    /// When it was known that they were told.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub(super) sent_at: Option<Instant>,
    /// When it was known what became of them.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub(super) settled_at: Option<Instant>,
    /// When they are tried once more.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub(super) next_at: Option<Instant>,
    /// Why they were passed over or could not be told.
    pub(super) reason: Option<RoundRecipientReason>,
}

impl From<&Line> for RoundRecipientView {
    fn from(line: &Line) -> Self {
        Self {
            position: line.position,
            user_id: line.external_id.clone(),
            name: line.name.clone(),
            state: line.state.into(),
            attempts: line.attempts,
            started_at: line.started_at,
            sent_at: line.settled_at.filter(|_| line.state == RowState::Sent),
            settled_at: line.settled_at,
            next_at: line.next_at,
            reason: line.reason.map(Into::into),
        }
    }
}
