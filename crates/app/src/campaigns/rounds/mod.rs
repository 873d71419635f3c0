//! # Restock rounds: raise them, stop them, let them go on, work them off
//!
//! ```text
//!   stock 0 → n, re-stock ──tx──► round + 1, nobody in it yet ──► the freezer gives everybody who waits a position, piece by piece
//!                                                                        │
//!   sold out, pause, cancel ──tx──► the round's state ◄── looks ── the sender: permit (next positions, in order) ─► tell ─► settle
//! ```
//!
//! Everybody locks in one order: the lease of the sender, where a term is needed; the product; the round; rows of the ledger; subscriptions;
//! inboxes; streams. So a stop is a change of one row, after which no permit is granted, and a product's stock and its round never disagree.

mod aside;
mod deliver;
mod event;
mod export;
mod freeze;
mod meters;
mod permit;
mod raise;
mod read;
mod sender;
mod settle;
mod steer;
mod takeover;

use std::time::Duration;

use clockwork::Wake;
use domain::campaigns::{OnUnknown, Product, ProductName, Round, RoundError};
use kernel::{Entropy, Instant, ProductId};
use store::{
    StoreError, Tx,
    campaigns::{
        ledger, products,
        rounds::{self as rows, Kept, Which},
    },
};

use crate::{Effects, Error};

pub use export::{Pages, export};
pub use freeze::{freeze_rounds, run_freezer};
pub use meters::Meters;
pub(super) use raise::follow_stock;
pub use raise::{Raised, Restock, restock};
pub use read::{Filter, Forecast, Ledger, forecast, get, ledger_page, list};
pub use sender::{Nap, Sender, run_sender};
pub use steer::{cancel, pause, resume};
pub use store::campaigns::ledger::Line;

/// What a sender holds a lease of: a round is told in one order over all ways to people, and so at one rate, by one process.
const PROVIDER: &str = "campaigns";

/// Time between two looks for something to do, where nobody said that there is.
const SWEEP: Duration = Duration::from_secs(1);

/// Time between two events of a round that is under way.
const PROGRESS: Duration = Duration::from_secs(1);

/// What an operator may choose.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Settings {
    /// The most people who are begun with in any second, over all processes; 0 for as many as go.
    pub starts_per_second: u32,
    /// What is done where nobody knows whether somebody was told.
    pub on_unknown: OnUnknown,
}

impl Default for Settings {
    fn default() -> Self {
        Self { starts_per_second: 500, on_unknown: OnUnknown::Resend }
    }
}

/// What rounds keep in this process: who sleeps until there is something to do.
#[derive(Debug, Default)]
pub(crate) struct Bells {
    freezer: Wake,
    sender: Wake,
}

impl Bells {
    /// There is something to do.
    pub(crate) fn ring(&self, now: Instant) {
        self.freezer.hint(now);
        self.sender.hint(now);
    }
}

/// When something is done, and where ids come from.
type By<'a> = (Instant, &'a dyn Entropy);

/// A round, as its owner sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shown {
    /// The product's id.
    pub product: ProductId,
    /// What its owner calls it.
    pub key: String,
    /// The round.
    pub round: Round,
    /// Who of the greatest position was told.
    pub last: Option<Line>,
    /// The first position of somebody who is neither told nor passed over nor given up.
    pub first_unsent: Option<i64>,
}

/// What its owner sees of a round.
async fn show(tx: &mut Tx<'_>, product: &Product, kept: Kept) -> Result<Shown, StoreError> {
    let (number, position) = (kept.round.number, kept.round.last_position);
    let last = if position > 0 { ledger::at(tx, (product.id, number), position).await? } else { None };
    show_after(tx, product, kept, last).await
}

/// As [`show`], where it was looked already who was told last.
async fn show_after(tx: &mut Tx<'_>, product: &Product, kept: Kept, last: Option<Line>) -> Result<Shown, StoreError> {
    let (which, round): (Which, _) = ((product.id, kept.round.number), kept.round);
    let open = if round.in_flight + round.retrying > 0 { ledger::first_open(tx, which).await? } else { None };
    let first_unsent = open.or((round.next_position <= round.total).then_some(round.next_position));
    Ok(Shown { product: product.id, key: product.key.clone(), round, last, first_unsent })
}

/// Tells the owner of a round how it stands; answers that.
async fn tell_owner(tx: &mut Tx<'_>, effects: &mut Effects, product: &Product, kept: Kept, by: By<'_>) -> Result<Shown, Error> {
    let shown = show(tx, product, kept).await?;
    effects.append(tx, vec![event::changed(&shown, product.owner, by)], by.0).await?;
    Ok(shown)
}

/// A product of whatever owner, locked.
async fn lock_any(tx: &mut Tx<'_>, id: ProductId) -> Result<Option<Product>, StoreError> {
    let Some(owner) = products::owner(tx, id).await? else { return Ok(None) };
    products::lock(tx, owner, &ProductName::Id(id)).await
}

/// A product that is to be locked without waiting for whoever has it locked.
enum Reached {
    /// It is locked by this transaction.
    Locked(Product),
    /// Somebody else has it.
    Busy,
    /// There is none.
    Gone,
}

/// A product of whatever owner, locked if nobody has it: one sender works for all, and must wait for nobody.
async fn reach_any(tx: &mut Tx<'_>, id: ProductId) -> Result<Reached, StoreError> {
    let Some(owner) = products::owner(tx, id).await? else { return Ok(Reached::Gone) };
    Ok(products::try_lock(tx, owner, id).await?.map_or(Reached::Busy, Reached::Locked))
}

/// A round of a product.
async fn find(tx: &mut Tx<'_>, product: ProductId, number: i64) -> Result<Kept, Error> {
    Ok(rows::find(tx, product, number).await?.ok_or(RoundError::NotFound)?)
}

/// A round of a product that is locked.
async fn lock(tx: &mut Tx<'_>, product: ProductId, number: i64) -> Result<Kept, Error> {
    Ok(rows::lock(tx, product, number).await?.ok_or(RoundError::NotFound)?)
}
