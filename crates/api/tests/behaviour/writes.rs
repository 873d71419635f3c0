//! How often the server writes to a connection: all that is ready for it leaves in one write.

use std::{
    io,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    task::{Context, Poll},
};

use futures_util::StreamExt as _;
use hyper_util::{rt::TokioIo, service::TowerToHyperService};
use kernel::UserId;
use serde_json::json;
use testkit::Database;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _, DuplexStream, ReadBuf};
use tokio_tungstenite::{
    client_async,
    tungstenite::{Message, client::IntoClientRequest as _},
};

use crate::{
    house::House,
    postman::{deliver, numbered},
};

/// As many as fit what is collected for one write.
const EVENTS: u32 = 60;

/// A pipe that counts.
struct Counted {
    pipe: DuplexStream,
    writes: Arc<AtomicUsize>,
}

impl AsyncRead for Counted {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.pipe).poll_read(cx, buffer)
    }
}

impl AsyncWrite for Counted {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.writes.fetch_add(1, Ordering::Relaxed);
        Pin::new(&mut self.pipe).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.pipe).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.pipe).poll_shutdown(cx)
    }
}

/// A connection to the house that counts what the server writes to it.
fn connect(house: &House) -> (DuplexStream, Arc<AtomicUsize>) {
    let (client, pipe) = tokio::io::duplex(1 << 20);
    let writes = Arc::new(AtomicUsize::new(0));
    let server = Counted { pipe, writes: Arc::clone(&writes) };
    let service = TowerToHyperService::new(house.router.clone());
    tokio::spawn(hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(server), service).with_upgrades());
    (client, writes)
}

async fn reads(pipe: &mut DuplexStream, text: &str) {
    let mut read = Vec::new();
    while !String::from_utf8_lossy(&read).contains(text) {
        let mut bytes = [0; 4_096];
        let count = pipe.read(&mut bytes).await.expect("it goes on");
        read.extend_from_slice(&bytes[..count]);
    }
}

#[tokio::test]
async fn what_is_ready_for_a_connection_leaves_in_one_write() {
    let house = House::open(&Database::sqlite()).await;
    let ada = house.sign_up("ada").await;
    let (user, token): (UserId, &str) = (ada.text("/user/id").parse().expect("an id"), ada.access_token());
    let last = format!("\"title\":\"{EVENTS}\"");

    let (mut single, on_single) = connect(&house);
    let (mut many, on_many) = connect(&house);
    for (pipe, path) in [(&mut single, "/api/v1/me/stream"), (&mut many, "/api/v1/stream?me=1")] {
        let request = format!("GET {path} HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer {token}\r\n\r\n");
        pipe.write_all(request.as_bytes()).await.expect("sent");
        reads(pipe, "event: ready").await;
    }
    let (socket, on_socket) = connect(&house);
    let mut request = "ws://localhost/api/v1/socket".into_client_request().expect("a request");
    request.headers_mut().insert("authorization", format!("Bearer {token}").parse().expect("a value"));
    let (mut socket, _) = client_async(request, socket).await.expect("a handshake");
    let subscribe = json!({ "op": "subscribe", "stream": "me" }).to_string();
    futures_util::SinkExt::send(&mut socket, Message::text(subscribe)).await.expect("sent");
    let mut hears = async |text: &str| {
        while !socket.next().await.expect("it goes on").expect("a message").into_text().expect("a text").contains(text) {}
    };
    hears("ready").await;

    let counts = || [&on_single, &on_many, &on_socket].map(|writes| writes.load(Ordering::Relaxed));
    let before = counts();
    deliver(&house.app, user, &numbered(1..=EVENTS)).await;
    reads(&mut single, &last).await;
    reads(&mut many, &last).await;
    hears(&last).await;
    let after = counts();
    let written: Vec<usize> = after.iter().zip(before).map(|(after, before)| after - before).collect();
    assert_eq!(written, [1, 1, 1], "{EVENTS} events for each");
}
