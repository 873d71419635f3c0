//! How long a connection may be idle, and how long the head of a request that has begun may take.
//!
//! hyper measures one time: from when it begins to wait for a head to when it has one. A connection between two requests and a
//! request that trickles in are the same to it. So it gets the longer time, and a timer ([`HeadTimer`]) that ends earlier once a
//! first byte has come ([`Watched`] sees it) and the rest does not follow.

use std::{
    future::Future,
    io,
    pin::Pin,
    sync::{Arc, Mutex, PoisonError},
    task::{Context, Poll},
    time::Duration,
};

use hyper::rt::{Sleep, Timer};
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    time::Instant,
};

/// When the first byte came after the last answer; `None` while there is none.
#[derive(Clone, Debug, Default)]
pub(super) struct Begun(Arc<Mutex<Option<Instant>>>);

impl Begun {
    fn get(&self) -> Option<Instant> {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    #[expect(clippy::disallowed_methods, reason = "a timeout of a socket; no rule of the product depends on it")]
    fn heard(&self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert_with(Instant::now);
    }

    fn answered(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }
}

/// A stream that notes when a request begins and when something is answered.
pub(super) struct Watched<S> {
    stream: S,
    begun: Begun,
}

impl<S> Watched<S> {
    /// Notes it in `begun`.
    pub(super) fn new(stream: S, begun: Begun) -> Self {
        Self { stream, begun }
    }

    fn noting(&self, written: Poll<io::Result<usize>>) -> Poll<io::Result<usize>> {
        if matches!(written, Poll::Ready(Ok(1..))) {
            self.begun.answered();
        }
        written
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Watched<S> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let read = Pin::new(&mut self.stream).poll_read(cx, buffer);
        if buffer.filled().len() > before {
            self.begun.heard();
        }
        read
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Watched<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(cx, bytes);
        self.noting(written)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write_vectored(cx, slices);
        self.noting(written)
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

/// The timer of the heads of one connection: it ends when hyper says, or `patience` after a request began.
#[derive(Clone, Debug)]
pub(super) struct HeadTimer {
    /// When the request began.
    pub(super) begun: Begun,
    /// How long its head may take from then on.
    pub(super) patience: Duration,
}

impl Timer for HeadTimer {
    fn sleep(&self, duration: Duration) -> Pin<Box<dyn Sleep>> {
        self.sleep_until(self.now() + duration)
    }

    fn sleep_until(&self, deadline: std::time::Instant) -> Pin<Box<dyn Sleep>> {
        let idle_until = Instant::from_std(deadline);
        Box::pin(Wait { timer: self.clone(), idle_until, sleep: Box::pin(tokio::time::sleep_until(idle_until)) })
    }

    #[expect(clippy::disallowed_methods, reason = "a timeout of a socket; no rule of the product depends on it")]
    fn now(&self) -> std::time::Instant {
        Instant::now().into_std()
    }
}

struct Wait {
    timer: HeadTimer,
    idle_until: Instant,
    sleep: Pin<Box<tokio::time::Sleep>>,
}

impl Future for Wait {
    type Output = ();

    /// hyper polls it again whenever bytes have come and are no whole head yet.
    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let head_until = self.timer.begun.get().map(|begun| begun + self.timer.patience);
        let until = head_until.map_or(self.idle_until, |head| head.min(self.idle_until));
        if self.sleep.deadline() != until {
            self.sleep.as_mut().reset(until);
        }
        self.sleep.as_mut().poll(cx)
    }
}

impl Sleep for Wait {}
