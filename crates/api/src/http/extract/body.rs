//! The bytes of a request body: bounded in size and in time.

use axum::{body::Body, extract::Request};
use bytes::Bytes;
use futures_util::future::{Either, select};
use http::StatusCode;
use http_body_util::{BodyExt, LengthLimitError, Limited};
use kernel::Category;

use crate::http::{Problem, State};

/// The largest body that is read, in bytes.
pub(super) const MAX_BODY_BYTES: usize = 1 << 20;

/// The whole body.
pub(super) async fn read(body: Body, state: &State) -> Result<Bytes, Problem> {
    let limit = state.settings.limits.body_timeout;
    let collected = std::pin::pin!(Limited::new(body, MAX_BODY_BYTES).collect());
    match select(collected, state.app.clock().sleep(limit)).await {
        Either::Left((Ok(collected), _)) => Ok(collected.to_bytes()),
        Either::Left((Err(error), _)) if error.is::<LengthLimitError>() => Err(too_large()),
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
    let announced =
        request.headers().get(http::header::CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse::<u64>().ok());
    match announced {
        Some(bytes) if bytes > MAX_BODY_BYTES as u64 => Err(too_large()),
        _ => Ok(()),
    }
}

fn too_large() -> Problem {
    Problem::new(Category::TooLarge, "body.too_large", format!("a body may have at most {MAX_BODY_BYTES} bytes"))
}
