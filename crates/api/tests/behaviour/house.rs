//! A whole server on a socket of its own, with a clock that is moved by hand, and a client that speaks to it.

use std::{
    net::{Ipv4Addr, SocketAddr},
    sync::Arc,
    time::Duration,
};

use api::{Build, Check, EdgeSettings, Gauges, Limits, Metrics, Readiness, ReadinessFuture, Sample, ServeLimits};
use app::{
    App, Parts,
    identity::{Keys, PasswordCost, Secret, Settings},
};
use http::{HeaderMap, Method, Request, Response, StatusCode};
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use testkit::{Database, SeededEntropy, TestClock, clockwork};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::oneshot,
    task::JoinHandle,
};

/// A password nobody refuses.
pub(crate) const PASSWORD: &str = "correct horse battery staple";

/// Cheap enough for a test that signs in a hundred times.
const CHEAP: PasswordCost = PasswordCost { memory_kib: 64, passes: 1, lanes: 1 };

/// A server and what a test may do to it.
pub(crate) struct House {
    pub(crate) app: App,
    pub(crate) clock: TestClock,
    /// The one line of the secret file.
    pub(crate) secret: String,
    /// What it serves, for connections that are no sockets.
    pub(crate) router: axum::Router,
    address: SocketAddr,
    stop: oneshot::Sender<()>,
    running: JoinHandle<()>,
}

/// How much people may keep.
#[derive(Default)]
struct Quotas {
    calendar: app::calendar::Settings,
    rooms: app::rooms::Settings,
    limits: Limits,
}

struct Ready;

impl Readiness for Ready {
    fn check(&self) -> ReadinessFuture<'_> {
        Box::pin(async { vec![Check { name: "store", failure: None, note: None }] })
    }
}

/// No streams, and a clock that is not judged.
pub(crate) struct Calm;

impl Gauges for Calm {
    fn sample(&self) -> Sample {
        Sample::default()
    }
}

impl House {
    /// Serves `database`.
    pub(crate) async fn open(database: &Database) -> Self {
        let secret = Keys::generate_line(&SeededEntropy::new(1));
        Self::with_secrets(database, secret, TestClock::default()).await
    }

    /// Serves `database` to people who may keep so much.
    pub(crate) async fn with_quota(database: &Database, calendar: app::calendar::Settings) -> Self {
        let secret = Keys::generate_line(&SeededEntropy::new(1));
        Self::with(database, secret, TestClock::default(), Quotas { calendar, ..Quotas::default() }).await
    }

    /// Serves `database` to people who may have so many rooms.
    pub(crate) async fn with_rooms(database: &Database, rooms: app::rooms::Settings) -> Self {
        let secret = Keys::generate_line(&SeededEntropy::new(1));
        Self::with(database, secret, TestClock::default(), Quotas { rooms, ..Quotas::default() }).await
    }

    /// Serves `database` within these limits of a process.
    pub(crate) async fn with_limits(database: &Database, limits: Limits) -> Self {
        let secret = Keys::generate_line(&SeededEntropy::new(1));
        Self::with(database, secret, TestClock::default(), Quotas { limits, ..Quotas::default() }).await
    }

    /// Serves `database` with the given secret file.
    pub(crate) async fn with_secrets(database: &Database, secret: String, clock: TestClock) -> Self {
        Self::with(database, secret, clock, Quotas::default()).await
    }

    /// Another node that serves `database` beside this one: with the keys of this one and randomness of its own.
    pub(crate) async fn beside(&self, database: &Database) -> Self {
        Self::with_secrets(database, format!("# the same\n{}", self.secret), self.clock.clone()).await
    }

    async fn with(database: &Database, secret: String, clock: TestClock, quotas: Quotas) -> Self {
        let Quotas { calendar, rooms, limits } = quotas;
        let app = App::new(Parts {
            store: database.store().await,
            clock: Arc::new(clock.clone()),
            entropy: Arc::new(testkit::SeededEntropy::new(seed(&secret))),
            hub: hub::Hub::default(),
            keys: Keys::from_secrets(Secret::read_file(&secret).expect("a secret file")).expect("keys"),
            identity: Settings { password: CHEAP, ..Settings::default() },
            calendar,
            rooms,
            campaigns: app::campaigns::rounds::Settings::default(),
            alarms: clockwork::Wake::default(),
            jobs: clockwork::Wake::default(),
            meters: app::alarms::Meters::default(),
            campaign_meters: app::campaigns::rounds::Meters::default(),
        });
        let metrics = Arc::new(Metrics::new(&app, &Build { version: "0", engine: "test" }, Arc::new(Calm)));
        // A test that speaks for another address says so in X-Forwarded-For.
        let settings = EdgeSettings { trusted_proxies: vec![Ipv4Addr::LOCALHOST.into()], limits, ..EdgeSettings::default() };
        let router = api::router(app.clone(), settings, metrics, Arc::new(Ready));
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let (stop, stopped) = oneshot::channel::<()>();
        let until = async move {
            let _ = stopped.await;
        };
        // Time passes by the clock of the test: however slow the machine is, the system cuts nobody off.
        let limits = ServeLimits { write_timeout: Duration::from_mins(10), ..ServeLimits::default() };
        let running = tokio::spawn(api::serve(listener, router.clone(), limits, until, Duration::from_secs(1)));
        Self { app, clock, secret, router, address, stop, running }
    }

    /// Stops serving and lets go of the database, so that another house may be opened on it.
    pub(crate) async fn close(self) {
        drop(self.stop);
        self.running.await.expect("the server stops");
        self.app.store().close().await;
    }

    /// Sends a request on a connection of its own.
    pub(crate) async fn send(&self, call: Call) -> Reply {
        let (parts, body) = self.open_stream(call).await.into_parts();
        let is_stream = parts.headers.get("content-type").is_some_and(|kind| kind.as_bytes().starts_with(b"text/event-stream"));
        // A stream has no end to wait for.
        let bytes = if is_stream { bytes::Bytes::new() } else { body.collect().await.expect("a body").to_bytes() };
        Reply { status: parts.status, headers: parts.headers, body: serde_json::from_slice(&bytes).unwrap_or(Value::Null) }
    }

    /// The text at `path`.
    pub(crate) async fn page(&self, path: &str) -> String {
        self.page_of(Call::get(path)).await
    }

    /// The text of an answer, as it was sent.
    pub(crate) async fn page_of(&self, call: Call) -> String {
        let body = self.open_stream(call).await.into_body().collect().await.expect("a body").to_bytes();
        String::from_utf8(body.to_vec()).expect("text")
    }

    /// Sends a request whose answer need not end.
    pub(crate) async fn open_stream(&self, call: Call) -> Response<Incoming> {
        self.respond(TcpStream::connect(self.address).await.expect("a connection"), call).await
    }

    /// Where it listens.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Sends a request over `stream`; answers as soon as the head of the answer is there.
    pub(crate) async fn respond(&self, stream: TcpStream, call: Call) -> Response<Incoming> {
        let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await.expect("a handshake");
        tokio::spawn(connection);
        let mut request = Request::builder().method(call.method).uri(&call.path).header("host", self.address.to_string());
        for (name, value) in &call.headers {
            request = request.header(name, value);
        }
        let body = call.body.unwrap_or_default();
        let request = request.body(Full::new(bytes::Bytes::from(body))).expect("a request");
        sender.send_request(request).await.expect("an answer")
    }

    /// Makes an account and answers what sign-up said.
    pub(crate) async fn sign_up(&self, name: &str) -> Reply {
        let body = json!({ "email": format!("{name}@example.org"), "password": PASSWORD, "display_name": name });
        let reply = self.send(Call::post("/api/v1/auth/signup", &body)).await;
        assert_eq!(reply.status, 201, "{}", reply.body);
        reply
    }

    /// Signs in once more.
    pub(crate) async fn log_in(&self, name: &str, password: &str) -> Reply {
        let body = json!({ "email": format!("{name}@example.org"), "password": password });
        self.send(Call::post("/api/v1/auth/login", &body)).await
    }
}

/// Two houses over one database must not mint the same ids.
fn seed(secret: &str) -> u64 {
    secret.bytes().fold(7, |seed, byte| seed.wrapping_mul(31).wrapping_add(u64::from(byte)))
}

/// A request in the making.
pub(crate) struct Call {
    method: Method,
    path: String,
    headers: Vec<(String, String)>,
    body: Option<String>,
}

impl Call {
    pub(crate) fn new(method: &str, path: &str) -> Self {
        let method = method.parse().expect("a method");
        Self { method, path: path.to_owned(), headers: Vec::new(), body: None }
    }

    pub(crate) fn get(path: &str) -> Self {
        Self::new("GET", path)
    }

    pub(crate) fn post(path: &str, body: &Value) -> Self {
        Self::new("POST", path).json(body)
    }

    pub(crate) fn json(self, body: &Value) -> Self {
        self.text("application/json", &body.to_string())
    }

    /// With a body of another kind.
    pub(crate) fn text(mut self, kind: &str, body: &str) -> Self {
        self.body = Some(body.to_owned());
        self.header("content-type", kind)
    }

    pub(crate) fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    pub(crate) fn bearer(self, token: &str) -> Self {
        self.header("authorization", &format!("Bearer {token}"))
    }
}

/// What came back.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Value,
}

impl Reply {
    /// A text of the body.
    pub(crate) fn text(&self, pointer: &str) -> &str {
        self.body.pointer(pointer).and_then(Value::as_str).unwrap_or_else(|| panic!("no text at {pointer}: {}", self.body))
    }

    pub(crate) fn access_token(&self) -> &str {
        self.text("/access_token")
    }

    pub(crate) fn refresh_token(&self) -> &str {
        self.text("/refresh_token")
    }

    /// The stable code of a refusal.
    pub(crate) fn code(&self) -> &str {
        self.text("/code")
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    /// The value of a cookie that was set.
    pub(crate) fn cookie(&self, name: &str) -> Option<String> {
        let set = self.headers.get_all("set-cookie").iter().filter_map(|value| value.to_str().ok());
        set.filter_map(|text| text.split(';').next()?.split_once('='))
            .find(|(found, _)| *found == name)
            .map(|(_, v)| v.to_owned())
    }

    /// Asserts status and code of a refusal.
    pub(crate) fn refused(&self, status: u16, code: &str) {
        assert_eq!((self.status.as_u16(), self.code()), (status, code), "{}", self.body);
    }
}
