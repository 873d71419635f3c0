//! # campaigns: use cases of products, of whom their owners can tell, and of who waits for what
//!
//! Whoever changes the stock of a product, or who waits for it, locks the product: what two decide at the same moment is decided one
//! after the other. Before it comes the address book of its owner: it is held while somebody in it subscribes, so that nobody is taken out
//! of it at that moment, and locked by whoever writes into it.

mod import;
mod products;
mod recipients;
pub mod rounds;
mod stock;
mod subscriptions;

use domain::campaigns::{CampaignError, Product, ProductName};
use kernel::UserId;
use store::{Tx, campaigns::products as product_rows};

use crate::{
    Error,
    calendar::{Expected, Unfit},
};

pub use import::{Imported, import};
pub use products::{delete_product, product, products, put_product};
pub use recipients::{delete_recipient, put_recipient, recipient, recipients};
pub use stock::{StockSet, set_stock};
pub use store::campaigns::{
    Subscriber,
    products::{LastRound, Seen},
};
pub use subscriptions::{leave, subscribe, subscriber, subscribers};

/// Reads what a path calls a product.
fn named(path: &str) -> Result<ProductName, CampaignError> {
    ProductName::read(path).ok_or(CampaignError::ProductNotFound)
}

/// Locks a product of `owner`.
async fn enter(tx: &mut Tx<'_>, owner: UserId, name: &ProductName) -> Result<Product, Error> {
    Ok(product_rows::lock(tx, owner, name).await?.ok_or(CampaignError::ProductNotFound)?)
}

/// A product of `owner`, to look at.
async fn look(tx: &mut Tx<'_>, owner: UserId, name: &ProductName) -> Result<Product, Error> {
    Ok(product_rows::find(tx, owner, name).await?.ok_or(CampaignError::ProductNotFound)?)
}

/// Refuses a change that was meant for another version of the product; none needs to be said.
fn fits(expected: Expected, product: &Product) -> Result<(), CampaignError> {
    let current = product.version;
    expected.fits(current, false).map_err(|_: Unfit| CampaignError::ProductVersionMismatch { current })
}
