//! Restock rounds, on both engines, by a clock that is moved by hand; who has no account is told over real HTTP.

mod handover;
mod held;
mod inboxes;
mod neighbours;
mod progress;
mod regressions;
pub(crate) mod shop;
mod steering;
