//! Feeds: made, listed and revoked by a signed-in person, never by a key.

use std::fmt;

use domain::{
    calendar::{Feed, FeedError, FeedRequest, MAX_FEEDS},
    identity::{Caller, IdentityError},
};
use kernel::{FeedId, UserId};
use store::{Tx, UseCase, calendar::feeds as rows};

use crate::{
    Answer, App, Effects, Error, Once, Render,
    identity::{Opaque, sha256},
};

/// A feed that was just made.
#[derive(Clone)]
pub struct NewFeed {
    /// The feed.
    pub feed: Feed,
    /// The secret part of its address, shown this once.
    pub secret: String,
}

impl fmt::Debug for NewFeed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NewFeed").field("feed", &self.feed).finish_non_exhaustive()
    }
}

/// Makes a feed. The answer carries its secret, so it is kept sealed.
pub async fn create_feed(
    app: &App,
    caller: &Caller,
    request: FeedRequest,
    once: Option<Once>,
    render: Render<NewFeed>,
) -> Result<Answer, Error> {
    let (now, entropy) = (app.now(), app.entropy());
    let FeedRequest { name, privacy } = request;
    let id = FeedId::mint(now, &*entropy);
    let feed = Feed { id, owner: caller.user, name, privacy, created_at: now, last_read_at: None };
    let new = NewFeed { feed, secret: Opaque::Feed.text(&entropy.bytes32()) };
    let answer = app.commit_once(CreateFeed { new }, once.map(Once::sealed), render).await?;
    if !answer.replayed {
        tracing::info!(security = "feed.created", user_id = %caller.user, feed_id = %id);
    }
    Ok(answer)
}

/// The caller's feeds, oldest first: all of them, as there are at most [`MAX_FEEDS`].
pub async fn feeds(app: &App, caller: &Caller) -> Result<Vec<Feed>, Error> {
    app.store().read(FeedsOf(caller.user)).await
}

/// Revokes a feed: its address leads nowhere from now on.
pub async fn revoke_feed(app: &App, caller: &Caller, id: FeedId) -> Result<(), Error> {
    app.store().write(RevokeFeed(caller.user, id)).await?;
    tracing::info!(security = "feed.revoked", user_id = %caller.user, feed_id = %id);
    Ok(())
}

struct CreateFeed {
    new: NewFeed,
}

impl UseCase for CreateFeed {
    type Out = (NewFeed, Effects);
    type Error = Error;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Self::Out, Error> {
        let NewFeed { feed, secret } = &self.new;
        // Locked, so that two requests at once cannot both be the last that fits.
        store::identity::users::lock(tx, feed.owner).await?.ok_or(IdentityError::Unauthenticated)?;
        if rows::count(tx, feed.owner).await? >= MAX_FEEDS {
            return Err(FeedError::TooMany.into());
        }
        rows::insert(tx, feed, &sha256(secret.as_bytes())).await?;
        Ok((self.new.clone(), Effects::default()))
    }
}

struct FeedsOf(UserId);

impl UseCase for FeedsOf {
    type Out = Vec<Feed>;
    type Error = Error;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Self::Out, Error> {
        Ok(rows::of(tx, self.0).await?)
    }
}

struct RevokeFeed(UserId, FeedId);

impl UseCase for RevokeFeed {
    type Out = ();
    type Error = Error;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<(), Error> {
        if rows::delete(tx, self.0, self.1).await? { Ok(()) } else { Err(FeedError::NotFound.into()) }
    }
}
