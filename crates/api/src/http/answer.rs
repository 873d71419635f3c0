//! How answers leave.

use app::{Answer, Rendered};
use axum::{
    body::Body,
    response::{IntoResponse, Response},
};
use http::{HeaderName, HeaderValue, StatusCode, header};
use serde::Serialize;

use super::Problem;

const JSON: &str = "application/json";

/// `value` as JSON with `status`.
pub(crate) fn json<T: Serialize>(status: StatusCode, value: &T) -> Response {
    match serde_json::to_vec(value) {
        Ok(body) => (status, [(header::CONTENT_TYPE, JSON)], body).into_response(),
        Err(error) => Problem::internal(&error).into_response(),
    }
}

/// `201 Created`: `value` as JSON, where it lies from now on, and its entity tag.
pub(crate) fn created<T: Serialize>(location: &str, etag: &str, value: &T) -> Rendered {
    rendered(StatusCode::CREATED, Some(location), Some(etag), value)
}

/// An answer that may be kept under an idempotency key. Only the headers that belong to the answer are kept with it.
pub(crate) fn rendered<T: Serialize>(status: StatusCode, location: Option<&str>, etag: Option<&str>, value: &T) -> Rendered {
    let mut headers = vec![(header::CONTENT_TYPE.as_str().to_owned(), JSON.to_owned())];
    headers.extend(location.map(|location| (header::LOCATION.as_str().to_owned(), location.to_owned())));
    headers.extend(etag.map(|etag| (header::ETAG.as_str().to_owned(), etag.to_owned())));
    // Our own types serialize; if one ever does not, a 5xx is what must be seen, and a 5xx is never kept.
    match serde_json::to_vec(value) {
        Ok(body) => Rendered { status: status.as_u16(), headers, body },
        Err(error) => {
            tracing::error!(%error, "an answer could not be written as JSON");
            Rendered { status: 500, headers: Vec::new(), body: Vec::new() }
        }
    }
}

/// Sends what a use case answered; a replay says so (`Idempotent-Replayed: true`).
pub(crate) fn answer(answer: Answer) -> Response {
    let Answer { rendered, replayed } = answer;
    let mut response = Response::new(Body::from(rendered.body));
    *response.status_mut() = StatusCode::from_u16(rendered.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    for (name, value) in rendered.headers {
        if let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::try_from(value)) {
            // Appended: each cookie is a header of its own.
            response.headers_mut().append(name, value);
        }
    }
    if replayed {
        response.headers_mut().insert(HeaderName::from_static("idempotent-replayed"), HeaderValue::from_static("true"));
    }
    response
}

/// Put beside an answer whose entity tag says of which version it is and not all of what it says: it is what `If-Match` is compared with, and
/// whoever asks again is never told that nothing has changed.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Moving;

/// The entity tag of a version, `"7"`.
pub(crate) fn etag(version: i64) -> String {
    format!("\"{version}\"")
}
