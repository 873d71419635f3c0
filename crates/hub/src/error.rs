//! Why a stream cannot be opened.

use kernel::{Category, Coded};

/// Why a subscription is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HubError {
    /// One user holds as many streams as one user may.
    #[error("you have {0} live streams open, which is the most one account may hold: close one of them first")]
    TooManyOfUser(usize),
    /// One connection reads as many streams as one connection may.
    #[error("one connection reads at most {0} streams: leave one of them first, or open another connection")]
    TooManyOnConnection(usize),
    /// There is no such stream, or not for whoever asks, or it is not read on this connection.
    #[error("no stream of yours has this name: streams are called `me`, or by the id of a room you are in")]
    NotFound,
    /// One stream has as many readers in this process as one stream may.
    #[error("{0} follow this live, which is the most that may at a time: try again in a moment")]
    TooManyOfStream(usize),
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
            Self::TooManyOnConnection(_) => "stream.too_many_on_connection",
            Self::NotFound => "stream.not_found",
            Self::TooManyOfStream(_) => "stream.too_many_of_stream",
            Self::TooMany => "stream.too_many",
            Self::Draining => "stream.draining",
        }
    }

    fn category(&self) -> Category {
        match self {
            Self::TooManyOfUser(_) | Self::TooManyOfStream(_) => Category::RateLimited,
            // Waiting does not help.
            Self::TooManyOnConnection(_) => Category::Conflict,
            Self::NotFound => Category::NotFound,
            // Not the caller's doing, and another node may have room.
            Self::TooMany | Self::Draining => Category::Unavailable,
        }
    }

    fn retry_after_seconds(&self) -> Option<u32> {
        match self {
            // A tab that was closed frees its stream when its next heartbeat cannot be written.
            Self::TooManyOfUser(_) | Self::TooManyOfStream(_) => Some(15),
            Self::TooManyOnConnection(_) | Self::NotFound => None,
            Self::TooMany => Some(5),
            Self::Draining => Some(2),
        }
    }
}
