//! How a calendar file is refused.

use kernel::{Category, Coded, FieldError};

/// A file that cannot be taken over. The pointers name a line (`/lines/12`) or a property of a component, which are counted from
/// 0 (`/VEVENT/3/RRULE`); the details begin with the number of the line.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ICalendarError {
    /// The text is no iCalendar.
    #[error("this is not an iCalendar file: see `errors`")]
    Malformed(Vec<FieldError>),
    /// It is, but not all that it says can be kept.
    #[error("not all of the file can be taken over, so nothing was: see `errors`")]
    Invalid(Vec<FieldError>),
    /// More than is read at once.
    #[error("the file holds more than is taken over at once: see `errors`")]
    TooMuch(Vec<FieldError>),
}

impl ICalendarError {
    /// About one line.
    pub(super) fn line(number: usize, detail: impl AsRef<str>) -> Self {
        Self::Malformed(vec![FieldError::new(format!("/lines/{number}"), format!("line {number}: {}", detail.as_ref()))])
    }

    /// A limit that one line passes.
    pub(super) fn beyond(number: usize, detail: impl AsRef<str>) -> Self {
        Self::TooMuch(vec![FieldError::new(format!("/lines/{number}"), format!("line {number}: {}", detail.as_ref()))])
    }
}

impl Coded for ICalendarError {
    fn code(&self) -> &'static str {
        match self {
            Self::Malformed(_) => "icalendar.malformed",
            Self::Invalid(_) => "icalendar.invalid",
            Self::TooMuch(_) => "icalendar.too_much",
        }
    }

    fn category(&self) -> Category {
        Category::Invalid
    }

    fn fields(&self) -> &[FieldError] {
        match self {
            Self::Malformed(fields) | Self::Invalid(fields) | Self::TooMuch(fields) => fields,
        }
    }
}
