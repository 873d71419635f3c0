//! # planning: use cases of what is free, and what is best done when
//!
//! They read the calendar as the check of conflicts does, so that what they call free can be booked.

mod free_slots;
mod habits;
mod suggest;

pub use free_slots::{Asked, Within, free_slots};
pub use habits::{Known, forget_habits, habits};
pub use suggest::{Ask, MAX_TASKS, Suggested, Suggestion, Wanted, suggest};
