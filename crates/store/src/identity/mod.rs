//! Accounts, sessions with their refresh tokens, service keys, tickets and throttles.
//!
//! Secrets never come here: tokens, keys and tickets are looked up by their SHA-256, passwords are PHC strings.

pub mod api_keys;
pub mod refresh_tokens;
pub mod sessions;
pub mod throttles;
pub mod tickets;
pub mod users;

mod purge;

pub use purge::purge;
