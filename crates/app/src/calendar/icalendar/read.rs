//! Reading a feed: who has its address, reads.

use std::time::Duration;

use domain::{
    calendar::{Feed, FeedError, GUESSES, READS},
    identity::throttle::{Limit, Throttled},
};
use jiff::{ToSpan as _, civil::Date};
use kernel::{Instant, WallTime, Zone, ZoneDatabase};
use store::{
    Tx, UseCase,
    calendar::{
        feeds,
        revision::{self, Revision},
    },
    identity::throttles,
};

use super::write::{Mask, Pages, Wanted};
use crate::{
    App, Error,
    identity::{Client, Opaque, Right},
};

/// Grows when the same calendar is written in another way.
const FORMAT: u32 = 3;

/// How precisely the last reading of a feed is known.
const TOUCH_EVERY: Duration = Duration::from_mins(1);

/// What a reader has, or could have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing {
    /// The same as long as the text is the same, quoted.
    pub tag: String,
    /// When the calendar last changed.
    pub changed_at: Instant,
}

/// What comes of reading a feed.
#[derive(Debug)]
pub enum Reading {
    /// The reader has it already.
    Unchanged(Standing),
    /// The text, to be written while it is sent.
    Text(Standing, Pages),
}

/// Reads the feed behind `token` for `client`, unless `has` knows its tag.
pub async fn read_feed(app: &App, token: &str, client: &Client, has: impl Fn(&str) -> bool) -> Result<Reading, Error> {
    let now = app.now();
    let found = match Opaque::Feed.hash(token) {
        Some(hash) => app.store().read(Find(hash)).await?,
        None => None,
    };
    let Some((feed, revision)) = found else {
        if let Some(network) = client.network() {
            let counted = app.store().write(Count { key: format!("feed-guess:{network}"), limit: GUESSES, now }).await;
            if let Err(error) = counted {
                tracing::warn!(security = "feed.throttled", address = client.address_text());
                return Err(error);
            }
        }
        return Err(FeedError::NotFound.into());
    };
    tracing::Span::current().record("user_id", tracing::field::display(feed.owner));
    let since = since(now);
    let date = since.datetime().date();
    // Instants and the rules of zones are written as the database of zones in use has them.
    let zones = ZoneDatabase::in_use().version();
    let tag = format!("\"{}.{}.{zones}.{FORMAT}\"", revision.number, date.strftime("%Y%m"));
    let standing = Standing { tag, changed_at: revision.changed_at.unwrap_or(feed.created_at).max(feed.created_at) };
    if feed.last_read_at.is_none_or(|last| last + TOUCH_EVERY <= now) {
        app.store().write(Touch(feed.id, now)).await?;
    }
    if has(&standing.tag) {
        return Ok(Reading::Unchanged(standing));
    }
    app.store().write(Count { key: format!("feed:{}", feed.id), limit: READS, now }).await?;
    let since = Zone::utc().resolve(since).instant;
    let mask = Some(Mask { feed: feed.id, at: standing.changed_at });
    let wanted = Wanted { right: Right::Feed(feed.owner, feed.id), name: feed.name, privacy: feed.privacy, since, mask };
    Ok(Reading::Text(standing, Pages::new(app, wanted).await?))
}

/// The first day of the month a year ago: what ended before it is not in a feed. It moves once a month, and so does the tag.
fn since(now: Instant) -> WallTime {
    let today: Date = Zone::utc().wall_at(now).datetime().date();
    WallTime::midnight(today.first_of_month().saturating_sub(1.year()))
}

struct Find([u8; 32]);

impl UseCase for Find {
    type Out = Option<(Feed, Revision)>;
    type Error = Error;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Self::Out, Error> {
        let Some(feed) = feeds::by_hash(tx, &self.0).await? else { return Ok(None) };
        let revision = revision::current(tx, feed.owner).await?;
        Ok(Some((feed, revision)))
    }
}

struct Touch(kernel::FeedId, Instant);

impl UseCase for Touch {
    type Out = ();
    type Error = Error;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<(), Error> {
        Ok(feeds::touch(tx, self.0, self.1).await?)
    }
}

struct Count {
    key: String,
    limit: Limit,
    now: Instant,
}

impl UseCase for Count {
    type Out = ();
    type Error = Error;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<(), Error> {
        let throttle = throttles::lock(tx, &self.key, self.now).await?;
        let refused = |refused: Throttled| FeedError::Throttled { retry_after_seconds: refused.retry_after_seconds(self.now) };
        let counted = throttle.count(&self.limit, self.now).map_err(refused)?;
        Ok(throttles::update(tx, &self.key, &counted).await?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_feed_begins_with_a_month_a_year_ago() {
        for (now, begin) in [
            ("2026-11-20T23:59:59Z", "2025-11-01T00:00:00"),
            ("2028-02-29T12:00:00Z", "2027-02-01T00:00:00"),
            ("2026-01-01T00:00:00Z", "2025-01-01T00:00:00"),
        ] {
            assert_eq!(since(now.parse().expect("an instant")).to_string(), begin);
        }
    }
}
