//! The address book of somebody: put, read, list, delete.

use std::sync::Arc;

use domain::{
    campaigns::{CampaignError, Party, ProductName, Recipient, RecipientDraft, Who, external_id, fit_book},
    identity::Caller,
};
use kernel::{Cursor, Entropy, Instant, RecipientId, UserId};
use store::{
    Tx, UseCase,
    campaigns::{products as product_rows, recipients as rows, subscriptions},
};

use crate::{
    App, Effects, Error,
    calendar::{Expected, Page, Unfit},
};

fn fits(expected: Expected, recipient: &Recipient) -> Result<(), CampaignError> {
    let current = recipient.version;
    expected.fits(current, false).map_err(|_: Unfit| CampaignError::RecipientVersionMismatch { current })
}

struct Put {
    owner: UserId,
    external_id: String,
    draft: RecipientDraft,
    expected: Expected,
    now: Instant,
    entropy: Arc<dyn Entropy>,
}

impl UseCase for Put {
    type Out = ((Recipient, bool), Effects);
    type Error = Error;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Self::Out, Error> {
        let (owner, now) = (self.owner, self.now);
        let count = rows::lock_book(tx, owner).await?;
        let found = rows::find(tx, owner, &self.external_id).await?;
        let is_new = found.as_ref().is_none_or(|found| found.deleted);
        if is_new {
            external_id("/external_id", &self.external_id).map_err(|wrong| CampaignError::InvalidRecipient(vec![wrong]))?;
        }
        // RFC 9110, section 13.1.1: `*` as well asks for one who is there.
        if is_new && self.expected != Expected::Unsaid {
            return Err(CampaignError::RecipientAbsent.into());
        }
        let recipient = if let Some(mut recipient) = found {
            fits(self.expected, &recipient)?;
            if recipient.become_as(&self.draft, now) {
                rows::put(tx, std::slice::from_ref(&recipient)).await?;
            }
            recipient
        } else {
            fit_book(count + 1)?;
            let id = RecipientId::mint(now, &*self.entropy);
            let recipient = self.draft.begin((id, owner, self.external_id.clone()), now);
            rows::put(tx, std::slice::from_ref(&recipient)).await?;
            rows::count_book(tx, owner, count + 1).await?;
            recipient
        };
        Ok(((recipient, is_new), Effects::default()))
    }
}

/// Makes somebody in the address book of the caller what the fields `[name, email, locale, time_zone]` say; answers whether they are new
/// in it.
pub async fn put_recipient(
    app: &App,
    caller: &Caller,
    (path, expected): (&str, Expected),
    fields: [Option<&str>; 4],
) -> Result<(Recipient, bool), Error> {
    let draft = RecipientDraft::read("", fields).map_err(CampaignError::InvalidRecipient)?;
    let external_id = match Who::read(path) {
        Some(Who::External(id)) => id,
        // It says why.
        Some(Who::User(_)) | None => {
            external_id("/external_id", path).map_err(|wrong| CampaignError::InvalidRecipient(vec![wrong]))?
        }
    };
    let (now, entropy) = (app.now(), app.entropy());
    app.commit(Put { owner: caller.user, external_id, draft, expected, now, entropy }).await
}

/// Reads what a path calls somebody.
fn called(path: &str) -> Result<String, CampaignError> {
    Ok(Who::read(path).ok_or(CampaignError::RecipientNotFound)?.external_id())
}

struct Get(UserId, String);

impl UseCase for Get {
    type Out = Recipient;
    type Error = Error;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Recipient, Error> {
        Ok(known(tx, self.0, &self.1).await?.ok_or(CampaignError::RecipientNotFound)?)
    }
}

/// Whom `owner` calls so, if they are in the book.
pub(super) async fn known(tx: &mut Tx<'_>, owner: UserId, external_id: &str) -> Result<Option<Recipient>, Error> {
    Ok(rows::find(tx, owner, external_id).await?.filter(|recipient| !recipient.deleted))
}

/// Somebody in the address book of the caller.
pub async fn recipient(app: &App, caller: &Caller, path: &str) -> Result<Recipient, Error> {
    app.store().read(Get(caller.user, called(path)?)).await
}

struct List(UserId, Option<Cursor>, u32);

impl UseCase for List {
    type Out = Vec<Recipient>;
    type Error = Error;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Self::Out, Error> {
        let after = self.1.map(|after| RecipientId::from_uuid(after.id));
        Ok(rows::page(tx, self.0, after, self.2 + 1).await?)
    }
}

/// A page of the address book of the caller, by what they call people.
pub async fn recipients(app: &App, caller: &Caller, after: Option<Cursor>, limit: u32) -> Result<Page<Recipient>, Error> {
    let items = app.store().read(List(caller.user, after, limit)).await?;
    Ok(Page::cut(items, limit, |recipient| Cursor::new(Instant::EPOCH, recipient.id.uuid())))
}

struct Delete {
    owner: UserId,
    external_id: String,
    expected: Expected,
    now: Instant,
}

impl UseCase for Delete {
    type Out = ((), Effects);
    type Error = Error;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Self::Out, Error> {
        let owner = self.owner;
        let count = rows::lock_book(tx, owner).await?;
        let recipient = known(tx, owner, &self.external_id).await?.ok_or(CampaignError::RecipientNotFound)?;
        fits(self.expected, &recipient)?;
        // Nobody subscribes them to another one: the book is locked.
        for product in rows::waiting_for(tx, recipient.id).await? {
            let is_there = product_rows::lock(tx, owner, &ProductName::Id(product)).await?.is_some();
            if is_there && subscriptions::leave(tx, product, recipient.id, Party::Owner).await? {
                product_rows::dismiss(tx, product, 1).await?;
            }
        }
        if rows::erase(tx, recipient.id, self.now).await? {
            rows::count_book(tx, owner, count - 1).await?;
        }
        Ok(((), Effects::default()))
    }
}

/// Takes somebody out of the address book of the caller: they wait for nothing of the caller's any more.
pub async fn delete_recipient(app: &App, caller: &Caller, (path, expected): (&str, Expected)) -> Result<(), Error> {
    app.commit(Delete { owner: caller.user, external_id: called(path)?, expected, now: app.now() }).await
}
