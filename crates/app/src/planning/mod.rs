//! # planning: use cases of what is free
//!
//! They read the calendar as the check of conflicts does, so that what they call free can be booked.

mod free_slots;

pub use free_slots::{Asked, Within, free_slots};
