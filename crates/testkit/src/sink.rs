//! A service that takes what is handed over to it, over real HTTP, and remembers what it saw and when.

use std::{
    collections::HashMap,
    net::SocketAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use clockwork::SystemClock;
use kernel::Clock as _;
use serde_json::Value;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    task::JoinHandle,
};

/// A request that arrived whole.
#[derive(Clone, Debug)]
pub struct Heard {
    /// When, on the clock of the sink.
    pub at: Duration,
    /// The `Idempotency-Key`.
    pub key: String,
    /// The body.
    pub body: Value,
    /// How many requests with this key arrived before.
    pub before: usize,
    /// Whether it was answered as taken.
    pub taken: bool,
}

impl Heard {
    /// The place in the round.
    pub fn position(&self) -> i64 {
        self.body["position"].as_i64().unwrap_or(0)
    }

    /// What the owner calls the recipient.
    pub fn external_id(&self) -> &str {
        self.body["recipient"]["external_id"].as_str().unwrap_or_default()
    }
}

/// How a request is answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reply {
    /// With this status.
    Status(u16),
    /// With this status, and with so many seconds in `Retry-After`.
    Later(u16, u64),
    /// With nothing: the connection ends.
    HangUp,
}

/// Everything that was heard, and how often under each key.
type Memory = (Vec<Heard>, HashMap<String, usize>);

struct Shared {
    clock: SystemClock,
    heard: Mutex<Memory>,
    reply: Box<dyn Fn(&Heard) -> Reply + Send + Sync>,
}

impl Shared {
    fn heard(&self) -> MutexGuard<'_, Memory> {
        self.heard.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The service. It ends with this value.
pub struct Sink {
    shared: Arc<Shared>,
    address: SocketAddr,
    listening: JoinHandle<()>,
}

impl Sink {
    /// A service that answers each request as `reply` says.
    ///
    /// # Panics
    /// If no port is free.
    pub async fn start(reply: impl Fn(&Heard) -> Reply + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a free port");
        let address = listener.local_addr().expect("an address");
        let shared = Arc::new(Shared { clock: SystemClock::new(None), heard: Mutex::default(), reply: Box::new(reply) });
        let hears = Arc::clone(&shared);
        let listening = tokio::spawn(async move {
            while let Ok((connection, _)) = listener.accept().await {
                tokio::spawn(listen(connection, Arc::clone(&hears)));
            }
        });
        Self { shared, address, listening }
    }

    /// A service that takes everything.
    pub async fn taking() -> Self {
        Self::start(|_| Reply::Status(204)).await
    }

    /// Where it listens.
    pub fn url(&self) -> String {
        format!("http://{}/restock", self.address)
    }

    /// Everything it saw, in the order in which it saw it.
    pub fn heard(&self) -> Vec<Heard> {
        self.shared.heard().0.clone()
    }

    /// What time it is on its clock, by which it says when it heard something.
    pub fn now(&self) -> Duration {
        self.shared.clock.monotonic()
    }
}

impl Drop for Sink {
    fn drop(&mut self) {
        self.listening.abort();
    }
}

async fn listen(mut connection: TcpStream, shared: Arc<Shared>) {
    let mut held = Vec::new();
    while let Some((key, body)) = request(&mut connection, &mut held).await {
        let answer = {
            let mut memory = shared.heard();
            let (heard, keys) = &mut *memory;
            let times = keys.entry(key.clone()).or_default();
            let before = std::mem::replace(times, *times + 1);
            let mut this = Heard { at: shared.clock.monotonic(), key, body, before, taken: false };
            let reply = (shared.reply)(&this);
            this.taken = matches!(reply, Reply::Status(200..=299));
            heard.push(this);
            reply
        };
        let (status, more) = match answer {
            Reply::Status(status) => (status, String::new()),
            Reply::Later(status, seconds) => (status, format!("retry-after: {seconds}\r\n")),
            Reply::HangUp => return,
        };
        let text = format!("HTTP/1.1 {status} OK\r\n{}{more}\r\n", length(status));
        if connection.write_all(text.as_bytes()).await.is_err() {
            return;
        }
    }
}

/// A 204 has no length.
fn length(status: u16) -> &'static str {
    if status == 204 { "" } else { "content-length: 0\r\n" }
}

/// The next request of a connection; `None` if there is none.
async fn request(connection: &mut TcpStream, arrived: &mut Vec<u8>) -> Option<(String, Value)> {
    loop {
        if let Some(end) = arrived.windows(4).position(|four| four == b"\r\n\r\n") {
            let head = String::from_utf8_lossy(&arrived[..end]).into_owned();
            let header = |name: &str| {
                let lines = head.lines().filter_map(|line| line.split_once(':'));
                lines.filter(|(named, _)| named.eq_ignore_ascii_case(name)).map(|(_, value)| value.trim().to_owned()).next()
            };
            let length: usize = header("content-length").and_then(|length| length.parse().ok()).unwrap_or(0);
            if arrived.len() >= end + 4 + length {
                let body = serde_json::from_slice(&arrived[end + 4..end + 4 + length]).unwrap_or(Value::Null);
                arrived.drain(..end + 4 + length);
                return Some((header("idempotency-key").unwrap_or_default(), body));
            }
        }
        if connection.read_buf(arrived).await.ok()? == 0 {
            return None;
        }
    }
}
