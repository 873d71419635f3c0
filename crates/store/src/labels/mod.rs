//! Categories and tags, and what is labelled with them.

pub mod categories;
pub mod tags;
