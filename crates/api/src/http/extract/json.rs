//! A strict JSON body.

use std::fmt::{self, Write as _};

use axum::extract::{FromRequest, Request};
use http::{HeaderMap, StatusCode, header};
use kernel::Category;
use serde::de::DeserializeOwned;
use serde_path_to_error::Segment;

use super::{
    body,
    objects::Objects,
    shape::{self, Unfit},
    write,
};
use crate::http::{Problem, State, trace::only};

/// The longest message about one field, in characters.
const MAX_DETAIL_CHARS: usize = 300;

/// A JSON body of type `T`: refused unless it is `application/json`, reads one way only, stays within the limits of
/// [`super::shape`] and has the shape of `T`. An idempotency key is not used here, but a malformed one is refused all the same.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Json<T>(pub T);

impl<T: DeserializeOwned> FromRequest<State> for Json<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &State) -> Result<Self, Problem> {
        is_json(request.headers())?;
        write::key(request.headers())?;
        body::announced_size_fits(&request)?;
        let bytes = body::read(request.into_body(), state).await?;
        parse(&bytes).map(Self)
    }
}

/// As [`Json`], but the body may be missing altogether, or `null`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct OptionalJson<T>(pub Option<T>);

impl<T: DeserializeOwned> FromRequest<State> for OptionalJson<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &State) -> Result<Self, Problem> {
        write::key(request.headers())?;
        body::announced_size_fits(&request)?;
        let (parts, body) = request.into_parts();
        let bytes = body::read(body, state).await?;
        if bytes.is_empty() {
            return Ok(Self(None));
        }
        is_json(&parts.headers)?;
        parse(&bytes).map(Self)
    }
}

/// Reads `bytes` as a `T`.
pub(crate) fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Problem> {
    shape::check(bytes).map_err(|unfit| match unfit {
        Unfit::Malformed(detail) => {
            Problem::new(Category::Malformed, "body.malformed", format!("the body is not JSON that reads one way only: {detail}"))
        }
        Unfit::Excessive { pointer, detail } => unfit_at(pointer, detail),
    })?;
    let mut deserializer = serde_json::Deserializer::from_slice(bytes);
    serde_path_to_error::deserialize(Objects(&mut deserializer)).map_err(|error| {
        let detail = at_most(without_value(without_position(&error.inner().to_string())));
        let mut pointer = Pointer::default();
        for segment in error.path() {
            match segment {
                Segment::Seq { index } => pointer.push_index(*index),
                Segment::Map { key } => pointer.push_key(key),
                Segment::Enum { .. } | Segment::Unknown => {}
            }
        }
        if let Some(name) = missing(&detail) {
            pointer.push_key(name);
        }
        unfit_at(pointer.to_string(), detail)
    })
}

fn unfit_at(pointer: String, detail: String) -> Problem {
    Problem::new(Category::Invalid, "body.invalid", "the body is JSON, but not what is expected here: see `errors`")
        .field(pointer, detail)
}

/// `serde_json` ends its messages with a line and column; the pointer says it better.
fn without_position(detail: &str) -> &str {
    detail.rsplit_once(" at line ").map_or(detail, |(message, _)| message)
}

/// A message that names what was sent (an unknown field) is no longer than people read.
fn at_most(message: String) -> String {
    match message.char_indices().nth(MAX_DETAIL_CHARS) {
        Some((end, _)) => format!("{}…", &message[..end]),
        None => message,
    }
}

/// `invalid type: integer `12345`, expected a string` without the 12345: what was sent may be a password, and an answer is kept
/// and shown where passwords are not.
fn without_value(detail: &str) -> String {
    let quoting = ["invalid type: ", "invalid value: "].iter().any(|start| detail.starts_with(start));
    match detail.rsplit_once(", expected ").filter(|_| quoting) {
        Some((sent, expected)) => {
            let kind = sent.split(['`', '"']).next().unwrap_or_default().trim_end();
            format!("{kind}, expected {expected}")
        }
        None if quoting => "this is not what is expected here".to_owned(),
        None => detail.to_owned(),
    }
}

/// The name of the field that "missing field `name`" misses: the pointer shall say where it belongs.
fn missing(detail: &str) -> Option<&str> {
    detail.strip_prefix("missing field `")?.strip_suffix('`')
}

/// Whether the one content type is JSON.
pub(super) fn is_json(headers: &HeaderMap) -> Result<(), Problem> {
    is("application/json", headers)
}

/// Whether the one content type is `wanted`. The only parameter there may be is `charset=utf-8`.
pub(super) fn is(wanted: &str, headers: &HeaderMap) -> Result<(), Problem> {
    let essence_fits = only(headers, &header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).is_some_and(|text| {
        let (essence, parameter) = text.split_once(';').unwrap_or((text, ""));
        let parameter = parameter.trim();
        let charset_fits = parameter.is_empty()
            || parameter.split_once('=').is_some_and(|(name, value)| {
                name.eq_ignore_ascii_case("charset") && value.trim_matches('"').eq_ignore_ascii_case("utf-8")
            });
        essence.trim().eq_ignore_ascii_case(wanted) && charset_fits
    });
    if essence_fits {
        return Ok(());
    }
    Err(Problem::of_status(
        StatusCode::UNSUPPORTED_MEDIA_TYPE,
        "body.unsupported_media_type",
        format!("send `Content-Type: {wanted}`; the only charset is utf-8"),
    ))
}

/// A JSON pointer (RFC 6901) that grows and shrinks.
#[derive(Clone, Debug, Default)]
pub(super) struct Pointer {
    text: String,
    starts: Vec<usize>,
}

impl Pointer {
    /// Down into a member.
    pub(super) fn push_key(&mut self, key: &str) {
        self.starts.push(self.text.len());
        self.text.push('/');
        for character in key.chars() {
            match character {
                '~' => self.text.push_str("~0"),
                '/' => self.text.push_str("~1"),
                other => self.text.push(other),
            }
        }
    }

    /// Down into an element.
    pub(super) fn push_index(&mut self, index: usize) {
        self.starts.push(self.text.len());
        // Writing to a String cannot fail.
        let _ = write!(self.text, "/{index}");
    }

    /// Up again.
    pub(super) fn pop(&mut self) {
        if let Some(start) = self.starts.pop() {
            self.text.truncate(start);
        }
    }
}

impl fmt::Display for Pointer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}
