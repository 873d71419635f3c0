//! # identity: its use cases

mod keys;

pub use keys::Keys;
