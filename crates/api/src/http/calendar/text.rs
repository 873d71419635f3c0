//! Calendars as `text/calendar`, sent while they are written.

use app::calendar::icalendar::Pages;
use axum::{
    body::Body,
    response::{IntoResponse as _, Response},
};
use bytes::Bytes;
use futures_util::stream;
use http::{HeaderValue, header};
use jiff::fmt::rfc2822;
use kernel::Instant;

/// The media type of RFC 5545.
pub(super) const TEXT_CALENDAR: HeaderValue = HeaderValue::from_static("text/calendar; charset=utf-8");

/// The pages as a body. When one of them cannot be read, the answer ends without its end, and the reader sees that.
pub(super) fn calendar(pages: Pages) -> Response {
    let pieces = stream::try_unfold(pages, |mut pages| async move {
        match pages.next().await {
            Ok(piece) => Ok(piece.map(|piece| (Bytes::from(piece), pages))),
            Err(error) => {
                tracing::error!(%error, "a calendar was not written to its end");
                Err(std::io::Error::other("the calendar could not be read to its end"))
            }
        }
    });
    let mut response = Body::from_stream(pieces).into_response();
    response.headers_mut().insert(header::CONTENT_TYPE, TEXT_CALENDAR);
    response
}

/// As HTTP writes it (RFC 9110, section 5.6.7), to the second.
pub(super) fn http_date(instant: Instant) -> Option<HeaderValue> {
    let text = rfc2822::DateTimePrinter::new().timestamp_to_rfc9110_string(&instant.timestamp()).ok()?;
    HeaderValue::try_from(text).ok()
}
