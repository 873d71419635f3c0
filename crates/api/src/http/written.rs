//! Answers that are written while they are sent.
//!
//! A page is read when the reader has taken the one before: a slow one holds a page in memory, and nothing of the database. It holds its
//! places as well, among all requests and among its caller's, so it is not waited for for ever ([`SILENCE`]).

use std::{
    future::Future,
    io,
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError, Weak},
    task::{Context, Poll},
    time::Duration,
};

use axum::{
    body::{Body, Bytes, HttpBody},
    response::Response,
};
use futures_util::{
    future::{Either, select},
    stream,
};
use hyper::body::{Frame, SizeHint};
use kernel::{Category, Clock};
use tokio::sync::oneshot;

/// How long the reader of such an answer may take nothing of it; then it breaks off. A connection on which nothing moves at all is cut after
/// half of that (`ServeLimits::write_timeout`); this is for a reader who takes a byte now and then, and for one who opens no window on a
/// connection of HTTP/2 that is alive. Between two pages lie some 100 KB, which the slowest of lines carries in this time.
const SILENCE: Duration = Duration::from_mins(1);

/// Something that is written piece by piece.
pub(crate) trait Pieces: Send + 'static {
    /// The next piece; `None` at the end.
    fn next(&mut self) -> impl Future<Output = io::Result<Option<Bytes>>> + Send;
}

/// The pieces as a body. When one of them cannot be read the answer ends without its end, and its reader sees that.
pub(crate) fn body<P: Pieces>(pieces: P) -> Body {
    Body::from_stream(stream::try_unfold(pieces, |mut pieces| async move {
        let piece = pieces.next().await?;
        Ok::<_, io::Error>(piece.map(|piece| (piece, pieces)))
    }))
}

/// Notes why something is not written to its end. Nothing is wrong where its reader may not read it any more, or it is forgotten.
pub(crate) fn broken_off(name: &str, error: &app::Error) -> io::Error {
    if matches!(error.category(), Category::Unauthenticated | Category::NotFound) {
        tracing::info!(%error, "{name} was not written to its end");
    } else {
        tracing::error!(%error, "{name} was not written to its end");
    }
    io::Error::other(error.to_string())
}

/// The answer, which keeps `places` until its last byte, until its reader goes, or until they have taken nothing for [`SILENCE`].
pub(crate) fn held<P: Send + 'static>(response: Response, places: P, clock: Arc<dyn Clock>) -> Response {
    response.map(|body| {
        let state = State { body: Some(body), places: Some(places), idle_since: Some(clock.monotonic()) };
        let state = Arc::new(Mutex::new(state));
        let (over, is_over) = oneshot::channel();
        tokio::spawn(watch(Arc::downgrade(&state), Arc::clone(&clock), is_over));
        Body::new(Held { state, clock, _over: over })
    })
}

/// A body that is not waited for for ever.
struct Held<P> {
    state: Arc<Mutex<State<P>>>,
    clock: Arc<dyn Clock>,
    /// Whoever watches ends when this is dropped.
    _over: oneshot::Sender<()>,
}

struct State<P> {
    /// `None` once it was not waited for any longer.
    body: Option<Body>,
    places: Option<P>,
    /// When it gave what its reader has not come back from yet; `None` while it is asked.
    idle_since: Option<Duration>,
}

fn lock<P>(state: &Mutex<State<P>>) -> MutexGuard<'_, State<P>> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

impl<P: Send + 'static> HttpBody for Held<P> {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let mut state = lock(&self.state);
        state.idle_since = None;
        let Some(body) = &mut state.body else {
            return Poll::Ready(Some(Err(axum::Error::new(io::Error::from(io::ErrorKind::TimedOut)))));
        };
        let frame = Pin::new(body).poll_frame(cx);
        if frame.is_ready() {
            state.idle_since = Some(self.clock.monotonic());
        }
        frame
    }

    fn is_end_stream(&self) -> bool {
        lock(&self.state).body.as_ref().is_some_and(HttpBody::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        lock(&self.state).body.as_ref().map(HttpBody::size_hint).unwrap_or_default()
    }
}

/// Lets go of what an answer holds when its reader has been silent for too long.
async fn watch<P: Send + 'static>(watched: Weak<Mutex<State<P>>>, clock: Arc<dyn Clock>, mut is_over: oneshot::Receiver<()>) {
    let mut nap = SILENCE;
    while let Either::Left(_) = select(clock.sleep(nap), &mut is_over).await {
        let Some(state) = watched.upgrade() else { return };
        let mut state = lock(&state);
        let idle = state.idle_since.map_or(Duration::ZERO, |since| clock.monotonic().saturating_sub(since));
        if idle >= SILENCE {
            tracing::info!("an answer was not written to its end: its reader took nothing of it any more");
            (state.body, state.places) = (None, None);
            return;
        }
        nap = SILENCE.saturating_sub(idle);
    }
}

#[cfg(test)]
mod tests {
    use axum::response::IntoResponse as _;
    use futures_util::FutureExt as _;
    use http_body_util::BodyExt as _;
    use testkit::TestClock;

    use super::*;

    const LITTLE_LESS: Duration = Duration::from_secs(SILENCE.as_secs() - 1);

    /// An answer of three pieces, and what it holds.
    fn answer(clock: &TestClock) -> (Body, Weak<()>) {
        let pieces = stream::iter(["one", "two", "three"].map(Ok::<_, io::Error>));
        let places = Arc::new(());
        let held_by_it = Arc::downgrade(&places);
        (held(Body::from_stream(pieces).into_response(), places, Arc::new(clock.clone())).into_body(), held_by_it)
    }

    async fn asleep(clock: &TestClock) {
        while clock.sleepers() == 0 {
            tokio::task::yield_now().await;
        }
    }

    #[tokio::test]
    async fn whoever_reads_slowly_gets_all_of_it_and_nothing_is_left_behind() {
        let clock = TestClock::default();
        let (mut body, places) = answer(&clock);
        for expected in ["one", "two", "three"] {
            // Whoever watches looks at every moment at which it could be too late.
            for _ in 0..LITTLE_LESS.as_secs() {
                asleep(&clock).await;
                clock.advance(Duration::from_secs(1));
                tokio::task::yield_now().await;
            }
            let frame = body.frame().await.expect("a frame").expect("a piece");
            assert_eq!(frame.into_data().expect("data"), expected);
        }
        assert!(body.frame().await.is_none() && places.strong_count() == 1);
        drop(body);
        while clock.sleepers() > 0 {
            tokio::task::yield_now().await;
        }
        assert_eq!(places.strong_count(), 0);
    }

    #[tokio::test]
    async fn whoever_takes_nothing_for_too_long_holds_nothing_any_more_and_learns_that_it_is_not_all() {
        let clock = TestClock::default();
        let (mut body, places) = answer(&clock);
        body.frame().await.expect("a frame").expect("a piece");
        asleep(&clock).await;
        clock.advance(LITTLE_LESS);
        tokio::task::yield_now().await;
        assert_eq!(places.strong_count(), 1);
        clock.advance(Duration::from_secs(1));
        while places.strong_count() > 0 {
            tokio::task::yield_now().await;
        }
        body.frame().await.expect("a frame").expect_err("it broke off");
    }

    #[tokio::test]
    async fn a_reader_who_waits_for_us_is_not_silent() {
        let clock = TestClock::default();
        let places = Arc::new(());
        let held_by_it = Arc::downgrade(&places);
        let never = Body::from_stream(stream::pending::<io::Result<Bytes>>());
        let mut body = held(never.into_response(), places, Arc::new(clock.clone())).into_body();
        assert!(body.frame().now_or_never().is_none());
        for _ in 0..3 {
            asleep(&clock).await;
            clock.advance(SILENCE);
            tokio::task::yield_now().await;
        }
        assert_eq!(held_by_it.strong_count(), 1);
    }
}
