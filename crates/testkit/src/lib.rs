//! # testkit: what tests stand on
//!
//! A clock that is moved by hand, randomness from a seed, databases of both engines that are gone after the test; a
//! simulator that runs the whole product in one thread and breaks it, and the judges of what came of it.
//!
//! **Must never know**: production. No shipped room depends on this one; it appears under `[dev-dependencies]` only.

pub mod history;
pub mod oracle;
pub mod simulator;

mod clock;
mod database;
mod entropy;
mod server;
mod sink;

/// The rooms below, for the tests of a room above that may not know them: they put a whole server together, and look at
/// what it wrote.
#[doc(no_inline)]
pub use {clockwork, outbound, store};

pub use clock::{START, TestClock};
pub use database::{
    Database, FreshPostgres, POSTGRES, REQUIRE_POSTGRES, fresh_postgres, on_both_databases, on_both_engines, seams,
};
pub use entropy::SeededEntropy;
pub use server::TestServer;
pub use sink::{Heard, Reply, Sink};
