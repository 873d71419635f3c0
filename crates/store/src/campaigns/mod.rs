//! Products, whom their owners can tell, and who waits for what.
//!
//! Rows are locked in this order: the address book of an owner, then products, lowest id first, then what hangs on them.

pub mod leases;
pub mod ledger;
pub mod products;
pub mod recipients;
pub mod rounds;
pub mod subscriptions;

pub use subscriptions::Subscriber;
