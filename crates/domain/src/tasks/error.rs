//! How tasks refuse.

use kernel::{Category, Coded, FieldError, TaskId};

/// A refusal concerning tasks.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TaskError {
    /// There is no such task of this owner.
    #[error("there is no such task")]
    NotFound,
    /// Fields that make no sense.
    #[error("the task is not valid")]
    Invalid(Vec<FieldError>),
    /// `If-Match` names another version than the present one.
    #[error("the task was changed in the meantime: it is now version {current}; read it again and repeat")]
    VersionMismatch {
        /// The present version.
        current: i64,
    },
    /// A change came without `If-Match`.
    #[error("send If-Match with the ETag of the version you changed, or * to change whatever is there")]
    VersionRequired,
    /// Each of these would wait for the next, and the last for the first.
    #[error("these tasks would wait for each other in a circle; `cycle` names them, each waiting for the next")]
    Cycle(Vec<TaskId>),
    /// What it depends on is open.
    #[error("the task depends on others that are open, see `blocked_by`: complete them first, or send force=true")]
    Blocked(Vec<TaskId>),
    /// Its subtasks are open.
    #[error("the task has open subtasks, see `open_subtasks`: complete them first, or send force=true")]
    OpenSubtasks(Vec<TaskId>),
    /// Planning work on what is done or put away.
    #[error("the task is completed or archived: reopen or unarchive it before work on it is planned")]
    Closed,
    /// The owner has as many as anybody may have.
    #[error("{0}")]
    TooMany(String),
}

impl TaskError {
    /// One wrong field.
    pub fn field(pointer: impl Into<String>, detail: impl Into<String>) -> Self {
        Self::Invalid(vec![FieldError::new(pointer, detail)])
    }
}

impl Coded for TaskError {
    fn code(&self) -> &'static str {
        match self {
            Self::NotFound => "task.not_found",
            Self::Invalid(_) => "task.invalid",
            Self::VersionMismatch { .. } => "task.version_mismatch",
            Self::VersionRequired => "task.version_required",
            Self::Cycle(_) => "task.cycle",
            Self::Blocked(_) => "task.blocked",
            Self::OpenSubtasks(_) => "task.open_subtasks",
            Self::Closed => "task.closed",
            Self::TooMany(_) => "task.too_many",
        }
    }

    fn category(&self) -> Category {
        match self {
            Self::NotFound => Category::NotFound,
            Self::Invalid(_) | Self::Cycle(_) => Category::Invalid,
            Self::VersionMismatch { .. } => Category::PreconditionFailed,
            Self::VersionRequired => Category::PreconditionRequired,
            Self::Blocked(_) | Self::OpenSubtasks(_) | Self::Closed | Self::TooMany(_) => Category::Conflict,
        }
    }

    fn fields(&self) -> &[FieldError] {
        match self {
            Self::Invalid(fields) => fields,
            _ => &[],
        }
    }
}
