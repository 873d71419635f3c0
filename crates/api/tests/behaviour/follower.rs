//! A client that follows a stream of server-sent events, as a browser does.

use std::time::Duration;

use http::HeaderMap;
use http_body_util::BodyExt as _;
use hyper::body::Incoming;
use serde_json::Value;
use tokio::{
    net::{TcpSocket, TcpStream},
    time::timeout,
};

use crate::house::{Call, House};

/// Longer than anything here takes on a busy machine; only a stream that hangs reaches it.
const PATIENCE: Duration = Duration::from_mins(1);

pub(crate) const STREAM: &str = "/api/v1/me/stream";

/// One message, or a comment.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Message {
    pub(crate) id: Option<String>,
    pub(crate) event: Option<String>,
    pub(crate) data: Value,
    pub(crate) retry: Option<u32>,
    pub(crate) comment: Option<String>,
}

impl Message {
    fn parse(block: &str) -> Self {
        let mut message = Self::default();
        for line in block.lines().filter(|line| !line.is_empty()) {
            let (field, value) = line.split_once(':').unwrap_or((line, ""));
            let value = value.strip_prefix(' ').unwrap_or(value);
            match field {
                "" => message.comment = Some(value.to_owned()),
                "id" => message.id = Some(value.to_owned()),
                "event" => message.event = Some(value.to_owned()),
                "data" => message.data = serde_json::from_str(value).expect("data is one line of JSON"),
                "retry" => message.retry = Some(value.parse().expect("milliseconds")),
                other => panic!("an unknown field: {other}"),
            }
        }
        message
    }

    pub(crate) fn is(&self, event: &str) -> bool {
        self.event.as_deref() == Some(event)
    }

    /// A text of the data.
    pub(crate) fn text(&self, name: &str) -> &str {
        self.data[name].as_str().unwrap_or_else(|| panic!("no text {name} in {self:?}"))
    }

    /// The number of the event within its epoch.
    pub(crate) fn number(&self) -> u32 {
        let number = self.id.as_deref().and_then(|id| id.split_once('-')).and_then(|(_, number)| number.parse().ok());
        number.unwrap_or_else(|| panic!("no id in {self:?}"))
    }
}

/// An open stream.
pub(crate) struct Follower {
    pub(crate) headers: HeaderMap,
    body: Incoming,
    buffer: Vec<u8>,
}

impl Follower {
    /// Opens a stream, which must succeed, and reads the greeting.
    pub(crate) async fn open(house: &House, call: Call) -> Self {
        let stream = TcpStream::connect(house.address()).await.expect("a connection");
        Self::over(stream, house, call).await
    }

    /// As [`Follower::open`], over a socket that holds as little as the system allows.
    pub(crate) async fn open_narrow(house: &House, call: Call) -> Self {
        let socket = TcpSocket::new_v4().expect("a socket");
        socket.set_recv_buffer_size(4 * 1024).expect("a small buffer");
        let stream = socket.connect(house.address()).await.expect("a connection");
        Self::over(stream, house, call).await
    }

    async fn over(stream: TcpStream, house: &House, call: Call) -> Self {
        let response = house.respond(stream, call).await;
        assert_eq!(response.status(), 200);
        let (parts, body) = response.into_parts();
        let mut follower = Self { headers: parts.headers, body, buffer: Vec::new() };
        let hello = follower.next().await.expect("a greeting");
        assert!(hello.retry.is_some_and(|ms| (1_000..2_000).contains(&ms)), "{hello:?}");
        follower
    }

    /// Opens the stream of whoever `token` stands for, after `since`.
    pub(crate) async fn since(house: &House, token: &str, since: &str) -> Self {
        Self::open(house, Call::get(STREAM).bearer(token).header("last-event-id", since)).await
    }

    /// Opens it at the present head; answers the position of that, too.
    pub(crate) async fn now(house: &House, token: &str) -> (Self, String) {
        let mut follower = Self::open(house, Call::get(STREAM).bearer(token)).await;
        let ready = follower.expect().await;
        assert!(ready.is("ready") && ready.id.as_deref() == Some(ready.text("head")), "{ready:?}");
        (follower, ready.text("head").to_owned())
    }

    /// The next message or comment; `None` once the stream has ended.
    pub(crate) async fn next(&mut self) -> Option<Message> {
        loop {
            if let Some(end) = self.buffer.windows(2).position(|pair| pair == b"\n\n") {
                let block: Vec<u8> = self.buffer.drain(..end + 2).collect();
                return Some(Message::parse(std::str::from_utf8(&block).expect("UTF-8")));
            }
            let frame = timeout(PATIENCE, self.body.frame()).await.expect("the stream goes on, or ends")?;
            // A connection that is cut ends the stream as a clean end does.
            let Ok(data) = frame.map(|frame| frame.into_data().expect("no trailers")) else { return None };
            self.buffer.extend_from_slice(&data);
        }
    }

    /// The next message, which must come.
    pub(crate) async fn expect(&mut self) -> Message {
        self.next().await.expect("the stream goes on")
    }

    /// The last message, and then the end.
    pub(crate) async fn expect_close(&mut self, reason: &str) -> Message {
        let close = self.expect().await;
        assert!(close.is("close") && close.text("reason") == reason && close.retry.is_some(), "{close:?}");
        assert_eq!(self.next().await, None);
        close
    }
}
