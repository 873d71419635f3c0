//! Restock rounds, on both engines, by a clock that is moved by hand; who has no account is told over real HTTP.

mod handover;
mod inboxes;
mod regressions;
mod shop;
mod steering;
#[path = "../world/mod.rs"]
#[expect(dead_code, reason = "shared by test files that need different parts of it")]
mod world;
