//! The outermost layer: every request passes it, every answer leaves through it.
//!
//! It names the request, opens its span, refuses what is no sane HTTP, contains panics, writes problem documents, sets the
//! headers that every answer has, and leaves one line in the log and one observation in the metrics.

use std::{any::Any, panic::AssertUnwindSafe, sync::Arc, time::Duration};

use axum::{
    Router,
    body::Body,
    extract::{MatchedPath, Request, State as Extract},
    middleware::{self, Next},
    response::{IntoResponse, Response},
};
use futures_util::FutureExt;
use http::{HeaderMap, Method, StatusCode, Uri, Version, header, uri::Authority};
use kernel::Category;
use tower::util::option_layer;
use tower_http::compression::{
    CompressionLayer,
    predicate::{NotForContentType, Predicate, SizeAbove},
};
use tracing::{Instrument, Span, field::Empty};

use super::{
    ConnectionPeer, Moving, Problem, State, TraceContext, headers, host, limits::Place, metrics, origin, trace::X_REQUEST_ID,
};

/// The longest request target, in bytes.
const MAX_TARGET_BYTES: usize = 8 * 1024;
/// The most header names and values together, in bytes.
const MAX_HEADER_BYTES: usize = 16 * 1024;
/// Smaller answers are not worth compressing.
const COMPRESS_ABOVE_BYTES: u64 = 1_024;
/// What stands for the route of a request that matches none.
const NO_ROUTE: &str = "none";

/// Puts `routes` behind the layers that all of them share. The last one added is the first a request meets.
pub(crate) fn wrap(routes: Router<State>, state: State) -> Router {
    let compression =
        CompressionLayer::new().gzip(true).compress_when(SizeAbove::new(COMPRESS_ABOVE_BYTES).and(NotForContentType::SSE));
    routes
        .fallback(no_such_route)
        .method_not_allowed_fallback(no_such_method)
        .layer(compression)
        .layer(origin::csrf(&state.settings))
        .layer(option_layer(origin::cors(&state.settings)))
        .layer(middleware::from_fn_with_state(state.clone(), pass))
        .with_state(state)
}

/// An address that is none of the API's is one of the web page's, or nobody's.
async fn no_such_route(Extract(state): Extract<State>, method: Method, uri: Uri, headers: HeaderMap) -> Response {
    state.settings.page.answer(&method, uri.path(), &headers).unwrap_or_else(|| {
        Problem::new(Category::NotFound, "route.not_found", "there is nothing at this address").into_response()
    })
}

async fn no_such_method() -> Problem {
    Problem::of_status(StatusCode::METHOD_NOT_ALLOWED, "route.method_not_allowed", "the Allow header says what can be done here")
}

async fn pass(Extract(state): Extract<State>, mut request: Request, next: Next) -> Response {
    let trace = TraceContext::of(request.headers(), &*state.app.entropy());
    let facts = Facts::of(&request);
    let mut response = if facts.is_liveness() {
        match is_sane(&state, &request) {
            Ok(()) => next.run(request).await,
            Err(problem) => problem.into_response(),
        }
    } else {
        let span = facts.span(&trace);
        request.extensions_mut().insert(trace.clone());
        observed(&state, &facts, request, next).instrument(span).await
    };
    if let Some(problem) = response.extensions_mut().remove::<Problem>() {
        problem.write(&mut response, &trace.trace_id);
    }
    headers::secure(response.headers_mut(), state.settings.https());
    response.headers_mut().insert(X_REQUEST_ID, trace.request_id);
    response
}

/// What is known of a request before anybody has looked into it.
struct Facts {
    method: Method,
    route: Option<MatchedPath>,
    if_none_match: Option<http::HeaderValue>,
}

impl Facts {
    fn of(request: &Request) -> Self {
        Self {
            method: request.method().clone(),
            route: request.extensions().get().cloned(),
            if_none_match: request.headers().get(header::IF_NONE_MATCH).cloned(),
        }
    }

    fn route(&self) -> &str {
        self.route.as_ref().map_or(NO_ROUTE, MatchedPath::as_str)
    }

    /// Asked every second by whoever supervises the process: answered, not observed.
    fn is_liveness(&self) -> bool {
        self.route() == "/healthz"
    }

    /// The raw path is not in it: it may carry what belongs in no log (tickets, tokens of calendar feeds).
    fn span(&self, trace: &TraceContext) -> Span {
        tracing::info_span!(
            "request",
            request_id = trace.request_id(),
            trace_id = %trace.trace_id,
            method = metrics::known_method(&self.method),
            route = self.route(),
            user_id = Empty,
        )
    }
}

async fn observed(state: &State, facts: &Facts, mut request: Request, next: Next) -> Response {
    let began = state.app.clock().monotonic();
    let under_way = state.metrics.under_way();
    let response = match admit(state, &request) {
        Ok(place) => {
            request.extensions_mut().insert(Arc::clone(&place));
            let answer = AssertUnwindSafe(next.run(request)).catch_unwind().await;
            drop(place);
            answer.unwrap_or_else(|panic| contain(&*panic))
        }
        Err(problem) => problem.into_response(),
    };
    drop(under_way);
    let response = not_modified(facts, as_problem(response));
    let took = state.app.clock().monotonic().saturating_sub(began);
    state.metrics.answered(&facts.method, facts.route(), response.status(), took);
    log(facts, &response, took);
    response
}

fn admit(state: &State, request: &Request) -> Result<Arc<Place>, Problem> {
    is_sane(state, request)?;
    state.load.admit()
}

/// What a proxy in front could have read as another request than we do is not read at all (RFC 9112, section 3.2).
fn is_sane(state: &State, request: &Request) -> Result<(), Problem> {
    let target = request.uri().path_and_query().map_or(0, |target| target.as_str().len());
    if target > MAX_TARGET_BYTES {
        let detail = format!("an address may have at most {MAX_TARGET_BYTES} bytes");
        return Err(Problem::of_status(StatusCode::URI_TOO_LONG, "edge.uri_too_long", detail));
    }
    let headers: usize = request.headers().iter().map(|(name, value)| name.as_str().len() + value.len()).sum();
    if headers > MAX_HEADER_BYTES {
        let detail = format!("the headers may have at most {MAX_HEADER_BYTES} bytes together");
        return Err(Problem::of_status(StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE, "edge.headers_too_large", detail));
    }
    // A request that a test hands to the router directly came over no connection and needs no Host.
    let over_wire = request.extensions().get::<ConnectionPeer>().is_some();
    if over_wire && !host_is_clear(request) {
        return Err(Problem::new(
            Category::Malformed,
            "edge.malformed_host",
            "send exactly one Host, the same as in the address",
        ));
    }
    host::refuse_unknown(request, &state.settings.public_url)
}

fn host_is_clear(request: &Request) -> bool {
    let mut hosts = request.headers().get_all(header::HOST).iter();
    let authority = request.uri().authority().map(Authority::as_str);
    match (hosts.next(), hosts.next()) {
        (None, _) => request.version() != Version::HTTP_11,
        (Some(host), None) => authority.is_none_or(|authority| authority.as_bytes().eq_ignore_ascii_case(host.as_bytes())),
        (Some(_), Some(_)) => false,
    }
}

fn contain(panic: &(dyn Any + Send)) -> Response {
    let said = panic.downcast_ref::<&str>().copied().or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    Problem::internal(&format_args!("a handler panicked: {}", said.unwrap_or("it said nothing"))).into_response()
}

/// A refusal that some library wrote in its own way becomes one of ours.
fn as_problem(response: Response) -> Response {
    let status = response.status();
    let is_refusal = status.is_client_error() || status.is_server_error();
    if !is_refusal || response.extensions().get::<Problem>().is_some() {
        return response;
    }
    let (parts, _) = response.into_parts();
    let mut replaced = Problem::of_status(status, "edge.refused", status.canonical_reason().unwrap_or("refused")).into_response();
    for (name, value) in &parts.headers {
        if !is_about_the_body(name) {
            replaced.headers_mut().insert(name, value.clone());
        }
    }
    replaced
}

fn is_about_the_body(name: &http::HeaderName) -> bool {
    [header::CONTENT_TYPE, header::CONTENT_LENGTH, header::CONTENT_ENCODING, header::TRANSFER_ENCODING].contains(name)
}

/// A resource the caller already has is not sent again (RFC 9110, section 13.1.2).
fn not_modified(facts: &Facts, response: Response) -> Response {
    let is_read = matches!(facts.method, Method::GET | Method::HEAD) && response.status() == StatusCode::OK;
    let asked = facts.if_none_match.as_ref().and_then(|value| value.to_str().ok());
    let tag = response.headers().get(header::ETAG).and_then(|tag| tag.to_str().ok());
    let is_read = is_read && response.extensions().get::<Moving>().is_none();
    let (true, Some(asked), Some(tag)) = (is_read, asked, tag) else { return response };
    if !names_etag(asked, tag) {
        return response;
    }
    let (mut parts, _) = response.into_parts();
    parts.status = StatusCode::NOT_MODIFIED;
    for name in [header::CONTENT_TYPE, header::CONTENT_LENGTH, header::CONTENT_ENCODING] {
        parts.headers.remove(name);
    }
    Response::from_parts(parts, Body::empty())
}

/// Whether a reader who sent `headers` has what is tagged `tag`: for handlers that need not write it then.
pub(crate) fn is_known(headers: &HeaderMap, tag: &str) -> bool {
    headers.get(header::IF_NONE_MATCH).and_then(|value| value.to_str().ok()).is_some_and(|asked| names_etag(asked, tag))
}

/// The weak comparison of RFC 9110, section 8.8.3.2.
fn names_etag(asked: &str, tag: &str) -> bool {
    let opaque = |tag: &str| tag.trim().trim_start_matches("W/").to_owned();
    let present = opaque(tag);
    asked.trim() == "*" || asked.split(',').any(|tag| opaque(tag) == present)
}

/// One line per request: loud where an operator should look, quiet where only a caller erred.
fn log(facts: &Facts, response: &Response, took: Duration) {
    let status = response.status().as_u16();
    let code = response.extensions().get::<Problem>().map(Problem::code);
    let latency_ms = took.as_secs_f64() * 1_000.0;
    match status {
        503 | 507 | 429 => tracing::warn!(status, code, latency_ms, "turned away"),
        500.. => tracing::error!(status, code, latency_ms, "failed"),
        400.. => tracing::info!(status, code, latency_ms, "refused"),
        _ if matches!(facts.route(), "/readyz" | "/metrics") => tracing::debug!(status, latency_ms, "answered"),
        _ => tracing::info!(status, latency_ms, "answered"),
    }
}
