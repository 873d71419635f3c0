//! How planning refuses.

use kernel::{Category, Coded, FieldError};

use crate::calendar::conflicts::TooDense;

/// A refusal of planning.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PlanningError {
    /// Fields that make no sense.
    #[error("what is asked of the plan is not valid")]
    Invalid(Vec<FieldError>),
    /// The calendar holds more than is looked at.
    #[error("the calendar has more occurrences in this range than are looked at: ask for a shorter one")]
    TooDense,
}

impl PlanningError {
    /// One wrong field.
    pub fn field(pointer: impl Into<String>, detail: impl Into<String>) -> Self {
        Self::Invalid(vec![FieldError::new(pointer, detail)])
    }
}

impl From<TooDense> for PlanningError {
    fn from(TooDense: TooDense) -> Self {
        Self::TooDense
    }
}

impl Coded for PlanningError {
    fn code(&self) -> &'static str {
        match self {
            Self::Invalid(_) => "planning.invalid",
            Self::TooDense => "planning.calendar_too_dense",
        }
    }

    fn category(&self) -> Category {
        Category::Invalid
    }

    fn fields(&self) -> &[FieldError] {
        match self {
            Self::Invalid(fields) => fields,
            Self::TooDense => &[],
        }
    }
}
