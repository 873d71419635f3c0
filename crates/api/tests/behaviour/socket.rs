//! A client that talks over a WebSocket, as a browser does.

use std::time::Duration;

use futures_util::{SinkExt as _, StreamExt as _};
use http::{HeaderName, HeaderValue};
use serde_json::{Value, json};
use tokio::{
    net::{TcpSocket, TcpStream},
    time::timeout,
};
use tokio_tungstenite::{
    WebSocketStream, client_async,
    tungstenite::{Error, Message, client::IntoClientRequest as _, handshake::client::Response, protocol::frame::Frame},
};

use crate::house::House;

/// Longer than anything here takes on a busy machine; only a socket that hangs reaches it.
pub(crate) const PATIENCE: Duration = Duration::from_mins(1);

pub(crate) const SOCKET: &str = "/api/v1/socket";

/// An open socket.
pub(crate) struct Socket {
    pub(crate) inner: WebSocketStream<TcpStream>,
}

/// What came.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Heard {
    Said(Value),
    Closed(u16, String),
    /// The connection ended, with or without a close.
    End,
}

impl Socket {
    /// Opens one at `path`; otherwise what the server answered.
    pub(crate) async fn try_open(house: &House, path: &str, headers: &[(&str, &str)]) -> Result<Self, Box<Response>> {
        let stream = TcpStream::connect(house.address()).await.expect("a connection");
        Self::over(stream, house, path, headers).await
    }

    /// Opens one for whoever `token` stands for, and hears the greeting.
    pub(crate) async fn open(house: &House, token: &str) -> Self {
        Self::greeted(Self::try_open(house, SOCKET, &[("authorization", &format!("Bearer {token}"))]).await).await
    }

    /// As [`Socket::open`], over a connection that holds as little as the system allows.
    pub(crate) async fn open_narrow(house: &House, token: &str) -> Self {
        let socket = TcpSocket::new_v4().expect("a socket");
        socket.set_recv_buffer_size(4 * 1024).expect("a small buffer");
        let stream = socket.connect(house.address()).await.expect("a connection");
        Self::greeted(Self::over(stream, house, SOCKET, &[("authorization", &format!("Bearer {token}"))]).await).await
    }

    async fn over(stream: TcpStream, house: &House, path: &str, headers: &[(&str, &str)]) -> Result<Self, Box<Response>> {
        let mut request = format!("ws://{}{path}", house.address()).into_client_request().expect("a request");
        for (name, value) in headers {
            let name = HeaderName::from_bytes(name.as_bytes()).expect("a name");
            request.headers_mut().insert(name, HeaderValue::from_str(value).expect("a value"));
        }
        match client_async(request, stream).await {
            Ok((inner, _)) => Ok(Self { inner }),
            Err(Error::Http(response)) => Err(response),
            Err(error) => panic!("no handshake: {error}"),
        }
    }

    async fn greeted(opened: Result<Self, Box<Response>>) -> Self {
        let mut socket = opened.unwrap_or_else(|response| panic!("{}", response.status()));
        let hello = socket.expect("hello").await;
        assert!(hello["data"]["retry_ms"].as_u64().is_some_and(|ms| (1_000..2_000).contains(&ms)), "{hello}");
        socket
    }

    pub(crate) async fn say(&mut self, message: &Value) {
        self.send(Message::text(message.to_string())).await;
    }

    /// Whether it is heard is not known: the other side may have closed.
    pub(crate) async fn send(&mut self, message: Message) {
        let _ = self.inner.send(message).await;
    }

    /// Sends a frame as it is.
    pub(crate) async fn send_frame(&mut self, frame: Frame) {
        self.send(Message::Frame(frame)).await;
    }

    /// Subscribes `stream`, and hears that it is.
    pub(crate) async fn subscribe(&mut self, stream: &str, since: Option<&str>) {
        self.say(&json!({ "op": "subscribe", "stream": stream, "since": since })).await;
        let subscribed = self.expect("subscribed").await;
        assert_eq!(subscribed["stream"], stream);
    }

    /// What comes next; pings are answered below.
    pub(crate) async fn next(&mut self) -> Heard {
        loop {
            match timeout(PATIENCE, self.inner.next()).await.expect("something is said, or it ends") {
                Some(Ok(Message::Text(text))) => return Heard::Said(serde_json::from_str(&text).expect("JSON")),
                Some(Ok(Message::Close(Some(frame)))) => return Heard::Closed(frame.code.into(), frame.reason.to_string()),
                Some(Ok(Message::Ping(_) | Message::Pong(_))) => {}
                Some(Ok(other)) => panic!("{other:?}"),
                Some(Err(_)) | None => return Heard::End,
            }
        }
    }

    /// The next thing said, which must come.
    pub(crate) async fn hear(&mut self) -> Value {
        match self.next().await {
            Heard::Said(message) => message,
            end => panic!("{end:?}"),
        }
    }

    /// The next thing said, which must be this.
    pub(crate) async fn expect(&mut self, event: &str) -> Value {
        let message = self.hear().await;
        assert_eq!(message["event"], event, "{message}");
        message
    }

    /// Hears on until it is closed; answers the code and what was said before.
    pub(crate) async fn closed(&mut self) -> (u16, Vec<Value>) {
        let mut said = Vec::new();
        loop {
            match self.next().await {
                Heard::Said(message) => said.push(message),
                Heard::Closed(code, _) => return (code, said),
                Heard::End => panic!("it ended without a close, after {said:?}"),
            }
        }
    }
}
