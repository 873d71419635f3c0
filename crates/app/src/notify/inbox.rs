//! Reading an inbox.

use domain::{
    identity::Caller,
    notify::{Notification, NotifyError, Shelf, Unread},
};
use kernel::{Cursor, NotificationId, UserId};
use store::{Tx, UseCase, notify::inbox};

use crate::{App, Error, calendar::Page};

/// Which notifications, and how many.
#[derive(Clone, Debug)]
pub struct Listing {
    /// Unread, read, or both.
    pub shelf: Shelf,
    /// Only this kind.
    pub kind: Option<String>,
    /// After this place of the page before.
    pub before: Option<Cursor>,
    /// Rows of a page.
    pub limit: u32,
}

struct List(UserId, Listing);

impl UseCase for List {
    type Out = Vec<Notification>;
    type Error = Error;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Self::Out, Error> {
        let Listing { shelf, kind, before, limit } = &self.1;
        let listing = inbox::Listing { shelf: *shelf, kind: kind.as_deref(), before: *before, limit: limit + 1 };
        Ok(inbox::page(tx, self.0, listing).await?)
    }
}

/// A page of the caller's inbox, newest first.
pub async fn list(app: &App, caller: &Caller, listing: Listing) -> Result<Page<Notification>, Error> {
    let limit = listing.limit;
    let items = app.store().read(List(caller.user, listing)).await?;
    Ok(Page::cut(items, limit, |n| Cursor::new(n.created_at, n.id.uuid())))
}

struct Get(UserId, NotificationId);

impl UseCase for Get {
    type Out = Option<Notification>;
    type Error = Error;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Self::Out, Error> {
        Ok(inbox::find(tx, self.0, self.1).await?)
    }
}

/// One notification of the caller.
pub async fn get(app: &App, caller: &Caller, id: NotificationId) -> Result<Notification, Error> {
    app.store().read(Get(caller.user, id)).await?.ok_or_else(|| NotifyError::NotFound.into())
}

struct Count(UserId);

impl UseCase for Count {
    type Out = Unread;
    type Error = Error;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Unread, Error> {
        Ok(inbox::unread(tx, self.0).await?)
    }
}

/// How many notifications of the caller are unread.
pub async fn unread(app: &App, caller: &Caller) -> Result<Unread, Error> {
    app.store().read(Count(caller.user)).await
}
