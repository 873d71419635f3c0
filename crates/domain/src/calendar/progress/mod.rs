//! # progress: what is worked on, and for how long
//!
//! ```text
//!                  start                   suspend
//!   NOT_STARTED ───────────► IN_PROGRESS ◄─────────► SUSPENDED
//!     │    ▲                    │     │     start        │  │
//!     │    └──── cancel ────────┼─────┼──────────────────┘  │
//!     │    ▲                    │     │ complete            │ complete
//!     │    └──── cancel ────────┘     ▼                     │
//!     └───────── complete ────────► COMPLETED ◄─────────────┘
//!                                     └── cancel ──► NOT_STARTED
//! ```
//!
//! Every action that changes something is an entry of a **ledger** that only grows. Entries between the first action and the one
//! that takes it back (or for ever) are a **run**. What is worked is a list of **sessions**, a projection of the ledger kept in the
//! transaction of each entry: from `start` to `suspend`, `complete` or `cancel`, void if their run is cancelled. At most one item of
//! an owner is in progress, and the sessions of an owner that count never overlap.
//!
//! The times of the ledger are whole seconds, so that every sum of work is exact.

mod decide;
mod error;
mod ledger;
mod machine;
#[cfg(test)]
mod model;
mod statistics;

pub use decide::{Around, Ask, Decision, Item, MAX_CORRECTION, Refusal, decide};
pub use error::ProgressError;
pub use ledger::{Flaw, Session, progress, sessions};
pub use machine::{Action, Entry, Next, Progress, State, Step, UnknownWord, Work};
pub use statistics::{Days, Grouping, Period, Statistics, Sum, WeekStart};
