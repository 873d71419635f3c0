//! The front door on a real socket: what arrives there is bytes, and not always HTTP.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use crate::house::{Calm, House};
use api::{Build, Check, EdgeSettings, Metrics, Readiness, ReadinessFuture, ServeLimits};
use testkit::Database;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    sync::{Notify, oneshot},
    task::JoinHandle,
    time::timeout,
};

/// Longer than anything here takes on a busy machine; only a hanging server reaches it.
const PATIENCE: Duration = Duration::from_secs(20);
/// How long the server under test waits for a head.
const HEAD_TIMEOUT: Duration = Duration::from_millis(300);
const DRAIN: Duration = Duration::from_secs(5);

/// A readiness that answers when the test says so; so `/readyz` is a request that stays under way.
#[derive(Default)]
struct Gate {
    entered: Notify,
    released: Notify,
}

impl Readiness for Gate {
    fn check(&self) -> ReadinessFuture<'_> {
        Box::pin(async {
            self.entered.notify_one();
            self.released.notified().await;
            vec![Check { name: "store", failure: None, note: None }]
        })
    }
}

/// A server whose connections are what is tested.
struct Server {
    address: SocketAddr,
    stop: Option<oneshot::Sender<()>>,
    running: JoinHandle<()>,
    gate: Arc<Gate>,
    _house: House,
    _database: Database,
}

impl Server {
    async fn start() -> Self {
        Self::with(ServeLimits { head_timeout: HEAD_TIMEOUT, ..ServeLimits::default() }).await
    }

    async fn with(limits: ServeLimits) -> Self {
        Self::draining(limits, DRAIN).await
    }

    async fn draining(limits: ServeLimits, drain: Duration) -> Self {
        let database = Database::sqlite();
        let house = House::open(&database).await;
        let metrics = Arc::new(Metrics::new(&house.app, &Build { version: "0", engine: "sqlite" }, Arc::new(Calm)));
        let gate = Arc::new(Gate::default());
        let settings = EdgeSettings { public_url: "https://ours.example".to_owned(), ..EdgeSettings::default() };
        let readiness = Arc::clone(&gate) as Arc<dyn Readiness>;
        let router = api::router(house.app.clone(), settings, metrics, readiness);
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let (stop, stopped) = oneshot::channel();
        let until = async move {
            let _ = stopped.await;
        };
        let running = tokio::spawn(api::serve(listener, router, limits, until, drain));
        Self { address, stop: Some(stop), running, gate, _house: house, _database: database }
    }

    async fn connect(&self) -> TcpStream {
        TcpStream::connect(self.address).await.expect("a connection")
    }

    /// Sends `bytes` on a connection of their own and reads until the server closes it.
    async fn says(&self, bytes: &[u8]) -> String {
        let mut stream = self.connect().await;
        // The server may have refused and closed before it has read everything.
        let _ = stream.write_all(bytes).await;
        read_to_end(&mut stream).await
    }

    fn stop(&mut self) {
        if let Some(stop) = self.stop.take() {
            let _ = stop.send(());
        }
    }
}

async fn read_to_end(stream: &mut TcpStream) -> String {
    let mut answer = Vec::new();
    // A reset after the answer, because the server did not read the rest of the request, ends it too.
    let _ = timeout(PATIENCE, stream.read_to_end(&mut answer)).await.expect("the server closes the connection");
    String::from_utf8_lossy(&answer).into_owned()
}

fn status(answer: &str) -> u16 {
    answer.strip_prefix("HTTP/1.1 ").and_then(|rest| rest.get(..3)?.parse().ok()).unwrap_or(0)
}

/// Reads one answer that has a Content-Length.
async fn read_answer(stream: &mut TcpStream) -> String {
    let mut answer = Vec::new();
    let whole = async {
        loop {
            let mut byte = [0];
            stream.read_exact(&mut byte).await.expect("more of the answer");
            answer.push(byte[0]);
            if answer.ends_with(b"\r\n\r\n") {
                break;
            }
        }
        let head = String::from_utf8_lossy(&answer).to_lowercase();
        let length = head.split("content-length: ").nth(1).and_then(|rest| rest.split("\r\n").next()?.parse().ok());
        let mut body = vec![0; length.unwrap_or(0)];
        stream.read_exact(&mut body).await.expect("the body");
        answer.extend(body);
    };
    timeout(PATIENCE, whole).await.expect("an answer");
    String::from_utf8_lossy(&answer).into_owned()
}

/// How many answers came: a smuggled request would have one of its own.
fn answers(text: &str) -> usize {
    text.matches("HTTP/1.1 ").count()
}

#[tokio::test]
async fn what_is_no_http_or_could_be_read_as_two_requests_is_refused_and_the_connection_closed() {
    let server = Server::start().await;
    let smuggled = "GET /openapi.json HTTP/1.1\r\nHost: localhost\r\n\r\n";
    let flood = "X: v\r\n".repeat(200);
    let long = "q".repeat(100_000);
    for (name, request, expected) in [
        (
            "two lengths",
            format!("POST /x HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\nContent-Length: 5\r\n\r\n{smuggled}"),
            &[400][..],
        ),
        ("a list of lengths", format!("POST /x HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0, 0\r\n\r\n{smuggled}"), &[400]),
        ("a signed length", format!("POST /x HTTP/1.1\r\nHost: localhost\r\nContent-Length: +0\r\n\r\n{smuggled}"), &[400]),
        (
            "a length beyond 64 bits",
            "POST /x HTTP/1.1\r\nHost: localhost\r\nContent-Length: 99999999999999999999\r\n\r\n".into(),
            &[400],
        ),
        (
            "a coding that is not chunked",
            format!("POST /x HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: gzip\r\n\r\n{smuggled}"),
            &[400],
        ),
        (
            "chunked, but not last",
            "POST /x HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked, gzip\r\n\r\n0\r\n\r\n".into(),
            &[400],
        ),
        (
            "a coding in HTTP/1.0",
            "POST /x HTTP/1.0\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n".into(),
            &[400],
        ),
        ("a space before the colon", "GET /x HTTP/1.1\r\nHost : a\r\n\r\n".into(), &[400]),
        ("a folded header", "GET /x HTTP/1.1\r\nHost: localhost\r\nX: 1\r\n 2\r\n\r\n".into(), &[400]),
        ("a NUL in a header", "GET /x HTTP/1.1\r\nHost: localhost\r\nX: a\0b\r\n\r\n".into(), &[400]),
        ("no such version", "GET /x HTTP/9.9\r\nHost: localhost\r\n\r\n".into(), &[400]),
        ("TLS", "\x16\x03\x01\x02\0\x01\0\x01\x7c\x03\x03".into(), &[400]),
        ("no method", " /x HTTP/1.1\r\nHost: localhost\r\n\r\n".into(), &[400]),
        ("a hundred headers too many", format!("GET /x HTTP/1.1\r\nHost: localhost\r\n{flood}\r\n"), &[431]),
        ("an address of 100 kB", format!("GET /x?{long} HTTP/1.1\r\nHost: localhost\r\n\r\n"), &[414, 431]),
        ("a header of 100 kB", format!("GET /x HTTP/1.1\r\nHost: localhost\r\nX: {long}\r\n\r\n"), &[431]),
    ] {
        let answer = server.says(request.as_bytes()).await;
        assert!(expected.contains(&status(&answer)), "{name}: {answer}");
        assert_eq!(answers(&answer), 1, "{name}: {answer}");
    }
    assert_eq!(status(&server.says(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").await), 200);
}

#[tokio::test]
async fn a_length_beside_chunks_never_smuggles_a_second_request() {
    // RFC 9112, section 6.3: the chunks count, and the connection ends with the answer.
    let server = Server::start().await;
    for request in [
        "POST /healthz HTTP/1.1\r\nHost: localhost\r\nContent-Length: 6\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /openapi.json HTTP/1.1\r\nHost: localhost\r\n\r\n",
        "POST /healthz HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\nContent-Length: 60\r\n\r\n0\r\n\r\nGET /openapi.json HTTP/1.1\r\nHost: localhost\r\n\r\n",
    ] {
        let answer = server.says(request.as_bytes()).await;
        assert_eq!((status(&answer), answers(&answer)), (405, 1), "{answer}");
    }
}

#[tokio::test]
async fn one_host_is_named_and_the_same_in_an_absolute_address() {
    let server = Server::start().await;
    for request in [
        "GET /openapi.json HTTP/1.1\r\n\r\n",
        "GET /openapi.json HTTP/1.1\r\nHost: localhost\r\nHost: b\r\n\r\n",
        "GET http://evil.example/openapi.json HTTP/1.1\r\nHost: ours.example\r\n\r\n",
    ] {
        let answer = server.says(request.replace("\r\n\r\n", "\r\nConnection: close\r\n\r\n").as_bytes()).await;
        assert_eq!(status(&answer), 400, "{answer}");
        assert!(answer.contains("application/problem+json") && answer.contains("edge.malformed_host"), "{answer}");
    }
    let same = "GET http://ours.example/docs/errors HTTP/1.1\r\nHost: OURS.example\r\nConnection: close\r\n\r\n";
    assert_eq!(status(&server.says(same.as_bytes()).await), 200);
    assert_eq!(status(&server.says(b"GET /docs/errors HTTP/1.0\r\n\r\n").await.replace("HTTP/1.0", "HTTP/1.1")), 200);
}

#[tokio::test]
async fn a_page_that_lets_its_name_resolve_to_this_machine_reads_nothing() {
    let server = Server::start().await;
    for path in ["/healthz", "/readyz", "/metrics", "/openapi.json", "/api/v1/schedules", "/nowhere"] {
        for host in ["evil.example", "evil.example:8080", "localhost.evil.example", "127.0.0.1.evil.example"] {
            let request = format!("GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n");
            let answer = server.says(request.as_bytes()).await;
            assert!(status(&answer) == 421 && answer.contains("edge.unknown_host"), "{path} {host}: {answer}");
        }
    }
    for host in ["localhost", "127.0.0.1:1", "[::1]", "ours.example"] {
        for path in ["/healthz", "/metrics"] {
            let request = format!("GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n");
            assert_eq!(status(&server.says(request.as_bytes()).await), 200, "{path} {host}");
        }
    }
}

#[tokio::test]
async fn a_method_that_does_not_fit_is_a_problem_with_the_ones_that_do() {
    let server = Server::start().await;
    for request in ["OPTIONS * HTTP/1.1", "CONNECT a:443 HTTP/1.1", "GET * HTTP/1.1", "GET http://localhost HTTP/1.1"] {
        let answer = server.says(format!("{request}\r\nHost: localhost\r\nConnection: close\r\n\r\n").as_bytes()).await;
        assert!((400..500).contains(&status(&answer)), "{request}: {answer}");
    }
    for method in ["TRACE", "BREW", "OPTIONS", "POST"] {
        let answer = server
            .says(format!("{method} /openapi.json HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").as_bytes())
            .await;
        assert_eq!(status(&answer), 405, "{answer}");
        assert!(answer.contains("allow: GET,HEAD\r\n") && answer.contains("route.method_not_allowed"), "{answer}");
    }
}

#[tokio::test]
async fn a_peer_that_is_slow_to_begin_is_not_waited_for() {
    let server = Server::start().await;
    for bytes in [&b""[..], b"P", b"PRI * HTTP/2.0\r\n", b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nX-Slow"] {
        let answer = server.says(bytes).await;
        assert!([0, 408].contains(&status(&answer)), "{answer}");
    }
}

#[tokio::test]
async fn between_requests_there_is_time_and_within_a_head_there_is_little() {
    let server = Server::start().await;
    let mut stream = server.connect().await;
    for _ in 0..2 {
        stream.write_all(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n").await.expect("written");
        assert_eq!(status(&read_answer(&mut stream).await), 200);
        let closed = timeout(HEAD_TIMEOUT * 3, stream.read(&mut [0])).await;
        assert!(closed.is_err(), "it may be idle for much longer than a head may take");
    }
    // Far sooner than an idle connection is closed.
    stream.write_all(b"GET /healthz HTTP/1.1\r\nHost: loc").await.expect("written");
    let answer = read_to_end(&mut stream).await;
    assert!([0, 408].contains(&status(&answer)), "{answer}");
}

#[tokio::test]
async fn a_connection_that_stays_idle_is_closed() {
    let limits = ServeLimits { head_timeout: PATIENCE * 2, idle_timeout: HEAD_TIMEOUT, ..ServeLimits::default() };
    let server = Server::with(limits).await;
    let mut stream = server.connect().await;
    stream.write_all(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n").await.expect("written");
    assert_eq!(status(&read_answer(&mut stream).await), 200);
    let answer = read_to_end(&mut stream).await;
    assert!([0, 408].contains(&status(&answer)), "{answer}");
}

#[tokio::test]
async fn one_connection_serves_many_requests_and_http_2_too() {
    let server = Server::start().await;
    let mut stream = server.connect().await;
    for _ in 0..3 {
        stream.write_all(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n").await.expect("written");
        assert_eq!(status(&read_answer(&mut stream).await), 200);
    }
    // The preface and an empty SETTINGS frame: the server's own SETTINGS (type 4, stream 0) come back.
    let mut stream = server.connect().await;
    stream.write_all(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0").await.expect("written");
    let mut frame = [0; 9];
    timeout(PATIENCE, stream.read_exact(&mut frame)).await.expect("in time").expect("a frame");
    assert_eq!((frame[3], &frame[5..]), (4, &[0, 0, 0, 0][..]));
}

#[tokio::test]
async fn a_connection_too_many_waits_until_another_ends() {
    let server = Server::with(ServeLimits { connections: 1, head_timeout: PATIENCE, ..ServeLimits::default() }).await;
    let mut first = server.connect().await;
    first.write_all(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n").await.expect("written");
    assert_eq!(status(&read_answer(&mut first).await), 200);
    let mut second = server.connect().await;
    second.write_all(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n").await.expect("written");
    let mut byte = [0];
    assert!(timeout(Duration::from_millis(100), second.read(&mut byte)).await.is_err(), "there was room for one");
    drop(first);
    assert_eq!(status(&read_answer(&mut second).await), 200);
}

#[tokio::test]
async fn a_stop_lets_what_is_under_way_finish_and_closes_what_is_idle() {
    let mut server = Server::with(ServeLimits { head_timeout: PATIENCE, ..ServeLimits::default() }).await;
    let mut idle = server.connect().await;
    idle.write_all(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n").await.expect("written");
    assert_eq!(status(&read_answer(&mut idle).await), 200);
    let mut busy = server.connect().await;
    busy.write_all(b"GET /readyz HTTP/1.1\r\nHost: localhost\r\n\r\n").await.expect("written");
    timeout(PATIENCE, server.gate.entered.notified()).await.expect("the request is under way");

    server.stop();
    assert_eq!(read_to_end(&mut idle).await, "");
    assert!(!server.running.is_finished());
    assert!(TcpStream::connect(server.address).await.is_err(), "nobody listens any more");
    server.gate.released.notify_one();
    let answer = read_to_end(&mut busy).await;
    assert!(status(&answer) == 200 && answer.contains("connection: close"), "{answer}");
    timeout(DRAIN, &mut server.running).await.expect("the server ends").expect("without a panic");
}

#[tokio::test]
async fn what_is_still_under_way_when_the_time_to_drain_is_over_is_cut() {
    let mut server = Server::draining(ServeLimits::default(), Duration::from_millis(50)).await;
    let mut busy = server.connect().await;
    busy.write_all(b"GET /readyz HTTP/1.1\r\nHost: localhost\r\n\r\n").await.expect("written");
    timeout(PATIENCE, server.gate.entered.notified()).await.expect("the request is under way");
    server.stop();
    timeout(PATIENCE, &mut server.running).await.expect("the server ends").expect("without a panic");
    assert_eq!(read_to_end(&mut busy).await, "");
}
