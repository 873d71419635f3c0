//! How planning refuses.

use kernel::{Category, Coded, FieldError};

/// A refusal of planning.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PlanningError {
    /// Fields that make no sense.
    #[error("what is asked of the plan is not valid")]
    Invalid(Vec<FieldError>),
}

impl PlanningError {
    /// One wrong field.
    pub fn field(pointer: impl Into<String>, detail: impl Into<String>) -> Self {
        Self::Invalid(vec![FieldError::new(pointer, detail)])
    }
}

impl Coded for PlanningError {
    fn code(&self) -> &'static str {
        "planning.invalid"
    }

    fn category(&self) -> Category {
        Category::Invalid
    }

    fn fields(&self) -> &[FieldError] {
        let Self::Invalid(fields) = self;
        fields
    }
}
