//! How an inbox refuses.

use kernel::{Category, Coded};

/// Why a use case on an inbox is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotifyError {
    /// There is no such notification, it was deleted, or it is somebody else's: the answer does not say which.
    #[error("there is no such notification")]
    NotFound,
}

impl Coded for NotifyError {
    fn code(&self) -> &'static str {
        match self {
            Self::NotFound => "notification.not_found",
        }
    }

    fn category(&self) -> Category {
        match self {
            Self::NotFound => Category::NotFound,
        }
    }
}
