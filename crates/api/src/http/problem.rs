//! Problem documents (RFC 9457): the one shape of every refusal.

use std::borrow::Cow;

use axum::{
    body::Body,
    response::{IntoResponse, Response},
};
use http::{HeaderValue, StatusCode, header};
use kernel::{Category, Coded, FieldError};
use serde::Serialize;
use serde_json::{Map, Value};

use super::errors;

/// The media type of every refusal.
pub(crate) const PROBLEM_JSON: &str = "application/problem+json";

/// The longest text of a refusal, in characters: some of them quote what was sent.
const MAX_TEXT_CHARS: usize = 500;

/// A refusal on its way out.
///
/// It travels in the extensions of its response; the outermost layer writes the document, because only there the trace id
/// of the request is known.
#[derive(Clone, Debug)]
pub(crate) struct Problem(Box<Refusal>);

#[derive(Clone, Debug)]
struct Refusal {
    status: StatusCode,
    code: &'static str,
    detail: String,
    errors: Vec<FieldError>,
    retry_after_seconds: Option<u32>,
    extensions: Map<String, Value>,
}

impl Problem {
    /// A refusal of the edge itself.
    pub(crate) fn new(category: Category, code: &'static str, detail: impl Into<String>) -> Self {
        Self(Box::new(Refusal {
            status: status_of(category),
            code,
            detail: detail.into(),
            errors: Vec::new(),
            retry_after_seconds: None,
            extensions: Map::new(),
        }))
    }

    /// A refusal whose status no category has (405, 408, 414, 415, 431, 501).
    pub(crate) fn of_status(status: StatusCode, code: &'static str, detail: impl Into<String>) -> Self {
        let mut problem = Self::new(Category::Internal, code, detail);
        problem.0.status = status;
        problem
    }

    /// Our fault. What happened goes to the log, never to the caller.
    pub(crate) fn internal(error: &dyn std::fmt::Display) -> Self {
        tracing::error!(%error, "an internal error was answered");
        Self::new(Category::Internal, "internal", "something went wrong on our side; it was logged under this trace id")
    }

    /// Points at one field that is wrong.
    #[must_use]
    pub(crate) fn field(mut self, pointer: impl Into<String>, detail: impl Into<String>) -> Self {
        self.0.errors.push(FieldError::new(pointer, detail));
        self
    }

    /// Says when to come back.
    #[must_use]
    pub(crate) fn retry_after(mut self, seconds: u32) -> Self {
        self.0.retry_after_seconds = Some(seconds);
        self
    }

    /// Attaches an extension member (RFC 9457, 3.2), such as `conflicts` or `allowed`.
    #[must_use]
    pub(crate) fn with<T: Serialize>(mut self, name: &'static str, value: &T) -> Self {
        match serde_json::to_value(value) {
            Ok(value) => {
                self.0.extensions.insert(name.to_owned(), value);
            }
            Err(error) => tracing::error!(%error, name, "an extension of a problem could not be written"),
        }
        self
    }

    /// The stable code.
    pub(crate) fn code(&self) -> &'static str {
        self.0.code
    }

    /// What happened this time, for people.
    pub(crate) fn detail(&self) -> Cow<'_, str> {
        shown(&self.0.detail)
    }

    /// Writes the document, with the trace id under which the request was logged.
    pub(crate) fn write(&self, response: &mut Response, trace_id: &str) {
        let document = Document {
            kind: format!("/docs/errors#{}", self.0.code),
            title: errors::title(self.0.code, self.0.status),
            status: self.0.status.as_u16(),
            detail: shown(&self.0.detail),
            code: self.0.code,
            errors: self.0.errors.iter().map(|e| Field { pointer: shown(&e.pointer), detail: shown(&e.detail) }).collect(),
            trace_id,
            extensions: &self.0.extensions,
        };
        let body = serde_json::to_vec(&document).unwrap_or_default();
        response.headers_mut().remove(header::CONTENT_LENGTH);
        response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(PROBLEM_JSON));
        *response.body_mut() = Body::from(body);
    }
}

#[derive(Serialize)]
struct Document<'a> {
    #[serde(rename = "type")]
    kind: String,
    title: &'static str,
    status: u16,
    detail: Cow<'a, str>,
    code: &'static str,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    errors: Vec<Field<'a>>,
    trace_id: &'a str,
    #[serde(flatten)]
    extensions: &'a Map<String, Value>,
}

#[derive(Serialize)]
struct Field<'a> {
    pointer: Cow<'a, str>,
    detail: Cow<'a, str>,
}

/// `text` as people read it: no longer than that, and without what would change how the rest of a page or a log looks.
fn shown(text: &str) -> Cow<'_, str> {
    let directs = |c: char| matches!(c, '\u{200e}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    let strange = |c: char| c.is_control() || directs(c);
    let end = text.char_indices().nth(MAX_TEXT_CHARS).map(|(end, _)| end);
    if end.is_none() && !text.contains(strange) {
        return Cow::Borrowed(text);
    }
    let plain = text[..end.unwrap_or(text.len())].replace(strange, "\u{fffd}");
    Cow::Owned(if end.is_some() { plain + "…" } else { plain })
}

/// The HTTP status of each category: the only place that decides it.
pub(crate) fn status_of(category: Category) -> StatusCode {
    match category {
        Category::Malformed => StatusCode::BAD_REQUEST,
        Category::Unauthenticated => StatusCode::UNAUTHORIZED,
        Category::Forbidden => StatusCode::FORBIDDEN,
        Category::NotFound => StatusCode::NOT_FOUND,
        Category::Conflict => StatusCode::CONFLICT,
        Category::Gone => StatusCode::GONE,
        Category::PreconditionFailed => StatusCode::PRECONDITION_FAILED,
        Category::PreconditionRequired => StatusCode::PRECONDITION_REQUIRED,
        Category::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
        Category::Invalid => StatusCode::UNPROCESSABLE_ENTITY,
        Category::RateLimited => StatusCode::TOO_MANY_REQUESTS,
        Category::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
        Category::StorageFull => StatusCode::INSUFFICIENT_STORAGE,
        Category::Internal => StatusCode::INTERNAL_SERVER_ERROR,
    }
}

impl From<app::Error> for Problem {
    fn from(error: app::Error) -> Self {
        let category = error.category();
        if category == Category::Internal {
            return Self::internal(&error);
        }
        let mut problem = Self::new(category, error.code(), error.to_string());
        problem.0.errors = error.fields().to_vec();
        problem.0.retry_after_seconds = error.retry_after_seconds();
        problem
    }
}

impl Problem {
    /// Any coded error as a refusal.
    pub(crate) fn of<E: Coded + Send + Sync + 'static>(error: E) -> Self {
        app::Error::from(error).into()
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let mut response = Response::new(Body::empty());
        *response.status_mut() = self.0.status;
        if self.0.status == StatusCode::UNAUTHORIZED {
            response.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        let waits = matches!(self.0.status.as_u16(), 429 | 503 | 507);
        if let Some(seconds) = self.0.retry_after_seconds.or(waits.then_some(1)) {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        response.extensions_mut().insert(self);
        response
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_quoted_is_bounded_and_directs_nothing() {
        for plain in ["", "at most 30 days", "주간 회의 – “so”, 👩‍👩‍👧", &"é".repeat(MAX_TEXT_CHARS)] {
            assert_eq!(shown(plain), plain);
        }
        let table = [
            ("a\u{1b}[31mb", "a\u{fffd}[31mb"),
            ("a\r\nb\0", "a\u{fffd}\u{fffd}b\u{fffd}"),
            ("a\u{202e}b\u{2066}c\u{2028}d\u{200f}", "a\u{fffd}b\u{fffd}c\u{fffd}d\u{fffd}"),
        ];
        for (sent, expected) in table {
            assert_eq!(shown(sent), expected, "{sent:?}");
        }
        let long = shown(&"é\n".repeat(MAX_TEXT_CHARS)).into_owned();
        assert_eq!(long, "é\u{fffd}".repeat(MAX_TEXT_CHARS / 2) + "…");
    }
}
