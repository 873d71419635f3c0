//! The edge as a whole, in front of endpoints that exist for these tests only. The request goes through every layer; only
//! the socket is missing (`tests/wire.rs` has it).

mod access;
mod answers;
mod bodies;
mod limits;
mod page;

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use app::{App, Parts, identity};
use axum::{
    Router,
    body::Body,
    extract::State as Extract,
    response::{IntoResponse, Response},
};
use http::{HeaderMap, Request, StatusCode, header};
use http_body_util::BodyExt as _;
use kernel::ScheduleId;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use testkit::{Database, SeededEntropy, TestClock, clockwork};
use tower::ServiceExt as _;
use utoipa::ToSchema;
use utoipa_axum::routes;

use super::{
    Access, Build, Caller, Check, EdgeSettings, Gauges, Json, Metrics, NoBody, OptionalJson, Path, Query, Readiness,
    ReadinessFuture, Routes, Sample, State, Write, edge, json as json_answer, limits::Load,
};

/// The edge, its clock, and the database that goes with it.
struct Edge {
    router: Router,
    clock: TestClock,
    _database: Database,
}

struct Steady;

impl Gauges for Steady {
    fn sample(&self) -> Sample {
        Sample { live_connections: 3, clock_trusted: true, ..Sample::default() }
    }
}

struct Never;

impl Readiness for Never {
    fn check(&self) -> ReadinessFuture<'_> {
        let failure = Some("it is locked".to_owned());
        Box::pin(
            async move { vec![Check { name: "store", failure, note: None }, Check { name: "clock", failure: None, note: None }] },
        )
    }
}

impl Edge {
    async fn new() -> Self {
        Self::with(EdgeSettings::default()).await
    }

    async fn with(settings: EdgeSettings) -> Self {
        let database = Database::sqlite();
        let clock = TestClock::default();
        let secret = identity::Secret::read_file(&identity::Keys::generate_line(&SeededEntropy::new(1))).expect("a secret");
        let app = App::new(Parts {
            store: database.store().await,
            clock: Arc::new(clock.clone()),
            entropy: Arc::new(SeededEntropy::new(7)),
            hub: hub::Hub::default(),
            keys: identity::Keys::from_secrets(secret).expect("keys"),
            identity: identity::Settings::default(),
            calendar: app::calendar::Settings::default(),
            rooms: app::rooms::Settings::default(),
            campaigns: app::campaigns::rounds::Settings::default(),
            alarms: clockwork::Wake::default(),
            jobs: clockwork::Wake::default(),
            meters: app::alarms::Meters::default(),
            campaign_meters: app::campaigns::rounds::Meters::default(),
        });
        let build = Build { version: "1.2.3", engine: "sqlite" };
        let metrics = Arc::new(Metrics::new(&app, &build, Arc::new(Steady)));
        let load = Arc::new(Load::new(&settings.limits));
        let state = State { app, settings: Arc::new(settings), metrics, readiness: Arc::new(Never), load };
        let endpoints = super::all_routes().merge(endpoints());
        Self { router: edge::wrap(endpoints.build(&state), state), clock, _database: database }
    }

    async fn send(&self, request: Request<Body>) -> Seen {
        let response = self.router.clone().oneshot(request).await.expect("the edge always answers");
        let (parts, body) = response.into_parts();
        let body = body.collect().await.expect("a whole body").to_bytes().to_vec();
        Seen { status: parts.status, headers: parts.headers, body }
    }

    async fn get(&self, path: &str) -> Seen {
        self.send(request("GET", path).body(Body::empty()).expect("a request")).await
    }

    async fn post(&self, path: &str, body: impl Into<Body>) -> Seen {
        let request = request("POST", path).header(header::CONTENT_TYPE, "application/json");
        self.send(request.body(body.into()).expect("a request")).await
    }
}

fn request(method: &str, path: &str) -> http::request::Builder {
    Request::builder().method(method).uri(path)
}

/// What came back.
struct Seen {
    status: StatusCode,
    headers: HeaderMap,
    body: Vec<u8>,
}

impl Seen {
    fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|_| panic!("no JSON: {}", String::from_utf8_lossy(&self.body)))
    }

    fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().expect("text"))
    }

    /// Checks that this is a whole problem document with `code`, and what the table says of that code.
    #[track_caller]
    fn is_problem(&self, code: &str) -> Value {
        let problem = self.json();
        assert_eq!(problem["code"], code, "{problem}");
        assert_eq!(self.header("content-type"), Some("application/problem+json"));
        assert_eq!(problem["status"], self.status.as_u16());
        assert_eq!(problem["type"], format!("/docs/errors#{code}"));
        assert!(problem["trace_id"].as_str().is_some_and(|id| id.len() == 32));
        assert!(problem["detail"].as_str().is_some_and(|detail| !detail.is_empty()));
        let entry = super::errors::find(code).unwrap_or_else(|| panic!("{code} is not in the table"));
        assert_eq!((self.status.as_u16(), problem["title"].as_str()), (entry.status, Some(entry.title)));
        let waits = [429, 503, 507].contains(&self.status.as_u16());
        assert!(!waits || self.header("retry-after").is_some(), "no Retry-After");
        problem
    }
}

#[derive(Debug, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Note {
    title: String,
    #[serde(default)]
    count: u8,
    #[serde(default)]
    parts: Vec<Part>,
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    schedule: Option<ScheduleId>,
}

#[derive(Debug, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Part {
    minutes: u32,
}

#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Filter {
    #[serde(default)]
    limit: Option<u8>,
    #[serde(default)]
    q: Option<String>,
}

fn endpoints() -> Routes {
    Routes::new()
        .add(Access::Public, routes!(read, keep, change))
        .add(Access::Public, routes!(plain))
        .add(Access::Public, routes!(touch))
        .add(Access::Public, routes!(maybe))
        .add(Access::Public, routes!(find))
        .add(Access::Public, routes!(one))
        .add(Access::Public, routes!(explode))
        .add(Access::Public, routes!(hang))
        .add(Access::Public, routes!(foreign))
        .add(Access::Public, routes!(slow))
        .add(Access::Public, routes!(explode_writing))
        .add(Access::Scoped(app::domain::identity::Scope::SchedulesRead), routes!(mine))
        .add(Access::Scoped(app::domain::identity::Scope::SchedulesRead), routes!(file))
        .add(Access::Stream(&[app::domain::identity::Scope::NotificationsRead]), routes!(stream))
}

fn said(once: Option<app::Once>) -> Value {
    once.map_or(Value::Null, |once| {
        let hash = once.request_hash.map(|byte| format!("{byte:02x}")).concat();
        json!({ "principal": once.principal, "route": once.route, "key": once.key, "hash": hash })
    })
}

#[utoipa::path(get, path = "/test/notes")]
async fn read() -> Response {
    let mut response = json_answer(StatusCode::OK, &json!({ "text": "x".repeat(5_000) }));
    response.headers_mut().insert(header::ETAG, http::HeaderValue::from_static("\"7\""));
    response
}

#[utoipa::path(post, path = "/test/notes")]
async fn keep(write: Write<Note>) -> Response {
    json_answer(StatusCode::CREATED, &json!({ "note": write.body, "once": said(write.once) }))
}

#[utoipa::path(patch, path = "/test/notes")]
async fn change(write: Write<Note>) -> Response {
    json_answer(StatusCode::OK, &json!({ "note": write.body, "once": said(write.once) }))
}

#[utoipa::path(post, path = "/test/plain")]
async fn plain(Json(note): Json<Note>) -> Response {
    json_answer(StatusCode::OK, &note)
}

#[utoipa::path(post, path = "/test/maybe")]
async fn maybe(OptionalJson(part): OptionalJson<Part>) -> Response {
    json_answer(StatusCode::OK, &part)
}

#[utoipa::path(post, path = "/test/notes/{id}/touch")]
async fn touch(Path(id): Path<String>, write: Write<NoBody>) -> Response {
    json_answer(StatusCode::OK, &json!({ "id": id, "once": said(write.once) }))
}

#[utoipa::path(get, path = "/test/find")]
async fn find(Query(filter): Query<Filter>) -> Response {
    json_answer(StatusCode::OK, &filter)
}

#[utoipa::path(get, path = "/test/schedules/{id}")]
async fn one(Path(id): Path<ScheduleId>) -> Response {
    json_answer(StatusCode::OK, &id)
}

#[utoipa::path(get, path = "/test/explode")]
async fn explode() -> Response {
    panic!("the secret is 12345")
}

#[utoipa::path(post, path = "/test/explode")]
async fn explode_writing() -> Response {
    panic!("the secret is 12345")
}

#[utoipa::path(get, path = "/test/hang")]
async fn hang() -> Response {
    std::future::pending().await
}

/// How many ran to their end.
static FINISHED: AtomicUsize = AtomicUsize::new(0);

#[utoipa::path(post, path = "/test/slow")]
async fn slow(Extract(state): Extract<State>) -> StatusCode {
    state.app.clock().sleep(Duration::from_secs(10)).await;
    FINISHED.fetch_add(1, Ordering::SeqCst);
    StatusCode::NO_CONTENT
}

#[utoipa::path(get, path = "/test/foreign")]
async fn foreign() -> Response {
    (StatusCode::CONFLICT, [(header::CONTENT_TYPE, "text/plain"), (header::RETRY_AFTER, "9")], "as some library would say it")
        .into_response()
}

#[utoipa::path(get, path = "/test/mine")]
async fn mine(Extract(_state): Extract<State>, caller: Caller) -> Response {
    json_answer(StatusCode::OK, &json!({ "user": caller.0.user }))
}

#[utoipa::path(get, path = "/test/file")]
async fn file() -> Response {
    let pieces = ["one", "two"].map(Ok::<_, std::io::Error>);
    Body::from_stream(futures_util::stream::iter(pieces)).into_response()
}

#[utoipa::path(get, path = "/test/stream")]
async fn stream() -> Response {
    json_answer(StatusCode::OK, &json!({}))
}
