//! Calendars as `text/calendar`, sent while they are written.

use std::io;

use app::calendar::icalendar::Pages;
use axum::response::{IntoResponse as _, Response};
use bytes::Bytes;
use http::{HeaderValue, header};
use jiff::fmt::rfc2822;
use kernel::Instant;

use crate::http::written::{self, Pieces};

/// The media type of RFC 5545.
pub(super) const TEXT_CALENDAR: HeaderValue = HeaderValue::from_static("text/calendar; charset=utf-8");

impl Pieces for Pages {
    async fn next(&mut self) -> io::Result<Option<Bytes>> {
        let piece = Self::next(self).await.map_err(|error| written::broken_off("a calendar", &error))?;
        Ok(piece.map(Bytes::from))
    }
}

/// The pages as an answer.
pub(super) fn calendar(pages: Pages) -> Response {
    let mut response = written::body(pages).into_response();
    response.headers_mut().insert(header::CONTENT_TYPE, TEXT_CALENDAR);
    response
}

/// As HTTP writes it (RFC 9110, section 5.6.7), to the second.
pub(super) fn http_date(instant: Instant) -> Option<HeaderValue> {
    let text = rfc2822::DateTimePrinter::new().timestamp_to_rfc9110_string(&instant.timestamp()).ok()?;
    HeaderValue::try_from(text).ok()
}
