//! `GET /api/v1/calendar.ics`

use app::{
    App,
    calendar::icalendar::{self, Reading, Standing},
    identity::Client,
};
use axum::{
    body::Body,
    extract::State as Extract,
    response::{IntoResponse as _, Response},
};
use http::{HeaderMap, HeaderValue, header};
use serde::Deserialize;
use utoipa::IntoParams;

use super::text;
use crate::http::{Peer, Problem, Query, is_known};

/// Whose calendar.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Address {
    /// The secret of the feed.
    #[param(example = "cmf_q3Zx…")]
    token: String,
}

/// Read a feed
///
/// What is not over since the first day of the month a year ago, as iCalendar (RFC 5545). Ask with `If-None-Match`: as long as
/// nothing changed, the answer is 304 and costs nothing; other readings are limited to 120 in 15 minutes for each feed.
#[utoipa::path(
    get, path = "/api/v1/calendar.ics", tag = "calendar",
    params(Address, ("if-none-match" = Option<String>, Header, description = "The `ETag` of what the reader has")),
    responses(
        (status = 200, description = "The calendar", body = String, content_type = "text/calendar",
         headers(("etag" = String), ("last-modified" = String))),
        (status = 304, description = "The reader has it"),
        (status = 404, description = "`feed.not_found`: revoked, or never was"),
        (status = 429, description = "`feed.throttled`"),
    )
)]
pub(crate) async fn read_feed(
    Extract(app): Extract<App>,
    Peer(address): Peer,
    headers: HeaderMap,
    Query(Address { token }): Query<Address>,
) -> Result<Response, Problem> {
    let client = Client { address, user_agent: String::new(), device: None };
    let reading = icalendar::read_feed(&app, &token, &client, |tag| is_known(&headers, tag)).await?;
    let (standing, mut response) = match reading {
        // The edge makes it a 304: it compares the tag as it does everywhere.
        Reading::Unchanged(standing) => (standing, Body::empty().into_response()),
        Reading::Text(standing, pages) => (standing, text::calendar(pages)),
    };
    let Standing { tag, changed_at } = standing;
    let headers = response.headers_mut();
    headers.extend(HeaderValue::try_from(tag).ok().map(|tag| (header::ETAG, tag)));
    headers.extend(text::http_date(changed_at).map(|date| (header::LAST_MODIFIED, date)));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("private, no-cache"));
    headers.insert(header::CONTENT_DISPOSITION, HeaderValue::from_static("inline; filename=\"calendar.ics\""));
    Ok(response)
}
