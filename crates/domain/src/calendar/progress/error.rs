//! How progress refuses.

use kernel::{Category, Coded};

use super::{Action, Item, State};

/// A refusal concerning the progress of an item.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ProgressError {
    /// The machine knows no such transition.
    #[error("the schedule is {state}: it cannot {action}; what it can is in `allowed`")]
    Illegal {
        /// Where it stands.
        state: State,
        /// What was asked.
        action: Action,
        /// What changes something here.
        allowed: Vec<Action>,
    },
    /// Another item of the same owner is in progress.
    #[error("another schedule is in progress: suspend or complete it first, or start with auto_suspend=true")]
    AnotherRunning(Item),
    /// Deleting what is in progress, or moving an occurrence that is.
    #[error("the schedule is in progress: suspend, complete or cancel it before you delete or move it")]
    Running,
}

impl Coded for ProgressError {
    fn code(&self) -> &'static str {
        match self {
            Self::Illegal { .. } => "schedule.illegal_transition",
            Self::AnotherRunning(_) => "schedule.another_running",
            Self::Running => "schedule.running",
        }
    }

    fn category(&self) -> Category {
        Category::Conflict
    }
}
