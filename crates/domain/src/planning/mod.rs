//! # planning: when there is time
//!
//! What is free is what is neither taken nor slept through. A plan puts work there by rules that each can be said.

mod error;
mod habits;
mod planner;
mod subtasks;
mod waking;
mod wishes;

pub use error::PlanningError;
pub use habits::{HOURS, Habits};
pub use planner::{Frame, MAX_SESSION, Most, Plan, Proposal, Reason, Violated, Wish, alternatives, plan};
pub use subtasks::{Subtask, Subtasks};
pub use waking::Waking;
pub use wishes::{PlannedSession, Unplaced, Wishes, new_thing};
