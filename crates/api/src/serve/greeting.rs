//! Impatience with the first bytes of a connection.
//!
//! Before it knows which HTTP is spoken, the server has to see as many bytes as tell the two apart, and while it waits for
//! them no other timer runs. A peer that sends nothing, or `P` and then nothing, would hold its connection for ever.

use std::{
    io,
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    time::Sleep,
};

/// What every HTTP/2 connection begins with (RFC 9113, section 3.4).
const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// A stream that fails to read unless it is known in time which HTTP is spoken on it.
pub(super) struct Greeting<S> {
    stream: S,
    /// How much of the preface was read.
    matched: usize,
    /// `None` once the greeting is over.
    deadline: Option<Pin<Box<Sleep>>>,
}

impl<S> Greeting<S> {
    /// Waits at most `patience` from now.
    #[expect(clippy::disallowed_methods, reason = "a timeout of a socket; no rule of the product depends on it")]
    pub(super) fn new(stream: S, patience: Duration) -> Self {
        Self { stream, matched: 0, deadline: Some(Box::pin(tokio::time::sleep(patience))) }
    }

    fn heard(&mut self, bytes: &[u8]) {
        let expected = &PREFACE[self.matched..];
        let length = bytes.len().min(expected.len());
        self.matched += length;
        if bytes[..length] != expected[..length] || self.matched == PREFACE.len() {
            self.deadline = None;
        }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Greeting<S> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let read = Pin::new(&mut self.stream).poll_read(cx, buffer);
        let Some(deadline) = &mut self.deadline else { return read };
        if read.is_pending() {
            return deadline.as_mut().poll(cx).map(|()| Err(io::ErrorKind::TimedOut.into()));
        }
        self.heard(&buffer.filled()[before..]);
        read
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Greeting<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(cx, slices)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

    use super::*;

    async fn after(greeting: &[u8]) -> io::Result<usize> {
        let (mut client, server) = tokio::io::duplex(64);
        client.write_all(greeting).await.expect("a pipe");
        let mut server = Greeting::new(server, Duration::from_millis(20));
        let mut bytes = [0; 64];
        if !greeting.is_empty() {
            assert_eq!(server.read(&mut bytes).await.expect("the greeting"), greeting.len());
        }
        // Whoever has greeted may be silent for longer than that: then nothing happens, and the test ends it.
        tokio::time::timeout(Duration::from_millis(100), server.read(&mut bytes)).await.unwrap_or(Ok(0))
    }

    #[tokio::test]
    async fn only_who_has_not_greeted_yet_is_hurried() {
        for unfinished in [&b""[..], b"P", &PREFACE[..PREFACE.len() - 1]] {
            assert_eq!(after(unfinished).await.map_err(|error| error.kind()), Err(io::ErrorKind::TimedOut), "{unfinished:?}");
        }
        for greeting in [&b"G"[..], b"POST", PREFACE] {
            assert_eq!(after(greeting).await.map_err(|error| error.kind()), Ok(0), "{greeting:?}");
        }
    }
}
