//! # store: all SQL, on two engines
//!
//! A use case ([`UseCase`]) is one `async fn(&self, &mut Tx)`. On SQLite it travels to the single writer thread and runs in a
//! savepoint of a **group commit**; on PostgreSQL the same code runs on a pooled connection. A statement is written once;
//! where the engines must differ, both texts stand side by side ([`Sql::each`]).
//!
//! ```text
//!   Store::write(use case) ──► SQLite:     queue ─► writer thread: BEGIN · savepoint · savepoint · … · COMMIT ─► answers
//!                          └─► PostgreSQL: pooled connection: BEGIN · … · COMMIT   (again if another was in its way)
//!   Store::read(use case)  ──► SQLite:     reader threads, each with its own connection, one snapshot per use case
//!                          └─► PostgreSQL: READ ONLY transaction
//! ```
//!
//! What is done for a user ([`on_behalf_of`]) takes a turn before it comes to either engine, so that one user's requests do not
//! hold all threads or connections.
//!
//! The modules named after contexts hold the statements, as functions over [`Tx`]; nothing outside this room writes SQL.
//!
//! **Must never know**: HTTP, live streams, why a row is written. It decides nothing but what the constraints of the tables
//! say, and it never sleeps, except to wait for a connection or before a transaction that met another is begun again.

pub mod alarms;
pub mod calendar;
pub mod campaigns;
pub mod holdings;
pub mod idempotency;
pub mod identity;
pub mod jobs;
pub mod labels;
pub mod node;
pub mod notify;
pub mod planning;
pub mod progress;
pub mod rooms;
pub mod search;
pub mod streams;
pub mod tasks;

mod engine;
mod error;
mod migrations;
mod plans;
mod postgres;
mod questions;
mod row;
#[cfg(feature = "scratch")]
pub mod scratch;
mod sqlite;
mod turns;
mod tx;
mod value;

pub use engine::{Open, Seams, Store, UseCase};
pub use error::StoreError;
pub use plans::{HotRead, Index, hot_reads};
pub use sqlite::{Fault, FaultPoint, Faults};
pub use turns::on_behalf_of;
pub use tx::Tx;

pub(crate) use questions::Question;
pub(crate) use row::Row;
pub(crate) use tx::Sql;
pub(crate) use value::{Column, Value, values};
