//! Reading rounds and their ledgers.

use std::collections::HashMap;

use domain::{
    campaigns::{ProductName, RoundError, RowState},
    identity::Caller,
};
use kernel::{Instant, UserId};
use store::{
    Tx, UseCase,
    campaigns::{
        ledger::{self, Line},
        rounds as rows,
    },
};

use super::{Restock, Shown, find, show, show_after};
use crate::{
    App, Error,
    calendar::Expected,
    campaigns::{fits, look},
};

struct Get {
    owner: UserId,
    name: ProductName,
    number: i64,
}

impl UseCase for Get {
    type Out = Shown;
    type Error = Error;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Shown, Error> {
        let product = look(tx, self.owner, &self.name).await?;
        let kept = find(tx, product.id, self.number).await?;
        Ok(show(tx, &product, kept).await?)
    }
}

/// A round of a product of the caller.
pub async fn get(app: &App, caller: &Caller, (name, number): (ProductName, i64)) -> Result<Shown, Error> {
    app.store().read(Get { owner: caller.user, name, number }).await
}

struct List {
    owner: UserId,
    name: ProductName,
    before: Option<i64>,
    limit: u32,
}

impl UseCase for List {
    type Out = Vec<Shown>;
    type Error = Error;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Self::Out, Error> {
        let product = look(tx, self.owner, &self.name).await?;
        let page = rows::page(tx, product.id, self.before.unwrap_or(i64::MAX), self.limit).await?;
        let told = page.iter().filter(|kept| kept.round.last_position > 0);
        let places: Vec<_> = told.map(|kept| (kept.round.number, kept.round.last_position)).collect();
        let mut last: HashMap<i64, Line> = ledger::at_each(tx, product.id, &places).await?.into_iter().collect();
        let mut shown = Vec::with_capacity(page.len());
        for kept in page {
            let last = last.remove(&kept.round.number);
            shown.push(show_after(tx, &product, kept, last).await?);
        }
        Ok(shown)
    }
}

/// At most `limit` rounds of a product of the caller, the last one first, below the number `before`.
pub async fn list(app: &App, caller: &Caller, name: ProductName, before: Option<i64>, limit: u32) -> Result<Vec<Shown>, Error> {
    app.store().read(List { owner: caller.user, name, before, limit }).await
}

/// Which lines of a ledger.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Filter {
    /// All.
    #[default]
    All,
    /// Those that stand there.
    At(RowState),
    /// That of whom the owner calls this: an id of an account, or what they call somebody else.
    Of(String),
}

/// Lines of a ledger, in order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ledger {
    /// The lines.
    pub lines: Vec<Line>,
    /// Whether more follow.
    pub goes_on: bool,
}

pub(super) struct LedgerPage {
    pub(super) owner: UserId,
    pub(super) name: ProductName,
    pub(super) number: i64,
    pub(super) filter: Filter,
    pub(super) after: i64,
    pub(super) limit: u32,
}

impl UseCase for LedgerPage {
    type Out = Ledger;
    type Error = Error;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Ledger, Error> {
        let product = look(tx, self.owner, &self.name).await?;
        let which = (product.id, self.number);
        let kept = find(tx, product.id, self.number).await?;
        let limit = self.limit.saturating_add(1);
        let mut lines = match &self.filter {
            Filter::All => ledger::page(tx, which, self.after, limit).await?,
            Filter::At(state) => ledger::page_at(tx, &kept, *state, self.after, limit).await?,
            Filter::Of(external_id) => {
                let line = ledger::of(tx, which, self.owner, external_id).await?;
                line.into_iter().filter(|line| line.position > self.after).collect()
            }
        };
        let goes_on = lines.len() > self.limit as usize;
        lines.truncate(self.limit as usize);
        Ok(Ledger { lines, goes_on })
    }
}

/// At most `limit` lines of the ledger of a round of the caller's, behind the position `after`.
pub async fn ledger_page(
    app: &App,
    caller: &Caller,
    (name, number): (ProductName, i64),
    filter: Filter,
    after: i64,
    limit: u32,
) -> Result<Ledger, Error> {
    app.store().read(LedgerPage { owner: caller.user, name, number, filter, after, limit }).await
}

/// What asking for a round would come to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Forecast {
    /// How many would be told.
    pub total: i64,
    /// The first of them, in order: what the owner calls them, and what they are called.
    pub first: Vec<(String, Option<String>)>,
    /// How long that would take, if nothing is in the way: at the rate of the installation, and with the pauses of its waves.
    pub seconds: i64,
    /// The round that is under way: asking is answered with it, and tells nobody who is not in it.
    pub under_way: Option<i64>,
}

/// So many are named.
const NAMED: u32 = 10;

struct Foresee {
    owner: UserId,
    name: ProductName,
    wish: Restock,
    expected: Expected,
    per_second: u32,
    now: Instant,
}

impl UseCase for Foresee {
    type Out = Forecast;
    type Error = Error;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Forecast, Error> {
        let mut product = look(tx, self.owner, &self.name).await?;
        fits(self.expected, &product)?;
        if let Some(stock) = self.wish.stock {
            product.set_stock(stock, self.now)?;
        }
        if product.stock == 0 {
            return Err(RoundError::OutOfStock.into());
        }
        let last = rows::find(tx, product.id, product.round).await?;
        if let Some(under_way) = last.filter(|kept| kept.round.state.is_under_way()).map(|kept| kept.round.number) {
            return Ok(Forecast { total: 0, first: Vec::new(), seconds: 0, under_way: Some(under_way) });
        }
        if self.wish.expires_at.is_some_and(|at| at <= self.now) {
            return Err(RoundError::ExpiresInThePast.into());
        }
        let total = product.subscribers;
        let sending = if self.per_second == 0 { 0 } else { (total - 1).max(0) / i64::from(self.per_second) };
        let waves = product.waves.map_or(0, |waves| {
            let each = product.stock.saturating_mul(waves.per_item).max(1);
            (total - 1).max(0) / each * waves.wait_seconds
        });
        let first = ledger::first_waiting(tx, product.id, NAMED).await?;
        Ok(Forecast { total, first, seconds: sending.max(waves), under_way: None })
    }
}

/// What a round of a product of the caller would be, were it asked for so; what makes no sense is refused as it would be then. Nothing happens.
pub async fn forecast(
    app: &App,
    caller: &Caller,
    (name, expected): (ProductName, Expected),
    wish: Restock,
) -> Result<Forecast, Error> {
    let (per_second, now) = (app.campaigns().starts_per_second, app.now());
    app.store().read(Foresee { owner: caller.user, name, wish, expected, per_second, now }).await
}
