//! Who waits for a product: subscribe, leave, read, list.

use std::sync::Arc;

use domain::{
    campaigns::{CampaignError, Party, Place, ProductName, SubscriptionState, Who, fit, fit_book},
    identity::Caller,
};
use kernel::{Cursor, Entropy, Instant, RecipientId, UserId};
use store::{
    Tx, UseCase,
    campaigns::{Subscriber, products as product_rows, recipients as recipient_rows, subscriptions as rows},
};

use super::{enter, look, named, recipients::known};
use crate::{App, Effects, Error, calendar::Page};

/// Whose product is meant, and in which part the caller acts: everybody decides for themself on any product that is named by its id, and the
/// owner for everybody.
async fn whose(tx: &mut Tx<'_>, caller: UserId, (name, who): (&ProductName, &Who)) -> Result<(UserId, Party), Error> {
    if *who != Who::User(caller) {
        return Ok((caller, Party::Owner));
    }
    let owner = match name {
        ProductName::Id(id) => product_rows::owner(tx, *id).await?.ok_or(CampaignError::ProductNotFound)?,
        ProductName::Key(_) => caller,
    };
    Ok((owner, Party::Recipient))
}

struct Subscribe {
    caller: UserId,
    name: ProductName,
    who: Who,
    now: Instant,
    entropy: Arc<dyn Entropy>,
}

impl Subscribe {
    /// Holds somebody in the address book of `owner`; who has an account comes into it by this.
    async fn recipient(&self, tx: &mut Tx<'_>, owner: UserId) -> Result<RecipientId, Error> {
        let external_id = self.who.external_id();
        if known(tx, owner, &external_id).await?.is_some() {
            recipient_rows::hold_book(tx, owner).await?;
            if let Some(recipient) = known(tx, owner, &external_id).await? {
                return Ok(recipient.id);
            }
        }
        let Who::User(user) = self.who else { return Err(CampaignError::RecipientNotFound.into()) };
        if recipient_rows::users_among(tx, &[user]).await?.is_empty() {
            return Err(CampaignError::RecipientNotFound.into());
        }
        let count = recipient_rows::lock_book(tx, owner).await?;
        let found = recipient_rows::find(tx, owner, &external_id).await?;
        let id = if let Some(recipient) = &found {
            recipient.id
        } else {
            fit_book(count + 1)?;
            recipient_rows::count_book(tx, owner, count + 1).await?;
            RecipientId::mint(self.now, &*self.entropy)
        };
        if found.is_none_or(|recipient| recipient.deleted) {
            recipient_rows::put_users(tx, owner, &[(id, user)], self.now).await?;
        }
        Ok(id)
    }
}

impl UseCase for Subscribe {
    type Out = ((Subscriber, bool), Effects);
    type Error = Error;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Self::Out, Error> {
        let (owner, by) = whose(tx, self.caller, (&self.name, &self.who)).await?;
        // Looked at first: nobody comes into the book of whoever has no such product.
        look(tx, owner, &self.name).await?;
        let recipient = self.recipient(tx, owner).await?;
        let product = enter(tx, owner, &self.name).await?;
        let before = rows::find(tx, product.id, recipient).await?;
        let state = before.as_ref().map(|before| (before.subscription.state, before.subscription.left_by));
        if Place::of(state, by)? == Place::New {
            fit(product.subscribers + 1)?;
            let first = product_rows::admit(tx, product.id, 1).await?;
            rows::subscribe(tx, product.id, &[recipient], (first, self.now)).await?;
        }
        let subscriber = rows::find(tx, product.id, recipient).await?.ok_or(CampaignError::SubscriptionNotFound)?;
        Ok(((subscriber, before.is_none()), Effects::default()))
    }
}

/// Lets somebody wait for a product; answers whether they do so for the first time. Who waits already keeps their place, anybody else comes
/// to the end of the line.
pub async fn subscribe(app: &App, caller: &Caller, (product, who): (&str, &str)) -> Result<(Subscriber, bool), Error> {
    let name = named(product)?;
    let who = Who::read(who).ok_or(CampaignError::RecipientNotFound)?;
    app.commit(Subscribe { caller: caller.user, name, who, now: app.now(), entropy: app.entropy() }).await
}

struct Leave {
    caller: UserId,
    name: ProductName,
    who: Who,
}

impl UseCase for Leave {
    type Out = ((), Effects);
    type Error = Error;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Self::Out, Error> {
        let (owner, by) = whose(tx, self.caller, (&self.name, &self.who)).await?;
        let product = enter(tx, owner, &self.name).await?;
        // Also of somebody who was taken out of the book: then there is nothing to end.
        if let Some(recipient) = recipient_rows::find(tx, owner, &self.who.external_id()).await?
            && rows::leave(tx, product.id, recipient.id, by).await?
        {
            product_rows::dismiss(tx, product.id, 1).await?;
        }
        Ok(((), Effects::default()))
    }
}

/// Lets somebody wait for a product no longer, whether they did or not.
pub async fn leave(app: &App, caller: &Caller, (product, who): (&str, &str)) -> Result<(), Error> {
    let name = named(product)?;
    let who = Who::read(who).ok_or(CampaignError::RecipientNotFound)?;
    app.commit(Leave { caller: caller.user, name, who }).await
}

struct Get {
    caller: UserId,
    name: ProductName,
    who: Who,
}

impl UseCase for Get {
    type Out = Subscriber;
    type Error = Error;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Subscriber, Error> {
        let (owner, _) = whose(tx, self.caller, (&self.name, &self.who)).await?;
        let product = look(tx, owner, &self.name).await?;
        let recipient = known(tx, owner, &self.who.external_id()).await?.ok_or(CampaignError::SubscriptionNotFound)?;
        Ok(rows::find(tx, product.id, recipient.id).await?.ok_or(CampaignError::SubscriptionNotFound)?)
    }
}

/// The subscription of somebody to a product.
pub async fn subscriber(app: &App, caller: &Caller, (product, who): (&str, &str)) -> Result<Subscriber, Error> {
    let name = named(product)?;
    let who = Who::read(who).ok_or(CampaignError::SubscriptionNotFound)?;
    app.store().read(Get { caller: caller.user, name, who }).await
}

struct List {
    owner: UserId,
    name: ProductName,
    state: SubscriptionState,
    after: i64,
    limit: u32,
}

impl UseCase for List {
    type Out = Vec<Subscriber>;
    type Error = Error;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Self::Out, Error> {
        let product = look(tx, self.owner, &self.name).await?;
        Ok(rows::page(tx, (product.id, self.state), self.after, self.limit + 1).await?)
    }
}

/// A page of those in the line of a product of the caller who are in `state`, in order.
pub async fn subscribers(
    app: &App,
    caller: &Caller,
    (product, state): (&str, SubscriptionState),
    after: Option<Cursor>,
    limit: u32,
) -> Result<Page<Subscriber>, Error> {
    let after = after.map_or(0, |after| after.at.as_micros());
    let items = app.store().read(List { owner: caller.user, name: named(product)?, state, after, limit }).await?;
    // The place stands where lists have a time.
    let place = |subscriber: &Subscriber| Cursor::new(Instant::from_micros(subscriber.subscription.seq), uuid::Uuid::nil());
    Ok(Page::cut(items, limit, place))
}
