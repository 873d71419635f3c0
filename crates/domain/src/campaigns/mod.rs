//! # campaigns: who waits for a product, and who is told when it is back
//!
//! A [`Product`] is its owner's, has a stock, and is in its n-th restock round. Whoever wants to be told when it is back is a
//! [`Recipient`] of its owner, with an account here or without one, and has a [`Subscription`]: a place in one line. Being told once ends it.
//!
//! ```text
//!   (nobody) ──subscribe──► ACTIVE ──told in a round──► NOTIFIED
//!                             │                            │
//!                             └─────────► LEFT ◄───────────┘     from NOTIFIED and LEFT, subscribing leads to ACTIVE again, at the
//!                                                                end of the line; who left by themself comes back by themself only
//! ```
//!
//! When it is back, a [`Round`] is raised: everybody who waits gets a position in its ledger, in order, and is told ([`settle`]) as fast as
//! [`Pacing`] lets. It can be stopped and goes on where it stopped; nobody is searched for.

mod breaker;
mod error;
pub mod import;
mod ledger;
mod pacing;
mod product;
mod recipient;
mod round;
mod subscription;

pub use breaker::{Breaker, Worth};
pub use error::CampaignError;
pub use import::{BadLine, MAX_IMPORT_LINES};
pub use ledger::{ATTEMPTS_MAX, Attempt, OnUnknown, Reason, RowState, Settlement, settle};
pub use pacing::{Pacing, Ticket};
pub use product::{MAX_STOCK, Product, ProductDraft, ProductName, Stock, Waves};
pub use recipient::{Details, Recipient, RecipientDraft, Who, external_id, fit as fit_book};
pub use round::{Cause, Deed, Round, RoundError, RoundState};
pub use subscription::{
    MAX_SUBSCRIBERS, Party, Place, Subscription, SubscriptionState, UnknownParty, UnknownSubscriptionState, fit,
};
