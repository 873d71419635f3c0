//! How a use case refuses.

use std::fmt;

use kernel::{Category, Coded, FieldError};

/// Any refusal of any context, or of the store, behind the one shape the edge needs.
pub struct Error(Box<dyn Coded + Send + Sync>);

impl<E: Coded + Send + Sync + 'static> From<E> for Error {
    fn from(error: E) -> Self {
        Self(Box::new(error))
    }
}

impl Error {
    /// Stable, `context.reason`.
    pub fn code(&self) -> &'static str {
        self.0.code()
    }

    /// What kind of refusal.
    pub fn category(&self) -> Category {
        self.0.category()
    }

    /// The fields that are wrong.
    pub fn fields(&self) -> &[FieldError] {
        self.0.fields()
    }

    /// The refusal itself, if it is an `E`: where it says more than the one shape holds.
    pub fn downcast_ref<E: Coded + 'static>(&self) -> Option<&E> {
        let error: &(dyn std::error::Error + 'static) = &*self.0;
        error.downcast_ref()
    }

    /// When to come back.
    pub fn retry_after_seconds(&self) -> Option<u32> {
        self.0.retry_after_seconds()
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}
