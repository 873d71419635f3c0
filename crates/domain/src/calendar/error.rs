//! How the calendar refuses.

use kernel::{Category, Coded, FieldError, WallTime};

use super::recurrence::RecurrenceError;

/// A refusal of the calendar.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CalendarError {
    /// There is no such schedule of this owner.
    #[error("there is no such schedule")]
    NotFound,
    /// Fields that make no sense.
    #[error("the schedule is not valid")]
    Invalid(Vec<FieldError>),
    /// `If-Match` names another version than the present one.
    #[error("the schedule was changed in the meantime: it is now version {current}; read it again and repeat")]
    VersionMismatch {
        /// The present version.
        current: i64,
    },
    /// A change came without `If-Match`.
    #[error("send If-Match with the ETag of the version you changed, or * to change whatever is there")]
    VersionRequired,
    /// A recurrence that makes no sense.
    #[error(transparent)]
    Recurrence(#[from] RecurrenceError),
    /// The series has no occurrence of this name.
    #[error("the series has no occurrence at {0}")]
    NoOccurrence(WallTime),
    /// One more than its owner may keep.
    #[error("you keep as many schedules as a person may, {most}: delete some first")]
    TooMany {
        /// So many.
        most: u32,
    },
    /// Restoring what is not deleted.
    #[error("the schedule is not deleted")]
    NotDeleted,
}

impl CalendarError {
    /// One wrong field.
    pub fn field(pointer: &str, detail: impl Into<String>) -> Self {
        Self::Invalid(vec![FieldError::new(pointer, detail)])
    }
}

impl Coded for CalendarError {
    fn code(&self) -> &'static str {
        match self {
            Self::NotFound => "schedule.not_found",
            Self::Invalid(_) => "schedule.invalid",
            Self::VersionMismatch { .. } => "schedule.version_mismatch",
            Self::VersionRequired => "schedule.version_required",
            Self::TooMany { .. } => "quota.schedules",
            Self::NotDeleted => "schedule.not_deleted",
            Self::Recurrence(error) => error.code(),
            Self::NoOccurrence(_) => "schedule.not_an_occurrence",
        }
    }

    fn category(&self) -> Category {
        match self {
            Self::NotFound | Self::NoOccurrence(_) => Category::NotFound,
            Self::Invalid(_) => Category::Invalid,
            Self::VersionMismatch { .. } => Category::PreconditionFailed,
            Self::VersionRequired => Category::PreconditionRequired,
            Self::TooMany { .. } | Self::NotDeleted => Category::Conflict,
            Self::Recurrence(error) => error.category(),
        }
    }

    fn fields(&self) -> &[FieldError] {
        match self {
            Self::Invalid(fields) => fields,
            Self::Recurrence(error) => error.fields(),
            _ => &[],
        }
    }
}
