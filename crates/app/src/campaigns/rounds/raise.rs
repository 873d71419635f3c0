//! Raising a round: in the transaction of the stock that came back, or because somebody asked.

use std::sync::Arc;

use domain::{
    campaigns::{Cause, Deed, Product, ProductName, Round, RoundError, Stock},
    identity::Caller,
};
use kernel::{Entropy, Instant, UserId};
use store::{
    Tx, UseCase,
    campaigns::{
        products,
        rounds::{self as rows, Kept},
    },
};

use super::{By, Shown, show, tell_owner};
use crate::{
    Answer, App, Effects, Error, Once,
    calendar::Expected,
    campaigns::{enter, fits},
    once::Render,
};

/// Begins the round of a product that its number says, which is locked and to be written after this.
async fn raise(
    tx: &mut Tx<'_>,
    product: &mut Product,
    (strict, expires_at): (Option<bool>, Option<Instant>),
    cause: Cause,
    now: Instant,
) -> Result<Kept, Error> {
    if expires_at.is_some_and(|at| at <= now) {
        return Err(RoundError::ExpiresInThePast.into());
    }
    let mut round = Round::begin(product, cause, now);
    round.strict = strict.unwrap_or(product.strict);
    round.expires_at = expires_at;
    let kept = Kept {
        product: product.id,
        round,
        frozen_seq: 0,
        freeze_until_seq: rows::last_seq(tx, product.id).await?,
        wave_at: None,
        wake_at: now,
        progress_at: now,
        progress_begun: 0,
    };
    rows::insert(tx, &kept).await?;
    Ok(kept)
}

/// Does to the rounds of a product, which is locked, what follows from its new stock: some again raises one, none stops the one under way.
/// Answers the round that began or stopped.
pub(in crate::campaigns) async fn follow_stock(
    tx: &mut Tx<'_>,
    effects: &mut Effects,
    (product, change): (&mut Product, Stock),
    by: By<'_>,
) -> Result<Option<Shown>, Error> {
    let concerned = if change.came_back() {
        // Of the change of the stock, which is one.
        product.round += 1;
        Some(raise(tx, product, (None, None), Cause::Restocked, by.0).await?)
    } else if change.sold_out() {
        sell_out(tx, product, by.0).await?
    } else {
        None
    };
    match concerned {
        Some(kept) => Ok(Some(tell(tx, effects, product, kept, by).await?)),
        None => Ok(None),
    }
}

/// Stops the round of a product of which nothing is left, if one is under way.
async fn sell_out(tx: &mut Tx<'_>, product: &Product, now: Instant) -> Result<Option<Kept>, Error> {
    let Some(mut kept) = rows::lock(tx, product.id, product.round).await? else { return Ok(None) };
    if kept.round.turn(Deed::SellOut, Cause::SoldOut, now).is_err() {
        return Ok(None);
    }
    rows::update(tx, &kept).await?;
    Ok(Some(kept))
}

/// Tells the owner of a round that began or changed, and whoever works rounds off.
pub(super) async fn tell(
    tx: &mut Tx<'_>,
    effects: &mut Effects,
    product: &Product,
    kept: Kept,
    by: By<'_>,
) -> Result<Shown, Error> {
    let shown = tell_owner(tx, effects, product, kept, by).await?;
    effects.rounds = true;
    Ok(shown)
}

/// How a round is asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Restock {
    /// How many there are from now on; as before, without.
    pub stock: Option<i64>,
    /// Whether nobody is told before everybody before them is settled; as the product says, without.
    pub strict: Option<bool>,
    /// When the round ends in any case.
    pub expires_at: Option<Instant>,
}

/// What asking for a round came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Raised {
    /// The round: a new one, or the one that is under way.
    pub round: Shown,
    /// Whether it is a new one.
    pub is_new: bool,
}

struct AskFor {
    owner: UserId,
    name: ProductName,
    wish: Restock,
    expected: Expected,
    now: Instant,
    entropy: Arc<dyn Entropy>,
}

impl UseCase for AskFor {
    type Out = (Raised, Effects);
    type Error = Error;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Self::Out, Error> {
        let by = (self.now, &*self.entropy);
        let mut product = enter(tx, self.owner, &self.name).await?;
        fits(self.expected, &product)?;
        let mut effects = Effects::default();
        let stock = self.wish.stock.map(|stock| product.set_stock(stock, self.now)).transpose()?;
        if product.stock == 0 {
            return Err(RoundError::OutOfStock.into());
        }
        let under_way = rows::lock(tx, product.id, product.round).await?.filter(|kept| kept.round.state.is_under_way());
        let raised = if let Some(kept) = under_way {
            // The same event again: the round that is under way is its answer.
            Raised { round: show(tx, &product, kept).await?, is_new: false }
        } else {
            if stock.is_some_and(|stock| stock.before != stock.after) {
                product.round += 1;
            } else {
                product.begin_round(self.now);
            }
            let wish = (self.wish.strict, self.wish.expires_at);
            let kept = raise(tx, &mut product, wish, Cause::Asked, self.now).await?;
            Raised { round: tell(tx, &mut effects, &product, kept, by).await?, is_new: true }
        };
        products::update(tx, &product).await?;
        Ok((raised, effects))
    }
}

/// Asks for a round of a product of the caller, which is of the version that is expected. While one is under way, that one is answered and
/// nothing happens but to the stock.
pub async fn restock(
    app: &App,
    caller: &Caller,
    (name, expected): (ProductName, Expected),
    wish: Restock,
    once: Option<Once>,
    render: Render<Raised>,
) -> Result<Answer, Error> {
    let case = AskFor { owner: caller.user, name, wish, expected, now: app.now(), entropy: app.entropy() };
    app.commit_once(case, once, render).await
}
