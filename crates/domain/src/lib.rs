//! # domain: the rules, pure
//!
//! One folder per bounded context: nouns, the rules that act on them, `error.rs`. A rule takes data and `now` and returns data.
//!
//! **Must never know**: async, SQL, HTTP, clocks, randomness. Nothing here waits, reads or writes.

pub mod alarms;
pub mod calendar;
pub mod campaigns;
pub mod identity;
pub mod notify;
pub mod planning;
pub mod rooms;
pub mod tasks;

mod text;
