//! Requests that a web page of somebody else makes a browser send.
//!
//! Two questions, two answers. *May the page read the answer?* (CORS): only pages of the origins in the settings, spelled
//! exactly; never `*`, never `null`, never what the request says of itself. *May the request do anything?* (CSRF): a browser
//! says where a request comes from (`Sec-Fetch-Site`, `Origin`); unsafe methods from elsewhere are refused, with or without a
//! cookie, before anything is read. Programs that are no browsers send neither header and are not concerned.

use axum::{
    body::Body,
    response::{IntoResponse, Response},
};
use http::{HeaderMap, HeaderName, HeaderValue, Method, Uri, header};
use kernel::Category;
use tower_http::{
    cors::{AllowOrigin, CorsLayer},
    csrf::{CsrfLayer, ProtectionError},
};

use super::{EdgeSettings, Problem, trace::X_REQUEST_ID};

/// How long a browser may remember the answer to a preflight.
const PREFLIGHT_SECONDS: u64 = 600;

/// Answers preflights and marks answers for the origins in the settings; `None` where there are none.
pub(crate) fn cors(settings: &EdgeSettings) -> Option<CorsLayer> {
    let origins: Vec<HeaderValue> = trusted(settings).filter_map(|origin| HeaderValue::from_str(origin).ok()).collect();
    if origins.is_empty() {
        return None;
    }
    let idempotency_key = HeaderName::from_static("idempotency-key");
    let last_event_id = HeaderName::from_static("last-event-id");
    let traceparent = HeaderName::from_static("traceparent");
    // Without credentials: a page elsewhere sends a bearer token, never this origin's cookies.
    let layer = CorsLayer::new()
        .allow_origin(AllowOrigin::list(origins))
        .allow_methods([Method::GET, Method::HEAD, Method::POST, Method::PUT, Method::PATCH, Method::DELETE])
        .allow_headers([
            header::AUTHORIZATION,
            header::CONTENT_TYPE,
            header::IF_MATCH,
            header::IF_NONE_MATCH,
            idempotency_key,
            last_event_id,
            traceparent,
            X_REQUEST_ID,
        ])
        .expose_headers([
            header::ETAG,
            header::LOCATION,
            header::RETRY_AFTER,
            HeaderName::from_static("idempotent-replayed"),
            X_REQUEST_ID,
        ])
        .max_age(std::time::Duration::from_secs(PREFLIGHT_SECONDS));
    Some(layer)
}

/// Refuses what another site's page made a browser send.
pub(crate) fn csrf(settings: &EdgeSettings) -> CsrfLayer<fn(ProtectionError) -> Response<Body>> {
    let layer = trusted(settings).fold(CsrfLayer::new(), |layer, origin| match layer.clone().add_trusted_origin(origin) {
        Ok(layer) => layer,
        Err(error) => {
            tracing::warn!(%origin, %error, "this origin can never match and is left out");
            layer
        }
    });
    layer.with_rejection_response(refused)
}

#[expect(clippy::needless_pass_by_value, reason = "the layer asks for this signature")]
fn refused(error: ProtectionError) -> Response<Body> {
    tracing::info!(%error, "a request from another site was refused");
    cross_site().into_response()
}

fn cross_site() -> Problem {
    Problem::new(
        Category::Forbidden,
        "edge.cross_site",
        "a page of another site sent this request: its origin is not allowed here",
    )
}

/// The same rule for what is a GET and does something all the same: opening a socket (RFC 6455, section 10.2). Only this server's own
/// pages, those of the origins in the settings, and programs that are no browsers may.
pub(crate) fn admits(settings: &EdgeSettings, headers: &HeaderMap, uri: &Uri) -> Result<(), Problem> {
    let mut origins = headers.get_all(header::ORIGIN).iter();
    let host = uri.authority().map(|authority| authority.as_str().as_bytes());
    let host = host.or_else(|| headers.get(header::HOST).map(HeaderValue::as_bytes));
    let admitted = match (origins.next().map(HeaderValue::as_bytes), origins.next()) {
        (None, _) => headers.get("sec-fetch-site").is_none_or(|site| site == "same-origin" || site == "none"),
        (Some(origin), None) => {
            let own =
                std::str::from_utf8(origin).ok().and_then(|origin| origin.split_once("://")).map(|(_, host)| host.as_bytes());
            trusted(settings).any(|trusted| trusted.as_bytes() == origin) || (own.is_some() && own == host)
        }
        (Some(_), Some(_)) => false,
    };
    if admitted { Ok(()) } else { Err(cross_site()) }
}

fn trusted(settings: &EdgeSettings) -> impl Iterator<Item = &str> {
    settings.cors_origins.iter().map(String::as_str).filter(|origin| *origin != "null" && *origin != "*")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn admitted(headers: &[(&'static str, &str)]) -> bool {
        let settings =
            EdgeSettings { cors_origins: vec!["https://page.example".to_owned(), "null".to_owned()], ..EdgeSettings::default() };
        let named = headers.iter().map(|(name, value)| (HeaderName::from_static(name), value.parse().expect("a value")));
        let mut map = HeaderMap::from_iter([(header::HOST, HeaderValue::from_static("home.example:8080"))]);
        for (name, value) in named {
            map.append(name, value);
        }
        admits(&settings, &map, &Uri::from_static("/api/v1/socket")).is_ok()
    }

    #[test]
    fn a_socket_is_opened_by_programs_by_own_pages_and_by_those_in_the_settings() {
        assert!(admitted(&[]));
        assert!(admitted(&[("sec-fetch-site", "none")]));
        assert!(admitted(&[("origin", "http://home.example:8080"), ("sec-fetch-site", "same-origin")]));
        assert!(admitted(&[("origin", "https://page.example"), ("sec-fetch-site", "cross-site")]));
        for origin in [
            "null",
            "",
            "https://evil.example",
            "http://home.example",
            "https://sub.page.example",
            "https://page.example.evil",
            "home.example:8080",
        ] {
            assert!(!admitted(&[("origin", origin)]), "{origin}");
        }
        assert!(!admitted(&[("origin", "http://home.example:8080"), ("origin", "https://evil.example")]));
        assert!(!admitted(&[("sec-fetch-site", "cross-site")]) && !admitted(&[("sec-fetch-site", "same-site")]));
    }
}
