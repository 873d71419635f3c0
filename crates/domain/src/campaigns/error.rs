//! How campaigns refuse.

use kernel::{Category, Coded, FieldError};

use super::{BadLine, MAX_IMPORT_LINES};

/// A refusal about products, recipients and subscriptions.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CampaignError {
    /// There is no such product, or it is somebody else's: the answer does not say which.
    #[error("there is no such product")]
    ProductNotFound,
    /// Fields of a product that make no sense.
    #[error("what was sent about the product is not valid")]
    InvalidProduct(Vec<FieldError>),
    /// The owner has as many products as one may have.
    #[error("you have {most} products, and that is the most: delete one first")]
    TooManyProducts {
        /// The limit.
        most: u32,
    },
    /// `If-Match` names another version of the product than the present one.
    #[error("the product was changed in the meantime: it is now version {current}; read it again and repeat")]
    ProductVersionMismatch {
        /// The present version.
        current: i64,
    },
    /// `If-Match` names a version of a product that is not there.
    #[error("there is no such product to change: leave If-Match out to make it")]
    ProductAbsent,
    /// The address book has nobody of this name, and no account has this id.
    #[error("there is no such recipient")]
    RecipientNotFound,
    /// Fields of a recipient that make no sense.
    #[error("what was sent about the recipient is not valid")]
    InvalidRecipient(Vec<FieldError>),
    /// The address book holds as many as one may.
    #[error("the address book holds {most} recipients, and that is the most: delete some first")]
    TooManyRecipients {
        /// The limit.
        most: u32,
    },
    /// `If-Match` names another version of the recipient than the present one.
    #[error("the recipient was changed in the meantime: it is now version {current}; read it again and repeat")]
    RecipientVersionMismatch {
        /// The present version.
        current: i64,
    },
    /// `If-Match` names a version of a recipient who is not there.
    #[error("there is no such recipient to change: leave If-Match out to keep them")]
    RecipientAbsent,
    /// They never subscribed to the product.
    #[error("they never subscribed to this product")]
    SubscriptionNotFound,
    /// Who left by themself is subscribed again by themself only.
    #[error("they left by themself: only they can subscribe again")]
    Declined,
    /// As many wait for the product as may.
    #[error("{most} wait for this product, and that is the most")]
    Full {
        /// The limit.
        most: u32,
    },
    /// Lines of a file that cannot be taken over; nothing of it was.
    #[error("{count} of the lines cannot be imported, so nothing was: see `lines`")]
    BadLines {
        /// The first of them.
        lines: Vec<BadLine>,
        /// How many there are.
        count: usize,
    },
    /// A file of more lines than are taken over at once.
    #[error("at most {MAX_IMPORT_LINES} lines are imported at once: divide the file")]
    TooManyLines,
}

impl Coded for CampaignError {
    fn code(&self) -> &'static str {
        match self {
            Self::ProductNotFound => "product.not_found",
            Self::InvalidProduct(_) => "product.invalid",
            Self::TooManyProducts { .. } => "product.too_many",
            Self::ProductVersionMismatch { .. } | Self::ProductAbsent => "product.version_mismatch",
            Self::RecipientNotFound => "recipient.not_found",
            Self::InvalidRecipient(_) => "recipient.invalid",
            Self::TooManyRecipients { .. } => "recipient.too_many",
            Self::RecipientVersionMismatch { .. } | Self::RecipientAbsent => "recipient.version_mismatch",
            Self::SubscriptionNotFound => "subscription.not_found",
            Self::Declined => "subscription.declined",
            Self::Full { .. } => "subscription.too_many",
            Self::BadLines { .. } => "subscription.bad_lines",
            Self::TooManyLines => "subscription.too_many_lines",
        }
    }

    fn category(&self) -> Category {
        match self {
            Self::ProductNotFound | Self::RecipientNotFound | Self::SubscriptionNotFound => Category::NotFound,
            Self::InvalidProduct(_) | Self::InvalidRecipient(_) | Self::BadLines { .. } | Self::TooManyLines => Category::Invalid,
            Self::Declined => Category::Forbidden,
            Self::TooManyProducts { .. } | Self::TooManyRecipients { .. } | Self::Full { .. } => Category::Conflict,
            Self::ProductVersionMismatch { .. }
            | Self::ProductAbsent
            | Self::RecipientVersionMismatch { .. }
            | Self::RecipientAbsent => Category::PreconditionFailed,
        }
    }

    fn fields(&self) -> &[FieldError] {
        match self {
            Self::InvalidProduct(fields) | Self::InvalidRecipient(fields) => fields,
            _ => &[],
        }
    }
}
