//! # tasks: what is to be done, in which order, and by when
//!
//! A **task** may depend on others of its owner, have subtasks, a deadline, and **sessions**: schedules that were planned to work on
//! it.
//!
//! ```text
//!            complete                     archive
//!     OPEN ───────────► COMPLETED    any ─────────► archived: out of the way, waited for by nobody
//!      ▲ ◄───────────────  │             ◄─────────
//!            reopen                       unarchive
//! ```
//!
//! Who waits for whom ([`Waits`]) is a graph without a cycle: a task waits for those it depends on and for its subtasks. What waits
//! for something open is **blocked**; what is open and not blocked is **ready**.

mod deadline;
mod draft;
mod error;
mod patch;
mod split;
mod task;
mod waits;

pub use deadline::{By, Deadline, deadline_rules, overdue_rule};
pub use draft::{
    CheckedTask, DeadlineDraft, MAX_ALL_DEPENDENCIES, MAX_DEPENDENCIES, MAX_DEPTH, MAX_SESSIONS, MAX_TASKS, TaskDraft,
};
pub use error::TaskError;
pub use patch::{TaskChange, TaskPatch};
pub use split::{Part, PartDraft, SplitAsk, split};
pub use task::{Task, TaskState};
pub use waits::{Waits, depth_fits};
