//! `GET /api/v1/me/stream`

use app::{App, notify};
use axum::{extract::State as Extract, response::Response};
use http::HeaderMap;
use hub::Since;
use serde::Deserialize;
use utoipa::IntoParams;

use super::sse;
use crate::http::{Caller, Problem, Query};

/// Where to begin, and a ticket in place of the header.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Opening {
    /// Begin after this position, for clients that cannot set `Last-Event-ID`. The header counts if both are there.
    #[param(example = "1-42")]
    since: Option<String>,
    /// The guard of the route has redeemed it.
    #[param(ignore)]
    #[serde(rename = "ticket")]
    _ticket: Option<String>,
}

/// Follow the own events
///
/// Server-sent events: `notification.created`, `notification.read`, `notification.deleted`, `unread.changed`, `schedule.changed`,
/// `progress.changed`, `reminder.changed` and whatever else happens to the caller, in order, each with its position as `id`.
/// Whoever comes back with the last `id` it saw misses nothing. Without one, the stream begins now, and a first event `ready`
/// tells the position. An event `gap` says that something is missing (`reason`) and that the stream goes on after `head`: load
/// what you show anew. A comment comes every 15 seconds. Before the server ends a stream it sends `retry`, and an event `close`
/// with the reason.
#[utoipa::path(
    get, path = "/api/v1/me/stream", tag = "notifications",
    params(
        Opening,
        ("last-event-id" = Option<String>, Header, description = "Begin after this position, as seen in `id`"),
    ),
    responses(
        (status = 200, description = "Events, until one side ends it", body = String, content_type = "text/event-stream"),
        (status = 429, description = "`stream.too_many_of_user`: one account may hold 20 streams"),
        (status = 503, description = "`stream.too_many` or `stream.draining`: another node, or a moment later, will do"),
    )
)]
pub(crate) async fn me(
    Extract(app): Extract<App>,
    caller: Caller,
    headers: HeaderMap,
    Query(opening): Query<Opening>,
) -> Result<Response, Problem> {
    let since = since(&headers, opening.since.as_deref());
    Ok(sse::response(notify::attach(&app, &caller.0, since)?))
}

/// An unreadable position is answered with a gap and not refused: a client that kept a bad one must find its way back alone.
fn since(headers: &HeaderMap, query: Option<&str>) -> Since {
    let mut values = headers.get_all("last-event-id").iter();
    let header = values.next();
    if values.next().is_some() {
        return Since::Unreadable;
    }
    let text = match header.map(|value| value.to_str()) {
        Some(Err(_)) => return Since::Unreadable,
        Some(Ok(text)) => Some(text),
        None => query,
    };
    match text {
        // A client that has seen no event yet sends none, or an empty one.
        None | Some("") => Since::Head,
        Some(text) => text.parse().map_or(Since::Unreadable, Since::After),
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;
    use kernel::Position;

    use super::*;

    fn with(values: &[&str]) -> HeaderMap {
        values.iter().map(|value| ("last-event-id".parse().unwrap(), HeaderValue::from_str(value).unwrap())).collect()
    }

    #[test]
    fn the_header_counts_before_the_query_and_nothing_means_now() {
        let after = |seq| Since::After(Position { epoch: 1, seq });
        assert_eq!(since(&with(&[]), None), Since::Head);
        assert_eq!(since(&with(&[""]), Some("1-7")), Since::Head);
        assert_eq!(since(&with(&[]), Some("1-7")), after(7));
        assert_eq!(since(&with(&["1-8"]), Some("1-7")), after(8));
    }

    #[test]
    fn what_cannot_be_read_is_no_reason_to_begin_now() {
        for bad in ["x", "-1", "1-", "1-2-3", "42", "1--1", "99999999999999999999-1", "0x1-2"] {
            assert_eq!(since(&with(&[bad]), None), Since::Unreadable, "{bad}");
        }
        assert_eq!(since(&with(&["1-1", "1-2"]), None), Since::Unreadable);
    }
}
