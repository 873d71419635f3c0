//! A real server of the front door on a port of its own, for the tests beside it.

#![allow(dead_code, reason = "each test file is a crate of its own and uses its own part of this")]

use std::{net::SocketAddr, sync::Arc, time::Duration};

use api::{Build, Check, EdgeSettings, Gauges, Metrics, Readiness, ReadinessFuture, Sample, ServeLimits};
use app::{App, Parts, identity};
use serde_json::{Value, json};
use store::Store;
use testkit::{Database, SeededEntropy, TestClock};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    sync::{Notify, oneshot},
    task::JoinHandle,
    time::timeout,
};

/// Longer than anything here takes on a busy machine; only a hanging server reaches it.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);
/// How long the server under test waits for a head.
pub(crate) const HEAD_TIMEOUT: Duration = Duration::from_millis(300);
pub(crate) const DRAIN: Duration = Duration::from_secs(5);

/// Hashes that take no time: these tests are not about passwords.
const CHEAP: identity::PasswordCost = identity::PasswordCost { memory_kib: 8, passes: 1, lanes: 1 };
const PASSWORD: &str = "correct horse battery staple";

/// A readiness that answers when the test says so; so `/readyz` is a request that stays under way.
#[derive(Default)]
pub(crate) struct Gate {
    pub(crate) entered: Notify,
    pub(crate) released: Notify,
}

impl Readiness for Gate {
    fn check(&self) -> ReadinessFuture<'_> {
        Box::pin(async {
            self.entered.notify_one();
            self.released.notified().await;
            vec![Check { name: "store", failure: None }]
        })
    }
}

pub(crate) struct Calm;

impl Gauges for Calm {
    fn sample(&self) -> Sample {
        Sample::default()
    }
}

pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    pub(crate) stop: Option<oneshot::Sender<()>>,
    pub(crate) running: JoinHandle<()>,
    pub(crate) gate: Arc<Gate>,
    pub(crate) clock: TestClock,
    _database: Option<Database>,
}

impl Server {
    pub(crate) async fn start() -> Self {
        Self::with(ServeLimits { head_timeout: HEAD_TIMEOUT, ..ServeLimits::default() }).await
    }

    pub(crate) async fn with(limits: ServeLimits) -> Self {
        Self::draining(limits, DRAIN).await
    }

    pub(crate) async fn draining(limits: ServeLimits, drain: Duration) -> Self {
        let database = Database::sqlite();
        let server = Self::run(database.store().await, limits, drain).await;
        Self { _database: Some(database), ..server }
    }

    /// On a store that the caller keeps.
    pub(crate) async fn on(store: Store) -> Self {
        Self::run(store, ServeLimits::default(), DRAIN).await
    }

    async fn run(store: Store, limits: ServeLimits, drain: Duration) -> Self {
        let secrets = identity::Secret::read_file(&identity::Keys::generate_line(&SeededEntropy::new(1))).expect("a secret");
        let clock = TestClock::default();
        let engine = store.engine_name();
        let app = App::new(Parts {
            store,
            clock: Arc::new(clock.clone()),
            entropy: Arc::new(SeededEntropy::new(7)),
            hub: hub::Hub::default(),
            keys: identity::Keys::from_secrets(secrets).expect("keys"),
            identity: identity::Settings { password: CHEAP, ..identity::Settings::default() },
            alarms: clockwork::Wake::default(),
            jobs: clockwork::Wake::default(),
            meters: app::alarms::Meters::default(),
        });
        let metrics = Arc::new(Metrics::new(&app, &Build { version: "0", engine }, Arc::new(Calm)));
        let gate = Arc::new(Gate::default());
        let router = api::router(app, EdgeSettings::default(), metrics, Arc::clone(&gate) as Arc<dyn Readiness>);
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let (stop, stopped) = oneshot::channel();
        let until = async move {
            let _ = stopped.await;
        };
        let running = tokio::spawn(api::serve(listener, router, limits, until, drain));
        Self { address, stop: Some(stop), running, gate, clock, _database: None }
    }

    /// Signs somebody up; answers the `Authorization` of their session.
    pub(crate) async fn person(&self, name: &str) -> String {
        let body = json!({
            "email": format!("{name}@example.org"), "password": PASSWORD, "display_name": name, "time_zone": "Asia/Seoul",
        });
        bearer(&self.ask("POST", "/api/v1/auth/signup", &[], &body.to_string()).await)
    }

    /// Signs them in again.
    pub(crate) async fn again(&self, name: &str) -> String {
        let body = json!({ "email": format!("{name}@example.org"), "password": PASSWORD });
        bearer(&self.ask("POST", "/api/v1/auth/login", &[], &body.to_string()).await)
    }

    /// One request with a JSON body on a connection of its own.
    pub(crate) async fn ask(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Answer {
        let headers: String = headers.iter().flat_map(|(name, value)| [*name, ": ", *value, "\r\n"]).collect();
        let length = body.len();
        let request = format!(
            "{method} {path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Type: application/json\r\n\
             Content-Length: {length}\r\n{headers}\r\n{body}"
        );
        Answer::read(&self.says(request.as_bytes()).await)
    }

    pub(crate) async fn connect(&self) -> TcpStream {
        TcpStream::connect(self.address).await.expect("a connection")
    }

    /// Sends `bytes` on a connection of their own and reads until the server closes it.
    pub(crate) async fn says(&self, bytes: &[u8]) -> String {
        let mut stream = self.connect().await;
        // The server may have refused and closed before it has read everything.
        let _ = stream.write_all(bytes).await;
        read_to_end(&mut stream).await
    }

    pub(crate) fn stop(&mut self) {
        if let Some(stop) = self.stop.take() {
            let _ = stop.send(());
        }
    }
}

pub(crate) async fn read_to_end(stream: &mut TcpStream) -> String {
    let mut answer = Vec::new();
    // A reset after the answer, because the server did not read the rest of the request, ends it too.
    let _ = timeout(PATIENCE, stream.read_to_end(&mut answer)).await.expect("the server closes the connection");
    String::from_utf8_lossy(&answer).into_owned()
}

pub(crate) fn status(answer: &str) -> u16 {
    answer.strip_prefix("HTTP/1.1 ").and_then(|rest| rest.get(..3)?.parse().ok()).unwrap_or(0)
}

fn bearer(answer: &Answer) -> String {
    format!("Bearer {}", answer.body["access_token"].as_str().unwrap_or_else(|| panic!("not signed in: {answer:?}")))
}

/// What came back.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) body: Value,
    head: String,
}

impl Answer {
    fn read(text: &str) -> Self {
        let (head, body) = text.split_once("\r\n\r\n").unwrap_or_else(|| panic!("no answer: {text:?}"));
        Self { status: status(text), body: serde_json::from_str(body).unwrap_or(Value::Null), head: head.to_owned() }
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().find_map(|line| line.split_once(": ").filter(|(found, _)| *found == name).map(|(_, value)| value))
    }

    pub(crate) fn code(&self) -> &str {
        self.body["code"].as_str().unwrap_or_default()
    }
}
