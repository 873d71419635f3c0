//! A strict query string.

use axum::extract::FromRequestParts;
use http::request::Parts;
use kernel::Category;
use serde::de::DeserializeOwned;
use serde_path_to_error::Segment;

use crate::http::Problem;

/// The parameters of the query as a `T`. Derive `deny_unknown_fields` on it: a misspelled filter must not be ignored.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Query<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequestParts<S> for Query<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        parse(parts.uri.query().unwrap_or_default()).map(Self)
    }
}

fn parse<T: DeserializeOwned>(query: &str) -> Result<T, Problem> {
    if !decodes(query.as_bytes()) {
        return Err(Problem::new(Category::Malformed, "query.malformed", "the query is not percent-encoded UTF-8"));
    }
    let pairs = serde_urlencoded::Deserializer::new(form_urlencoded::parse(query.as_bytes()));
    serde_path_to_error::deserialize(pairs).map_err(|error| {
        let name = error.path().iter().find_map(|segment| match segment {
            Segment::Map { key } => Some(key.clone()),
            _ => None,
        });
        let detail = error.inner().to_string();
        let pointer = name.or_else(|| named(&detail)).map(|name| format!("/{name}")).unwrap_or_default();
        Problem::new(Category::Invalid, "query.invalid", "a query parameter is not what is expected here: see `errors`")
            .field(pointer, detail)
    })
}

/// The name between the back-ticks of "missing field `name`" and "duplicate field `name`".
fn named(detail: &str) -> Option<String> {
    let (_, rest) = detail.split_once(" field `")?;
    rest.split_once('`').map(|(name, _)| name.to_owned())
}

/// Whether every `%` begins a byte and the bytes are UTF-8. Lenient decoding would make two spellings of one request.
fn decodes(query: &[u8]) -> bool {
    let mut bytes = Vec::with_capacity(query.len());
    let mut rest = query;
    while let Some((&first, tail)) = rest.split_first() {
        if first != b'%' {
            bytes.push(first);
            rest = tail;
            continue;
        }
        let digit = |index: usize| tail.get(index).and_then(|b| char::from(*b).to_digit(16));
        let (Some(high), Some(low)) = (digit(0), digit(1)) else { return false };
        bytes.push(u8::try_from(high * 16 + low).unwrap_or(0));
        rest = &tail[2..];
    }
    std::str::from_utf8(&bytes).is_ok()
}
