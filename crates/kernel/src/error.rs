//! The shape every context's error has.

/// What kind of refusal an error is. The edge turns it into an HTTP status, a gRPC status or a close code; nothing else
/// may decide those.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Category {
    /// The request cannot be read at all (HTTP 400).
    Malformed,
    /// Nobody, or nobody believable, is asking (401).
    Unauthenticated,
    /// Known, but not allowed (403).
    Forbidden,
    /// Not there, or not yours (404).
    NotFound,
    /// Clashes with the present state (409).
    Conflict,
    /// Was there, and is no more (410).
    Gone,
    /// `If-Match` named an older version (412).
    PreconditionFailed,
    /// `If-Match` is needed and missing (428).
    PreconditionRequired,
    /// Too big (413).
    TooLarge,
    /// Well-formed but meaningless or out of range (422).
    Invalid,
    /// Too often; come back after `retry_after` (429).
    RateLimited,
    /// Not now; come back after `retry_after` (503).
    Unavailable,
    /// No room left to keep it (507).
    StorageFull,
    /// Our fault (500).
    Internal,
}

/// One thing wrong with one field of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldError {
    /// JSON pointer (RFC 6901) to the field, `""` for the whole body.
    pub pointer: String,
    /// What is wrong and what would be right, for people.
    pub detail: String,
}

impl FieldError {
    /// A field error at `pointer`.
    pub fn new(pointer: impl Into<String>, detail: impl Into<String>) -> Self {
        Self { pointer: pointer.into(), detail: detail.into() }
    }
}

/// An error that people and programs outside may see.
///
/// `Display` is the detail for people. It must never carry a secret, another person's data, or SQL.
pub trait Coded: std::error::Error {
    /// Stable and lower-case, `context.reason`, e.g. `schedule.not_found`. Programs match on it; it never changes.
    fn code(&self) -> &'static str;

    /// What kind of refusal it is.
    fn category(&self) -> Category;

    /// The fields that are wrong, if it is about fields.
    fn fields(&self) -> &[FieldError] {
        &[]
    }

    /// When to come back, in whole seconds, where that is known.
    fn retry_after_seconds(&self) -> Option<u32> {
        None
    }
}
