//! How alarms refuse.

use kernel::{Category, Coded, FieldError};

use super::AlarmState;

/// A refusal concerning one alarm.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AlarmError {
    /// There is no such alarm of this owner.
    #[error("there is no such reminder")]
    NotFound,
    /// It can be neither snoozed nor dismissed where it stands.
    #[error("the reminder is {0}; only one that is pending, fired or failed can be snoozed or dismissed")]
    NotActive(AlarmState),
    /// Fields that make no sense.
    #[error("the request is not valid")]
    Invalid(Vec<FieldError>),
}

impl AlarmError {
    /// One wrong field.
    pub fn field(pointer: &str, detail: impl Into<String>) -> Self {
        Self::Invalid(vec![FieldError::new(pointer, detail)])
    }
}

impl Coded for AlarmError {
    fn code(&self) -> &'static str {
        match self {
            Self::NotFound => "reminder.not_found",
            Self::NotActive(_) => "reminder.not_active",
            Self::Invalid(_) => "reminder.invalid",
        }
    }

    fn category(&self) -> Category {
        match self {
            Self::NotFound => Category::NotFound,
            Self::NotActive(_) => Category::Conflict,
            Self::Invalid(_) => Category::Invalid,
        }
    }

    fn fields(&self) -> &[FieldError] {
        match self {
            Self::Invalid(fields) => fields,
            _ => &[],
        }
    }
}
