//! Products: put, read, list, delete.

use std::sync::Arc;

use domain::{
    campaigns::{CampaignError, Product, ProductDraft, ProductName},
    identity::{Caller, IdentityError},
};
use kernel::{Cursor, Entropy, FieldError, Instant, ProductId, UserId};
use store::{
    Tx, UseCase,
    campaigns::products::{self as rows, Seen},
};

use super::{enter, fits, named};
use crate::{
    App, Effects, Error,
    calendar::{Expected, Page},
};

struct Put {
    owner: UserId,
    name: ProductName,
    draft: ProductDraft,
    expected: Expected,
    now: Instant,
    entropy: Arc<dyn Entropy>,
}

impl Put {
    async fn begin(&self, tx: &mut Tx<'_>, key: &str) -> Result<Product, Error> {
        // RFC 9110, section 13.1.1: `*` as well asks for one that is there.
        if self.expected != Expected::Unsaid {
            return Err(CampaignError::ProductAbsent.into());
        }
        let id = ProductId::mint(self.now, &*self.entropy);
        let product = self.draft.begin((id, self.owner, key), rows::count(tx, self.owner).await?, self.now)?;
        rows::insert(tx, &product).await?;
        Ok(product)
    }
}

impl UseCase for Put {
    type Out = ((Seen, bool), Effects);
    type Error = Error;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Self::Out, Error> {
        let mut found = rows::lock(tx, self.owner, &self.name).await?;
        if found.is_none() {
            // Locked, so that two requests at once neither make it twice nor are both the last that fits.
            store::identity::users::lock(tx, self.owner).await?.ok_or(IdentityError::Unauthenticated)?;
            found = rows::lock(tx, self.owner, &self.name).await?;
        }
        let seen = match (found, &self.name) {
            (Some(mut product), _) => {
                fits(self.expected, &product)?;
                if product.become_as(&self.draft, self.now)? {
                    rows::update(tx, &product).await?;
                }
                (see(tx, self.owner, &ProductName::Id(product.id)).await?, false)
            }
            (None, ProductName::Key(key)) => (Seen { product: self.begin(tx, key).await?, last: None }, true),
            (None, ProductName::Id(_)) => return Err(CampaignError::ProductNotFound.into()),
        };
        Ok((seen, Effects::default()))
    }
}

/// Makes a product of the caller what `draft` says; answers whether it is new. It is called as the path says, or was made before.
pub async fn put_product(
    app: &App,
    caller: &Caller,
    (path, expected): (&str, Expected),
    draft: ProductDraft,
) -> Result<(Seen, bool), Error> {
    let wrong = || FieldError::new("/product_id", "write 1 to 128 letters, digits, and . _ ~ : -, not beginning with prd_");
    let name = ProductName::read(path).ok_or_else(|| CampaignError::InvalidProduct(vec![wrong()]))?;
    let (now, entropy) = (app.now(), app.entropy());
    app.commit(Put { owner: caller.user, name, draft, expected, now, entropy }).await
}

/// A product of `owner`, with its last round.
pub(super) async fn see(tx: &mut Tx<'_>, owner: UserId, name: &ProductName) -> Result<Seen, Error> {
    Ok(rows::see(tx, owner, name).await?.ok_or(CampaignError::ProductNotFound)?)
}

struct Get(UserId, ProductName);

impl UseCase for Get {
    type Out = Seen;
    type Error = Error;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Seen, Error> {
        see(tx, self.0, &self.1).await
    }
}

/// A product of the caller.
pub async fn product(app: &App, caller: &Caller, path: &str) -> Result<Seen, Error> {
    app.store().read(Get(caller.user, named(path)?)).await
}

struct List(UserId, Option<Cursor>, u32);

impl UseCase for List {
    type Out = Vec<Seen>;
    type Error = Error;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Self::Out, Error> {
        Ok(rows::page(tx, self.0, self.1, self.2 + 1).await?)
    }
}

/// A page of the products of the caller, oldest first.
pub async fn products(app: &App, caller: &Caller, after: Option<Cursor>, limit: u32) -> Result<Page<Seen>, Error> {
    let items = app.store().read(List(caller.user, after, limit)).await?;
    Ok(Page::cut(items, limit, |seen| Cursor::new(seen.product.created_at, seen.product.id.uuid())))
}

struct Delete {
    owner: UserId,
    name: ProductName,
    expected: Expected,
    now: Instant,
}

impl UseCase for Delete {
    type Out = ((), Effects);
    type Error = Error;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Self::Out, Error> {
        let product = enter(tx, self.owner, &self.name).await?;
        fits(self.expected, &product)?;
        rows::discard(tx, product.id, self.now).await?;
        Ok(((), Effects::default()))
    }
}

/// Ends a product of the caller for good. Who waited for it is forgotten by housekeeping.
pub async fn delete_product(app: &App, caller: &Caller, (path, expected): (&str, Expected)) -> Result<(), Error> {
    app.commit(Delete { owner: caller.user, name: named(path)?, expected, now: app.now() }).await
}
