//! One open socket: what its client asks for, what it is told, and how it ends.

use std::time::Duration;

use app::{
    App,
    domain::identity::Caller,
    notify::{self, StreamLog, Topic},
};
use axum::extract::ws::{Message, Utf8Bytes, WebSocket};
use bytes::Bytes;
use futures_util::{SinkExt as _, future::select};
use hub::{CloseReason, HubError, Live, Since, Word};
use tokio_tungstenite::tungstenite::Error as SocketError;

use super::{
    message::{self, Asked, Unfit},
    words,
};
use crate::http::Problem;

/// How many messages a client may send at once, and how many a second after that. Pings and pongs count.
const BURST: f64 = 100.0;
const PER_SECOND: f64 = 10.0;

/// How long the other side may take to answer a close, or to read it.
const FAREWELL: Duration = Duration::from_secs(2);

/// A socket and what is read over it.
pub(super) struct Talk {
    socket: WebSocket,
    app: App,
    caller: Caller,
    live: Live<StreamLog>,
    patience: Patience,
    /// A ping was sent and nothing was heard since.
    unanswered: bool,
}

/// Whether it goes on.
enum Flow {
    On,
    /// The other side has left, or cannot be reached.
    Gone,
    /// This side leaves, with a code and why.
    Leave(u16, &'static str),
}

impl Talk {
    pub(super) fn new(socket: WebSocket, app: App, caller: Caller, live: Live<StreamLog>) -> Self {
        let patience = Patience { left: BURST, at: app.clock().monotonic() };
        Self { socket, app, caller, live, patience, unanswered: false }
    }

    /// Talks until one side ends it.
    pub(super) async fn run(mut self) {
        let (code, why) = loop {
            let flow = tokio::select! {
                heard = self.socket.recv() => self.heard(heard).await,
                batch = self.live.next() => self.tell(batch.unwrap_or_default()).await,
            };
            match flow {
                Flow::On => {}
                Flow::Gone => return,
                Flow::Leave(code, why) => break (code, why),
            }
        };
        tracing::debug!(code, why, "a socket is closed");
        let Self { mut socket, app, live, .. } = self;
        // Its place is free from here on.
        drop(live);
        let farewell = async {
            if socket.send(Message::Close(Some(words::frame(code, why)))).await.is_err() {
                return;
            }
            while let Some(Ok(_)) = socket.recv().await {}
            if code == words::TOO_BIG || code == words::GARBLED || code == words::PROTOCOL_ERROR {
                // What follows cannot be read. A connection that is dropped with bytes unread is reset, and the close lost with it.
                app.clock().sleep(FAREWELL).await;
            }
        };
        select(std::pin::pin!(farewell), app.clock().sleep(FAREWELL)).await;
    }

    async fn heard(&mut self, heard: Option<Result<Message, axum::Error>>) -> Flow {
        self.unanswered = false;
        let message = match heard {
            None => return Flow::Gone,
            Some(Err(error)) => return broken(error),
            Some(Ok(message)) => message,
        };
        if !self.patience.allows(self.app.clock().monotonic()) {
            return Flow::Leave(words::TOO_MANY, "too many messages");
        }
        match message {
            Message::Text(text) => match message::read(&text) {
                Ok(asked) => self.answer(asked).await,
                Err(Unfit::Garbled) => Flow::Leave(words::GARBLED, "not JSON that reads one way only"),
                Err(Unfit::Meaningless) => Flow::Leave(words::POLICY, "no message of this protocol"),
            },
            Message::Binary(_) => Flow::Leave(words::UNSUPPORTED, "texts only"),
            // Answered below us.
            Message::Ping(_) | Message::Pong(_) => Flow::On,
            // So is this; what is left is to let the answer out.
            Message::Close(_) => {
                let _ = self.socket.flush().await;
                Flow::Gone
            }
        }
    }

    async fn answer(&mut self, asked: Asked) -> Flow {
        match asked {
            Asked::Ping => self.say([words::pong()]).await,
            Asked::Unknown(name) => self.say([words::refused(&name, &Problem::of(HubError::NotFound))]).await,
            Asked::Subscribe(topic, since) => match self.subscribe(topic, since).await {
                // The connection says so itself, in the order in which it happened.
                Ok(()) => Flow::On,
                Err(problem) => self.say([words::refused(&topic.to_string(), &problem)]).await,
            },
            Asked::Unsubscribe(topic) => {
                if self.live.unsubscribe(topic.stream(&self.caller)) {
                    return Flow::On;
                }
                self.say([words::refused(&topic.to_string(), &Problem::of(HubError::NotFound))]).await
            }
        }
    }

    async fn subscribe(&mut self, topic: Topic, since: Since) -> Result<(), Problem> {
        let user = self.caller.user;
        app::on_behalf_of(user, notify::subscribe(&self.app, &self.caller, &mut self.live, (topic, since))).await?;
        Ok(())
    }

    /// Says all of a batch in one write.
    async fn tell(&mut self, batch: Vec<Word>) -> Flow {
        let mut flow = Flow::On;
        let mut ping = false;
        let mut texts = Vec::with_capacity(batch.len());
        for word in batch {
            match &word {
                Word::Heartbeat(_) if self.unanswered => {
                    // It has had a whole beat for its pong.
                    return self.leave_silent().await;
                }
                Word::Heartbeat(_) => ping = true,
                Word::Close { reason, .. } => flow = Flow::Leave(words::code(*reason), reason.as_str()),
                _ => {}
            }
            texts.push(words::text(word, &self.caller));
        }
        if ping {
            self.unanswered = true;
            if self.socket.feed(Message::Ping(Bytes::new())).await.is_err() {
                return Flow::Gone;
            }
        }
        match self.say(texts).await {
            Flow::On => flow,
            gone => gone,
        }
    }

    /// Nobody has answered the last ping.
    async fn leave_silent(&mut self) -> Flow {
        let reason = CloseReason::Lagged;
        let resume_at = self.live.streams().filter_map(|(stream, position)| Some((stream, position?))).collect();
        let close = Word::Close { reason, resume_at, retry_ms: self.live.retry_ms() };
        match self.say([words::text(close, &self.caller)]).await {
            Flow::On => Flow::Leave(words::LAGGED, "no pong"),
            gone => gone,
        }
    }

    async fn say(&mut self, texts: impl IntoIterator<Item = Utf8Bytes>) -> Flow {
        for text in texts {
            if self.socket.feed(Message::Text(text)).await.is_err() {
                return Flow::Gone;
            }
        }
        if self.socket.flush().await.is_err() { Flow::Gone } else { Flow::On }
    }
}

/// What cannot be read any further, and what to say about it.
fn broken(error: axum::Error) -> Flow {
    match error.into_inner().downcast_ref::<SocketError>() {
        Some(SocketError::Capacity(_)) => Flow::Leave(words::TOO_BIG, "at most 64 KiB"),
        Some(SocketError::Utf8(_)) => Flow::Leave(words::GARBLED, "not UTF-8"),
        Some(SocketError::Protocol(_)) => Flow::Leave(words::PROTOCOL_ERROR, "no WebSocket frame"),
        _ => Flow::Gone,
    }
}

/// How many messages a client may still send.
struct Patience {
    left: f64,
    at: Duration,
}

impl Patience {
    fn allows(&mut self, now: Duration) -> bool {
        let passed = now.saturating_sub(self.at).as_secs_f64();
        self.at = now;
        self.left = (self.left + passed * PER_SECOND).min(BURST) - 1.0;
        self.left >= 0.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patience_ends_and_comes_back() {
        let mut patience = Patience { left: BURST, at: Duration::ZERO };
        assert_eq!((0..200).filter(|_| patience.allows(Duration::ZERO)).count(), 100);
        let mut patience = Patience { left: 0.0, at: Duration::ZERO };
        assert!(!patience.allows(Duration::from_millis(50)));
        assert_eq!((0..200).filter(|_| patience.allows(Duration::from_secs(2))).count(), 19);
    }
}
