//! Impatience with a peer that takes nothing.
//!
//! A live stream is written as fast as its reader takes it. A reader that keeps its connection and takes nothing (a sleeping
//! laptop, a zero window) would hold its place for ever, and nobody above the socket would notice: a body that is not asked for
//! more cannot say that it has waited too long.
//!
//! A reader that is gone without a word, a phone that changed its network, is worse: what is sent to it is small and vanishes into the
//! buffer of the socket, so nothing waits. There the system is told how long it may wait for an acknowledgement ([`give_up_after`]); by
//! itself it would take a quarter of an hour.

use std::{
    io,
    pin::Pin,
    task::{Context, Poll, ready},
    time::Duration,
};

use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::TcpStream,
    time::Sleep,
};

/// Has a connection broken off on which something that was sent is not acknowledged for so long.
#[cfg(target_os = "linux")]
pub(super) fn give_up_after(stream: &TcpStream, patience: Duration) -> io::Result<()> {
    let milliseconds = u32::try_from(patience.as_millis()).unwrap_or(u32::MAX);
    Ok(rustix::net::sockopt::set_tcp_user_timeout(stream, milliseconds)?)
}

/// How long an acknowledgement is waited for is up to the system.
#[cfg(not(target_os = "linux"))]
pub(super) fn give_up_after(_: &TcpStream, _: Duration) -> io::Result<()> {
    Ok(())
}

/// A stream that fails once nothing could be written to it for a while. Having nothing to write is no stall.
pub(super) struct Stall<S> {
    stream: S,
    patience: Duration,
    /// Set while a write waits.
    deadline: Option<Pin<Box<Sleep>>>,
}

impl<S> Stall<S> {
    /// Fails after `patience`.
    pub(super) fn new(stream: S, patience: Duration) -> Self {
        Self { stream, patience, deadline: None }
    }

    /// Lets `written` pass, and counts the time while it is pending.
    #[expect(clippy::disallowed_methods, reason = "a timeout of a socket; no rule of the product depends on it")]
    fn timed<T>(&mut self, cx: &mut Context<'_>, written: Poll<io::Result<T>>) -> Poll<io::Result<T>> {
        if written.is_ready() {
            self.deadline = None;
            return written;
        }
        let patience = self.patience;
        ready!(self.deadline.get_or_insert_with(|| Box::pin(tokio::time::sleep(patience))).as_mut().poll(cx));
        Poll::Ready(Err(io::ErrorKind::TimedOut.into()))
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Stall<S> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, buffer)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Stall<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(cx, bytes);
        self.timed(cx, written)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write_vectored(cx, slices);
        self.timed(cx, written)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let flushed = Pin::new(&mut self.stream).poll_flush(cx);
        self.timed(cx, flushed)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

    use super::*;

    const PATIENCE: Duration = Duration::from_secs(30);

    #[tokio::test(start_paused = true)]
    async fn a_peer_that_takes_nothing_is_cut_off() {
        let (_client, server) = tokio::io::duplex(8);
        let refused = Stall::new(server, PATIENCE).write_all(&[0; 64]).await;
        assert_eq!(refused.map_err(|error| error.kind()), Err(io::ErrorKind::TimedOut));
    }

    #[tokio::test(start_paused = true)]
    async fn a_peer_that_takes_a_little_now_and_then_is_not() {
        let (mut client, server) = tokio::io::duplex(1);
        let mut server = Stall::new(server, PATIENCE);
        let writing = tokio::spawn(async move {
            server.write_all(&[0; 8]).await?;
            server.flush().await
        });
        let mut byte = [0; 1];
        for _ in 0..8 {
            // Half as long as the server's patience, eight times over.
            let nothing_more = tokio::time::timeout(PATIENCE / 2, std::future::pending::<()>()).await;
            assert!(nothing_more.is_err());
            client.read_exact(&mut byte).await.unwrap();
        }
        writing.await.unwrap().unwrap();
    }
}
