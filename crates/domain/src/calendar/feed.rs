//! Feeds: a calendar that other programs read over a secret address.

use std::time::Duration;

use kernel::{Category, Coded, FeedId, FieldError, Instant, UserId};

use super::icalendar::Privacy;
use crate::{identity::throttle::Limit, text::breaks};

/// Feeds of one user.
pub const MAX_FEEDS: i64 = 10;

/// Characters of a feed's name.
const NAME_MAX: usize = 80;

/// How often a feed may be written anew: a program that asks with what it has (`If-None-Match`) is not counted while nothing
/// changed.
pub const READS: Limit = Limit { failures: 120, window: Duration::from_mins(15), longest_wait: Duration::from_mins(15) };

/// How often an address may ask for a feed that is not there.
pub const GUESSES: Limit = Limit { failures: 50, window: Duration::from_mins(15), longest_wait: Duration::from_mins(15) };

/// A feed, without its secret: that is shown once and kept as a hash.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Feed {
    /// Its id.
    pub id: FeedId,
    /// Whose calendar it shows.
    pub owner: UserId,
    /// What its owner calls it.
    pub name: String,
    /// How much it shows.
    pub privacy: Privacy,
    /// When it was made.
    pub created_at: Instant,
    /// When it was last read, to the minute.
    pub last_read_at: Option<Instant>,
}

/// What somebody asks for when they ask for a feed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FeedRequest {
    /// What to call it.
    pub name: String,
    /// How much it shall show.
    pub privacy: Privacy,
}

impl FeedRequest {
    /// Reads what was sent; says everything that is wrong with it.
    pub fn parse(name: &str, privacy: &str) -> Result<Self, FeedError> {
        let mut wrong = Vec::new();
        let name = name.trim();
        if name.is_empty() || name.chars().count() > NAME_MAX || name.contains(breaks) {
            wrong.push(FieldError::new("/name", "1 to 80 characters without line breaks or control characters"));
        }
        match privacy.parse() {
            Ok(privacy) if wrong.is_empty() => return Ok(Self { name: name.to_owned(), privacy }),
            Ok(_) => {}
            Err(detail) => wrong.push(FieldError::new("/privacy", detail)),
        }
        Err(FeedError::Invalid(wrong))
    }
}

/// A refusal about feeds.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FeedError {
    /// There is no such feed: it was revoked, or never was.
    #[error("there is no such feed")]
    NotFound,
    /// Fields that make no sense.
    #[error("the feed is not valid")]
    Invalid(Vec<FieldError>),
    /// There are as many as there may be.
    #[error("you have {MAX_FEEDS} feeds, and that is the most: delete one that is no longer read")]
    TooMany,
    /// Read too often, or guessed at.
    #[error("this was asked for too often: come back in {retry_after_seconds} seconds")]
    Throttled {
        /// How long to wait.
        retry_after_seconds: u32,
    },
}

impl Coded for FeedError {
    fn code(&self) -> &'static str {
        match self {
            Self::NotFound => "feed.not_found",
            Self::Invalid(_) => "feed.invalid",
            Self::TooMany => "feed.too_many",
            Self::Throttled { .. } => "feed.throttled",
        }
    }

    fn category(&self) -> Category {
        match self {
            Self::NotFound => Category::NotFound,
            Self::Invalid(_) => Category::Invalid,
            Self::TooMany => Category::Conflict,
            Self::Throttled { .. } => Category::RateLimited,
        }
    }

    fn fields(&self) -> &[FieldError] {
        match self {
            Self::Invalid(fields) => fields,
            _ => &[],
        }
    }

    fn retry_after_seconds(&self) -> Option<u32> {
        match self {
            Self::Throttled { retry_after_seconds } => Some(*retry_after_seconds),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_feed_has_a_name_and_a_level() {
        let request = FeedRequest::parse(" Phone ", "titles");
        assert_eq!(request, Ok(FeedRequest { name: "Phone".to_owned(), privacy: Privacy::Titles }));
        let Err(FeedError::Invalid(wrong)) = FeedRequest::parse("a\nb", "all") else { panic!("accepted") };
        assert_eq!(wrong.iter().map(|field| field.pointer.as_str()).collect::<Vec<_>>(), ["/name", "/privacy"]);
        assert!(FeedRequest::parse("", "busy").is_err());
    }
}
