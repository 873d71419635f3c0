//! The bytes of a request body: bounded in size and in time.

use axum::{body::Body, extract::Request};
use bytes::Bytes;
use futures_util::future::{Either, select};
use http::{HeaderMap, HeaderValue, StatusCode, header};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use kernel::Category;

use crate::http::{Problem, State};

/// The largest body that is read, in bytes.
pub(super) const MAX_BODY_BYTES: usize = 1 << 20;

/// The whole body, of at most [`MAX_BODY_BYTES`].
pub(super) async fn read(body: Body, state: &State) -> Result<Bytes, Problem> {
    read_at_most(MAX_BODY_BYTES, body, state).await
}

/// The whole body, of at most `most` bytes.
pub(super) async fn read_at_most(most: usize, body: Body, state: &State) -> Result<Bytes, Problem> {
    let limit = state.settings.limits.body_timeout;
    let collected = std::pin::pin!(Limited::new(body, most).collect());
    match select(collected, state.app.clock().sleep(limit)).await {
        Either::Left((Ok(collected), _)) => Ok(collected.to_bytes()),
        Either::Left((Err(error), _)) if error.is::<LengthLimitError>() => Err(too_large(most)),
        Either::Left((Err(error), _)) => {
            tracing::debug!(%error, "a request body ended early");
            Err(Problem::new(Category::Malformed, "body.incomplete", "the body ended before it was complete"))
        }
        Either::Right(_) => {
            Err(Problem::of_status(StatusCode::REQUEST_TIMEOUT, "body.too_slow", "the body did not arrive in time"))
        }
    }
}

/// Refuses a body that announces to be too large before a byte of it is read.
pub(super) fn announced_size_fits(request: &Request) -> Result<(), Problem> {
    announces_at_most(MAX_BODY_BYTES, request)
}

/// Refuses a body that announces to have more than `most` bytes, or to be written in a way that is not read here.
pub(super) fn announces_at_most(most: usize, request: &Request) -> Result<(), Problem> {
    is_plain(request.headers())?;
    let announced = request.headers().get(header::CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse::<u64>().ok());
    match announced {
        Some(bytes) if bytes > most as u64 => Err(too_large(most)),
        _ => Ok(()),
    }
}

/// Bodies are read as they are (RFC 9110, section 8.4): what is compressed would be taken for something else.
fn is_plain(headers: &HeaderMap) -> Result<(), Problem> {
    let mut codings = headers.get_all(header::CONTENT_ENCODING).iter();
    let is_identity = |value: &HeaderValue| value.as_bytes().trim_ascii().eq_ignore_ascii_case(b"identity");
    if codings.all(is_identity) {
        return Ok(());
    }
    let detail = "send the body as it is: it is not decompressed here, and `Content-Encoding` can only be identity";
    Err(Problem::of_status(StatusCode::UNSUPPORTED_MEDIA_TYPE, "body.unsupported_encoding", detail))
}

fn too_large(most: usize) -> Problem {
    Problem::new(Category::TooLarge, "body.too_large", format!("a body may have at most {most} bytes"))
}
