//! `If-Match`: change it only if it is still what the caller saw.

use axum::extract::FromRequestParts;
use http::{header, request::Parts};
use kernel::Category;

use crate::http::Problem;

/// What `If-Match` says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum IfMatch {
    /// Nothing: the header is missing.
    Missing,
    /// `*`: whatever is there.
    Any,
    /// `"7"`: exactly this version.
    Version(i64),
}

impl<S: Send + Sync> FromRequestParts<S> for IfMatch {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let mut values = parts.headers.get_all(header::IF_MATCH).iter();
        match (values.next(), values.next()) {
            (None, _) => Ok(Self::Missing),
            (Some(value), None) => value.to_str().ok().and_then(parse).ok_or_else(malformed),
            (Some(_), Some(_)) => Err(malformed()),
        }
    }
}

fn parse(text: &str) -> Option<IfMatch> {
    if text.trim() == "*" {
        return Some(IfMatch::Any);
    }
    let digits = text.trim().strip_prefix('"')?.strip_suffix('"')?;
    let canonical = digits.bytes().all(|b| b.is_ascii_digit()) && (digits == "0" || !digits.starts_with('0'));
    if canonical { digits.parse().ok().map(IfMatch::Version) } else { None }
}

fn malformed() -> Problem {
    Problem::new(
        Category::Malformed,
        "precondition.malformed",
        "send one If-Match with the ETag of the resource as it was answered, such as \"7\"",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_an_entity_tag_of_ours_is_read() {
        assert_eq!(parse("\"7\""), Some(IfMatch::Version(7)));
        assert_eq!(parse("*"), Some(IfMatch::Any));
        for text in ["", "7", "\"\"", "\"07\"", "\"-1\"", "\"+1\"", "W/\"7\"", "\"7\", \"8\"", "\"99999999999999999999\""] {
            assert_eq!(parse(text), None, "{text}");
        }
    }
}
