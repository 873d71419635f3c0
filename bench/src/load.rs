//! Keeps a number of requests in flight for a while, one connection each.

use std::{net::SocketAddr, time::Duration};

use tokio::task::JoinSet;

use crate::{clock::Stopwatch, connection::Connection, statistics::Spread};

/// What came of it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Load {
    /// Answers with the expected status in a second.
    pub(crate) per_s: f64,
    /// Any other answer.
    pub(crate) refused: usize,
    /// Milliseconds from the first byte sent to the last one read.
    pub(crate) took_ms: Spread,
}

/// For `lasting`, connection `n` of `connections` sends what `requests(n)` makes, each as soon as the last was answered.
pub(crate) async fn keep_up<R: FnMut() -> Vec<u8> + Send + 'static>(
    address: SocketAddr,
    connections: usize,
    lasting: Duration,
    status: u16,
    requests: impl Fn(usize) -> R,
) -> anyhow::Result<Load> {
    let mut open = Vec::new();
    for number in 0..connections {
        open.push((Connection::open(address).await?, requests(number)));
    }
    let watch = Stopwatch::start();
    let mut tasks = JoinSet::new();
    for (mut connection, mut request) in open {
        tasks.spawn(async move {
            let (mut took, mut refused) = (Vec::with_capacity(4_096), 0);
            while watch.elapsed() < lasting {
                let bytes = request();
                let sent = Stopwatch::start();
                let (seen, _) = connection.ask(&bytes).await?;
                took.push(sent.elapsed().as_secs_f64() * 1e3);
                refused += usize::from(seen != status);
            }
            anyhow::Ok((took, refused))
        });
    }
    let (mut took, mut refused) = (Vec::new(), 0);
    while let Some(one) = tasks.join_next().await {
        let one = one??;
        took.extend(one.0);
        refused += one.1;
    }
    let per_s = watch.rate(took.len() - refused);
    Ok(Load { per_s, refused, took_ms: Spread::of(took) })
}
