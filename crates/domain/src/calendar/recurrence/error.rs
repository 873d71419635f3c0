//! How a recurrence refuses.

use kernel::{Category, Coded, FieldError};

/// What kind of refusal it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// The text is not a list of known `NAME=VALUE`.
    Malformed,
    /// RFC 5545 or an extension knows it, and Campanile does not do it.
    Unsupported,
    /// A value cannot be read, or lies outside of its range.
    OutOfRange,
    /// Parts that exclude or need each other.
    Contradictory,
    /// Longer, or more, than the limit.
    TooLarge,
    /// There is no such date between the start and the end of 2200.
    NeverOccurs,
    /// The series has no occurrence of that name.
    NotAnOccurrence,
}

/// A refusal of a recurrence. The detail names the part that is wrong; the field is the caller's to name, with
/// [`at`](Self::at), since only he knows where in his request the text stood.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{detail}")]
pub struct RecurrenceError {
    reason: Reason,
    detail: String,
    fields: Vec<FieldError>,
}

impl RecurrenceError {
    pub(super) fn of(reason: Reason, detail: impl Into<String>) -> Self {
        Self { reason, detail: detail.into(), fields: Vec::new() }
    }

    /// What kind of refusal it is.
    pub fn reason(&self) -> Reason {
        self.reason
    }

    /// The same refusal, about the field at `pointer` (a JSON pointer, RFC 6901).
    #[must_use]
    pub fn at(mut self, pointer: impl Into<String>) -> Self {
        self.fields = vec![FieldError::new(pointer, self.detail.clone())];
        self
    }
}

impl Coded for RecurrenceError {
    fn code(&self) -> &'static str {
        match self.reason {
            Reason::Malformed => "schedule.rrule_malformed",
            Reason::Unsupported => "schedule.rrule_unsupported",
            Reason::OutOfRange => "schedule.rrule_out_of_range",
            Reason::Contradictory => "schedule.rrule_contradictory",
            Reason::TooLarge => "schedule.recurrence_too_large",
            Reason::NeverOccurs => "schedule.recurrence_never_occurs",
            Reason::NotAnOccurrence => "schedule.not_an_occurrence",
        }
    }

    fn category(&self) -> Category {
        match self.reason {
            Reason::NotAnOccurrence => Category::NotFound,
            _ => Category::Invalid,
        }
    }

    fn fields(&self) -> &[FieldError] {
        &self.fields
    }
}
