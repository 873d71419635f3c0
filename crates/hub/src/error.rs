//! Why a stream cannot be opened.

use kernel::{Category, Coded};

/// Why a subscription is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HubError {
    /// One user holds as many streams as one user may.
    #[error("you have {0} live streams open, which is the most one account may hold: close one of them first")]
    TooManyOfUser(usize),
    /// This process holds as many streams as it may.
    #[error("this server holds as many live streams as it can: try again in a moment")]
    TooMany,
    /// This process is stopping.
    #[error("this server is stopping: try again in a moment")]
    Draining,
}

impl Coded for HubError {
    fn code(&self) -> &'static str {
        match self {
            Self::TooManyOfUser(_) => "stream.too_many_of_user",
            Self::TooMany => "stream.too_many",
            Self::Draining => "stream.draining",
        }
    }

    fn category(&self) -> Category {
        match self {
            Self::TooManyOfUser(_) => Category::RateLimited,
            // Not the caller's doing, and another node may have room.
            Self::TooMany | Self::Draining => Category::Unavailable,
        }
    }

    fn retry_after_seconds(&self) -> Option<u32> {
        Some(match self {
            // A tab that was closed frees its stream when its next heartbeat cannot be written.
            Self::TooManyOfUser(_) => 15,
            Self::TooMany => 5,
            Self::Draining => 2,
        })
    }
}
