//! A whole installation in one thread: seeded, with virtual time, real SQL, and faults.

mod executor;

pub use executor::{Executor, Handle, Node, OUTSIDE, Stuck};
