//! Feeds as answers show them.

use app::domain::calendar::Feed;
use kernel::{FeedId, Instant};
use serde::Serialize;
use utoipa::ToSchema;

/// A feed, without its secret
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Feed)]
pub(crate) struct FeedView {
    /// Its id.
    #[schema(value_type = String, example = "fed_06f1v3k8n0000000000000000a")]
    id: FeedId,
    /// What you call it.
    #[schema(example = "Phone")]
    name: String,
    /// How much it shows: `busy`, `titles` or `full`.
    #[schema(example = "titles")]
    privacy: &'static str,
    /// When it was made.
    #[schema(value_type = String, format = DateTime)]
    created_at: Instant,
    /// When it was last read, to the minute; null if never.
    #[schema(value_type = Option<String>, format = DateTime)]
    last_read_at: Option<Instant>,
}

impl From<&Feed> for FeedView {
    fn from(feed: &Feed) -> Self {
        Self {
            id: feed.id,
            name: feed.name.clone(),
            privacy: feed.privacy.as_str(),
            created_at: feed.created_at,
            last_read_at: feed.last_read_at,
        }
    }
}
