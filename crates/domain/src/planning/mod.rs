//! # planning: when there is time
//!
//! What is free is what is neither taken nor slept through.

mod error;
mod waking;

pub use error::PlanningError;
pub use waking::Waking;
