//! What was opened in somebody's name goes on for as long as the session or the key it was opened with is good.

use domain::{
    calendar::FeedError,
    identity::{Caller, Credential, IdentityError},
};
use kernel::{ApiKeyId, FeedId, Instant, SessionId, UserId};
use store::{
    StoreError, Tx, UseCase,
    calendar::feeds,
    identity::{api_keys, sessions},
    on_behalf_of,
};

use crate::{App, Error};

/// Which of these are good at `now`.
pub(crate) async fn good_among(
    tx: &mut Tx<'_>,
    (sessions, keys): (&[SessionId], &[ApiKeyId]),
    now: Instant,
) -> Result<(Vec<SessionId>, Vec<ApiKeyId>), StoreError> {
    let live = if sessions.is_empty() { Vec::new() } else { sessions::live_among(tx, sessions, now).await? };
    let good = if keys.is_empty() { Vec::new() } else { api_keys::good_among(tx, keys, now).await? };
    Ok((live, good))
}

/// Whether that of `caller` is good at `now`.
async fn is_good(tx: &mut Tx<'_>, caller: &Caller, now: Instant) -> Result<bool, StoreError> {
    let (sessions, keys) = match &caller.credential {
        Credential::Session(session) => good_among(tx, (&[*session], &[]), now).await?,
        Credential::Key { id, .. } => good_among(tx, (&[], &[*id]), now).await?,
    };
    Ok(!sessions.is_empty() || !keys.is_empty())
}

/// By what somebody reads page after page, for as long as they take.
#[derive(Clone, Debug)]
pub(crate) enum Right {
    /// A session or a key of their own.
    Own(Caller),
    /// A secret address that the owner of a calendar has given them.
    Feed(UserId, FeedId),
}

impl Right {
    /// Whose things are read.
    pub(crate) fn owner(&self) -> UserId {
        match self {
            Self::Own(caller) => caller.user,
            Self::Feed(owner, _) => *owner,
        }
    }

    async fn holds(&self, tx: &mut Tx<'_>, now: Instant) -> Result<(), Error> {
        match self {
            Self::Own(caller) if !is_good(tx, caller, now).await? => Err(IdentityError::Unauthenticated.into()),
            Self::Feed(owner, feed) if feeds::of(tx, *owner).await?.iter().all(|left| left.id != *feed) => {
                Err(FeedError::NotFound.into())
            }
            Self::Own(_) | Self::Feed(..) => Ok(()),
        }
    }
}

/// A page that is read if its reader still may when it is read.
struct Held<U> {
    right: Right,
    page: U,
    now: Instant,
}

impl<U: UseCase<Error = Error>> UseCase for Held<U> {
    type Out = U::Out;
    type Error = Error;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<U::Out, Error> {
        self.right.holds(tx, self.now).await?;
        self.page.run(tx).await
    }
}

/// Reads a page of what is written while it is sent, by the `right` it was asked for with: when that ends, so does the reading. Pages are
/// read after the turn of the request is over, so each takes one of the owner's.
pub(crate) async fn read_on<U: UseCase<Error = Error>>(app: &App, right: &Right, page: U) -> Result<U::Out, Error> {
    let page = Held { right: right.clone(), page, now: app.now() };
    on_behalf_of(right.owner(), app.store().read(page)).await
}
