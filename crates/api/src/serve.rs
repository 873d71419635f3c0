//! Connections: accepting, bounding and draining them.

use std::{convert::Infallible, future::Future, time::Duration};

use axum::{Router, body::Body};
use hyper::{Request, body::Incoming, service::service_fn};
use hyper_util::{
    rt::{TokioExecutor, TokioIo, TokioTimer},
    server::{conn::auto::Builder, graceful::GracefulShutdown},
};
use tokio::net::TcpListener;
use tower::Service as _;

use crate::http::ConnectionPeer;

/// Limits of the connections of one listener.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServeLimits {
    /// Connections open at once; the next one waits in the kernel.
    pub connections: usize,
    /// How long the head of a request may take, and how long an idle connection is kept.
    pub head_timeout: Duration,
}

impl Default for ServeLimits {
    fn default() -> Self {
        Self { connections: 16_384, head_timeout: Duration::from_secs(10) }
    }
}

/// Serves `router` until `stop` completes; then stops accepting, lets requests under way finish for at most `drain`, and
/// closes what is left.
pub async fn serve(listener: TcpListener, router: Router, limits: ServeLimits, stop: impl Future<Output = ()>, drain: Duration) {
    let graceful = GracefulShutdown::new();
    let builder = builder(&limits);
    let mut stop = std::pin::pin!(stop);
    loop {
        let accepted = tokio::select! {
            () = &mut stop => break,
            accepted = listener.accept() => accepted,
        };
        let Ok((stream, peer)) = accepted else { continue };
        let router = router.clone();
        let service = service_fn(move |request: Request<Incoming>| {
            let mut request = request.map(Body::new);
            request.extensions_mut().insert(ConnectionPeer(peer));
            let mut router = router.clone();
            async move { Ok::<_, Infallible>(router.call(request).await.unwrap_or_else(|never| match never {})) }
        });
        let connection = builder.serve_connection(TokioIo::new(stream), service).into_owned();
        let watched = graceful.watch(connection);
        tokio::spawn(async move {
            if let Err(error) = watched.await {
                tracing::debug!(error, "a connection ended badly");
            }
        });
    }
    drop(listener);
    if tokio::time::timeout(drain, graceful.shutdown()).await.is_err() {
        tracing::warn!("requests were still under way when the time to drain was over");
    }
}

fn builder(limits: &ServeLimits) -> Builder<TokioExecutor> {
    let mut builder = Builder::new(TokioExecutor::new());
    builder.http1().timer(TokioTimer::new()).header_read_timeout(limits.head_timeout).max_buf_size(64 * 1024);
    builder.http2().timer(TokioTimer::new()).max_header_list_size(16 * 1024).max_concurrent_streams(100);
    builder
}
