//! Listens to live streams as a browser would, and notes when each reminder arrives.

use std::{
    net::SocketAddr,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use anyhow::{bail, ensure};
use kernel::Instant;
use tokio::task::JoinSet;

use crate::{
    clock::{self, Stopwatch},
    connection::{Connection, request},
};

/// A reminder that arrived.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Arrival {
    pub(crate) due_at: Instant,
    pub(crate) at: Instant,
}

impl Arrival {
    /// Milliseconds from due to arrived; below zero if it rang early.
    pub(crate) fn late_ms(&self) -> f64 {
        #[expect(clippy::cast_precision_loss, reason = "microseconds of minutes")]
        let micros = (self.at.as_micros() - self.due_at.as_micros()) as f64;
        micros / 1e3
    }
}

/// Open streams.
pub(crate) struct Listeners {
    arrivals: Arc<Mutex<Vec<Arrival>>>,
    count: Arc<AtomicUsize>,
    tasks: JoinSet<anyhow::Result<()>>,
}

impl Listeners {
    /// Opens the own stream of each of `tokens`.
    pub(crate) async fn open(address: SocketAddr, tokens: &[String]) -> anyhow::Result<Self> {
        let (arrivals, count) = (Arc::new(Mutex::new(Vec::new())), Arc::new(AtomicUsize::new(0)));
        let mut tasks = JoinSet::new();
        for token in tokens {
            let mut connection = Connection::open(address).await?;
            let status = connection.follow(&request("GET", "/api/v1/me/stream", Some(token), "")).await?;
            ensure!(status == 200, "a live stream was refused with {status}");
            let (arrivals, count) = (Arc::clone(&arrivals), Arc::clone(&count));
            tasks.spawn(async move {
                let mut reader = Reader::default();
                loop {
                    let bytes = connection.more().await?;
                    let at = clock::now();
                    let new = reader.take(&bytes, at)?;
                    if !new.is_empty() {
                        count.fetch_add(new.len(), Ordering::Relaxed);
                        arrivals.lock().unwrap_or_else(PoisonError::into_inner).extend(new);
                    }
                }
            });
        }
        Ok(Self { arrivals, count, tasks })
    }

    /// Waits for `expected` arrivals, at most `patience`.
    pub(crate) async fn wait_for(&mut self, expected: usize, patience: Duration) -> anyhow::Result<()> {
        let watch = Stopwatch::start();
        while self.count.load(Ordering::Relaxed) < expected {
            if let Some(ended) = self.tasks.try_join_next() {
                ended??;
                bail!("a live stream ended");
            }
            let arrived = self.count.load(Ordering::Relaxed);
            ensure!(watch.elapsed() < patience, "{arrived} of {expected} reminders arrived within {patience:?}");
            clock::pause(Duration::from_millis(20)).await;
        }
        Ok(())
    }

    /// Closes the streams; what arrived.
    pub(crate) async fn close(mut self) -> Vec<Arrival> {
        self.tasks.shutdown().await;
        std::mem::take(&mut *self.arrivals.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// What follows the data of a chunk.
const LINE_END: usize = "\r\n".len();

/// Takes the chunked coding (RFC 9112, section 7.1) and the lines of server-sent events apart, and answers the reminders.
#[derive(Default)]
struct Reader {
    /// Bytes of the present chunk that are still to come, with the line end after it.
    chunk: usize,
    /// The beginning of the line that says how long the next chunk is.
    size: Vec<u8>,
    line: Vec<u8>,
}

impl Reader {
    fn take(&mut self, mut bytes: &[u8], at: Instant) -> anyhow::Result<Vec<Arrival>> {
        let mut arrivals = Vec::new();
        while !bytes.is_empty() {
            if self.chunk == 0 {
                bytes = self.read_size(bytes)?;
                continue;
            }
            let data = self.chunk.saturating_sub(LINE_END);
            let (part, rest) = bytes.split_at(bytes.len().min(if data > 0 { data } else { self.chunk }));
            self.chunk -= part.len();
            bytes = rest;
            if data == 0 {
                continue;
            }
            for part in part.split_inclusive(|&byte| byte == b'\n') {
                self.line.extend_from_slice(part);
                if part.ends_with(b"\n") {
                    arrivals.extend(arrival(&self.line, at));
                    self.line.clear();
                }
            }
        }
        Ok(arrivals)
    }

    fn read_size<'b>(&mut self, bytes: &'b [u8]) -> anyhow::Result<&'b [u8]> {
        let end = bytes.iter().position(|&byte| byte == b'\n').map_or(bytes.len(), |at| at + 1);
        let (head, rest) = bytes.split_at(end);
        self.size.extend_from_slice(head);
        if self.size.ends_with(b"\n") {
            let size = usize::from_str_radix(std::str::from_utf8(&self.size)?.trim(), 16)?;
            ensure!(size > 0, "the live stream ended");
            self.chunk = size + LINE_END;
            self.size.clear();
        }
        Ok(rest)
    }
}

/// The due time out of `data: {…"due_at":"…"…}`: only reminders carry one.
fn arrival(line: &[u8], at: Instant) -> Option<Arrival> {
    const KEY: &str = "\"due_at\":\"";
    let text = std::str::from_utf8(line).ok()?.strip_prefix("data:")?;
    let (due_at, _) = text[text.find(KEY)? + KEY.len()..].split_once('"')?;
    Some(Arrival { due_at: due_at.parse().ok()?, at })
}

#[cfg(test)]
mod tests {
    use super::*;

    const EVENTS: &str = "retry: 1000\n\nid: 1-1\nevent: notification.created\ndata: {\"data\":{\"due_at\":\"2026-11-20T00:30:00Z\"}}\n\n\
                          event: unread.changed\ndata: {\"count\":1}\n\n";

    fn chunked(text: &str, size: usize) -> Vec<u8> {
        let chunks = text.as_bytes().chunks(size);
        chunks.flat_map(|c| [format!("{:x}\r\n", c.len()).as_bytes(), c, b"\r\n"].concat()).collect()
    }

    #[test]
    fn a_reminder_is_found_however_the_stream_is_cut() {
        for chunk in [7, 50, 1_000] {
            let bytes = chunked(&EVENTS.repeat(2), chunk);
            for cut in 1..bytes.len() {
                let (mut reader, at) = (Reader::default(), Instant::EPOCH);
                let mut found = reader.take(&bytes[..cut], at).unwrap();
                found.extend(reader.take(&bytes[cut..], at).unwrap());
                let due: Vec<String> = found.iter().map(|a| a.due_at.to_string()).collect();
                assert_eq!(due, ["2026-11-20T00:30:00Z", "2026-11-20T00:30:00Z"], "chunk {chunk}, cut {cut}");
            }
        }
    }
}
