//! Connections: accepting, bounding and draining them.
//!
//! ```text
//!   accept (as many as there are permits) ─► first bytes ─► HTTP/1.1 or HTTP/2 ─► router
//!   stop ─► no more accepts ─► requests under way finish, idle connections close ─► after `drain`: what is left is cut
//! ```
//!
//! Live streams never finish by themselves: whoever stops the process also drains the hub, and their connections end here. A
//! connection that has become a WebSocket is no connection of the HTTP server any more: its [`Tether`] keeps it counted, waited for
//! and cut like the others.
//!
//! The timeouts here are about sockets, not about the product: they are measured by the runtime, not by [`kernel::Clock`].

mod greeting;
mod head;
mod stall;
mod tether;

use std::{convert::Infallible, future::Future, io, net::SocketAddr, sync::Arc, time::Duration};

use axum::{Router, body::Body};
use hyper::{Request, body::Incoming, service::service_fn};
use hyper_util::{
    rt::{TokioExecutor, TokioIo, TokioTimer},
    server::{
        conn::auto::Builder,
        graceful::{GracefulShutdown, Watcher},
    },
};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::{OwnedSemaphorePermit, Semaphore, watch},
    task::JoinSet,
};
use tower::Service as _;

use self::{
    greeting::Greeting,
    head::{Begun, HeadTimer, Watched},
    stall::{Stall, give_up_after},
};
use crate::http::ConnectionPeer;

pub(crate) use tether::Tether;

/// Where a head stops being one: `edge` refuses 16 KiB with a problem document, this is for what is far beyond.
const MAX_HEAD_BYTES: usize = 64 * 1024;
/// The largest header list of HTTP/2, announced to the client.
const MAX_HEADER_LIST_BYTES: u32 = 16 * 1024;
/// Requests at once on one HTTP/2 connection.
const MAX_CONCURRENT_STREAMS: u32 = 128;
/// How often a silent HTTP/2 connection is asked whether it lives, and how long it may think about it.
const PING_INTERVAL: Duration = Duration::from_secs(30);
const PING_TIMEOUT: Duration = Duration::from_secs(10);
/// How long to wait when the process has no file descriptors left.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// Limits of the connections of one listener.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServeLimits {
    /// Connections open at once; the next one waits in the kernel's queue.
    pub connections: usize,
    /// How long the head of a request may take to arrive once its first byte has, and the first byte of a connection.
    pub head_timeout: Duration,
    /// How long a connection of HTTP/1.1 is kept open between two requests.
    pub idle_timeout: Duration,
    /// How long a peer may take nothing of what is sent to it; then the connection is cut, and with it what it holds.
    pub write_timeout: Duration,
}

impl Default for ServeLimits {
    fn default() -> Self {
        Self {
            connections: 10_000,
            head_timeout: Duration::from_secs(10),
            idle_timeout: Duration::from_secs(75),
            write_timeout: Duration::from_secs(30),
        }
    }
}

/// Serves `router` until `stop` completes; then stops accepting, lets requests under way finish for at most `drain`, and
/// closes what is left. Dropping the future closes everything at once.
pub async fn serve(listener: TcpListener, router: Router, limits: ServeLimits, stop: impl Future<Output = ()>, drain: Duration) {
    let permits = Arc::new(Semaphore::new(limits.connections));
    let server = Server { builder: builder(&limits), router, limits };
    let graceful = GracefulShutdown::new();
    // Everybody who holds an end of it is a connection that is still open; when this end is dropped, they are cut.
    let (open, _) = watch::channel(());
    let mut connections = JoinSet::new();
    let mut stop = std::pin::pin!(stop);
    loop {
        tokio::select! {
            () = &mut stop => break,
            Some(_) = connections.join_next() => {}
            (accepted, permit) = accept(&listener, &permits, server.limits.write_timeout) => match accepted {
                Ok((stream, peer)) => {
                    let tether = Tether::new(permit, open.subscribe());
                    connections.spawn(server.connection(stream, peer, tether, graceful.watcher()));
                }
                Err(error) => endure(&error).await,
            },
        }
    }
    drop(listener);
    let drained = async {
        graceful.shutdown().await;
        open.closed().await;
    };
    if tokio::time::timeout(drain, drained).await.is_err() {
        tracing::warn!(connections = open.receiver_count(), "still under way when the time to drain was over: cut");
    }
    connections.shutdown().await;
}

/// The next connection, once there is room for it; its peer may take nothing for so long. Cancel-safe: no connection is accepted and lost.
async fn accept(
    listener: &TcpListener,
    permits: &Arc<Semaphore>,
    patience: Duration,
) -> (io::Result<(TcpStream, SocketAddr)>, Option<OwnedSemaphorePermit>) {
    // The semaphore is never closed; without a permit there would simply be no limit.
    let permit = Arc::clone(permits).acquire_owned().await.ok();
    let accepted = listener.accept().await;
    if let Ok((stream, _)) = &accepted {
        // Answers are small and complete: waiting for more to send only makes them late.
        if let Err(error) = stream.set_nodelay(true).and_then(|()| give_up_after(stream, patience)) {
            tracing::debug!(%error, "a connection keeps its delays");
        }
    }
    (accepted, permit)
}

/// A connection that broke before it was accepted is nobody's fault; a lack of descriptors passes, if it is not asked again
/// at once.
#[expect(clippy::disallowed_methods, reason = "a pause between two system calls; no rule of the product depends on it")]
async fn endure(error: &io::Error) {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset, Interrupted};
    if matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset | Interrupted) {
        return;
    }
    tracing::warn!(%error, "no connection can be accepted at the moment");
    tokio::time::sleep(ACCEPT_PAUSE).await;
}

struct Server {
    builder: Builder<TokioExecutor>,
    router: Router,
    limits: ServeLimits,
}

impl Server {
    fn connection(
        &self,
        stream: TcpStream,
        peer: SocketAddr,
        tether: Tether,
        watcher: Watcher,
    ) -> impl Future<Output = ()> + Send + use<> {
        let router = self.router.clone();
        let held = tether.clone();
        let service = service_fn(move |request: Request<Incoming>| {
            let mut request = request.map(Body::new);
            request.extensions_mut().insert(ConnectionPeer(peer));
            request.extensions_mut().insert(held.clone());
            let mut router = router.clone();
            async move { Ok::<_, Infallible>(router.call(request).await.unwrap_or_else(|never| match never {})) }
        });
        let begun = Begun::default();
        let stream = Greeting::new(Watched::new(stream, begun.clone()), self.limits.head_timeout);
        let io = TokioIo::new(Stall::new(stream, self.limits.write_timeout));
        let mut builder = self.builder.clone();
        builder.http1().timer(HeadTimer { begun, patience: self.limits.head_timeout });
        let connection = watcher.watch(builder.serve_connection_with_upgrades(io, service).into_owned());
        async move {
            if let Err(error) = connection.await {
                // A peer that went away, was too slow or spoke no HTTP: of interest only to who looks for it.
                tracing::debug!(error = &*error, %peer, "a connection ended early");
            }
            drop(tether);
        }
    }
}

fn builder(limits: &ServeLimits) -> Builder<TokioExecutor> {
    let mut builder = Builder::new(TokioExecutor::new());
    // Each connection has a timer of its own, which is quicker once a head has begun.
    builder.http1().header_read_timeout(limits.idle_timeout).max_buf_size(MAX_HEAD_BYTES);
    builder
        .http2()
        .timer(TokioTimer::new())
        .max_header_list_size(MAX_HEADER_LIST_BYTES)
        .max_concurrent_streams(MAX_CONCURRENT_STREAMS)
        .keep_alive_interval(PING_INTERVAL)
        .keep_alive_timeout(PING_TIMEOUT);
    builder
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(target_os = "linux")]
    #[tokio::test]
    async fn a_connection_whose_peer_acknowledges_nothing_is_given_up_after_a_while() {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let _client = TcpStream::connect(listener.local_addr().expect("an address")).await.expect("connected");
        let (accepted, _permit) = accept(&listener, &Arc::new(Semaphore::new(1)), Duration::from_secs(30)).await;
        let (stream, _) = accepted.expect("a connection");
        assert_eq!(rustix::net::sockopt::tcp_user_timeout(&stream).expect("an option"), 30_000);
    }
}
