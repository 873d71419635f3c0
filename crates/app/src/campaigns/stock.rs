//! How many there are of a product. Only its owner says so: telling people of it changes nothing. Some again raises a round, none any more
//! stops the one that is under way, in the same transaction.

use std::sync::Arc;

use domain::{campaigns::ProductName, identity::Caller};
use kernel::{Entropy, Instant, UserId};
use store::{
    Tx, UseCase,
    campaigns::products::{self as rows, Seen},
};

use super::{
    enter, fits, named,
    products::see,
    rounds::{Shown, follow_stock},
};
use crate::{App, Effects, Error, calendar::Expected};

/// What saying how many there are came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StockSet {
    /// The product, as it is now.
    pub seen: Seen,
    /// The round that began or stopped by it.
    pub round: Option<Shown>,
}

struct SetStock {
    owner: UserId,
    name: ProductName,
    stock: i64,
    expected: Expected,
    now: Instant,
    entropy: Arc<dyn Entropy>,
}

impl UseCase for SetStock {
    type Out = (StockSet, Effects);
    type Error = Error;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Self::Out, Error> {
        let mut product = enter(tx, self.owner, &self.name).await?;
        fits(self.expected, &product)?;
        let change = product.set_stock(self.stock, self.now)?;
        let mut effects = Effects::default();
        let round = follow_stock(tx, &mut effects, (&mut product, change), (self.now, &*self.entropy)).await?;
        if change.before != change.after {
            rows::update(tx, &product).await?;
        }
        let seen = see(tx, self.owner, &ProductName::Id(product.id)).await?;
        Ok((StockSet { seen, round }, effects))
    }
}

/// Says how many there are of a product of the caller.
pub async fn set_stock(app: &App, caller: &Caller, (path, expected): (&str, Expected), stock: i64) -> Result<StockSet, Error> {
    let (owner, name) = (caller.user, named(path)?);
    app.commit(SetStock { owner, name, stock, expected, now: app.now(), entropy: app.entropy() }).await
}
