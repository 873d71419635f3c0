//! Everybody who listens: connections that are read on one thread, which must cost less than the server that is measured.
//!
//! Whoever publishes puts a stamp into each message, `@T` and sixteen hexadecimal digits of nanoseconds and `;`. Each stamp that
//! arrives on a connection is one delivery, whatever the wire around it looks like.

use std::{
    net::SocketAddr,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    thread::JoinHandle,
    time::Duration,
};

use anyhow::{Context as _, bail, ensure};
use tokio::{
    io::AsyncWriteExt as _,
    net::TcpStream,
    sync::Semaphore,
    task::{JoinSet, LocalSet},
};

use crate::clock::{self, Stopwatch};

/// Bytes of a stamp.
const STAMP: usize = 19;

/// Connections that are opened at a time.
const OPENING: usize = 128;

/// A stamp of this moment.
pub(super) fn stamp(watch: Stopwatch) -> String {
    format!("@T{:016x};", watch.elapsed().as_nanos())
}

/// What a listener sends, and what it waits for before it is told anything.
#[derive(Clone, Debug)]
pub(super) struct Greeting {
    /// What is sent when all of the one before was heard.
    pub(super) say: Vec<Vec<u8>>,
    /// What is waited for after each of these.
    pub(super) hear: Vec<&'static str>,
}

/// What was heard.
#[derive(Clone, Debug, Default)]
pub(super) struct Heard {
    /// Milliseconds from publishing to arriving, of each delivery.
    pub(super) late_ms: Vec<f64>,
    /// Nanoseconds of the first stamp and of the last arrival.
    first: u128,
    last: u128,
}

impl Heard {
    /// Deliveries per second, from the first published to the last arrived.
    pub(super) fn per_s(&self) -> f64 {
        #[expect(clippy::cast_precision_loss, reason = "counts and nanoseconds of minutes")]
        let (count, span) = (self.late_ms.len() as f64, (self.last.saturating_sub(self.first)) as f64);
        count / (span / 1e9)
    }
}

/// Open connections.
pub(super) struct Audience {
    thread: Option<JoinHandle<anyhow::Result<()>>>,
    shared: Arc<Shared>,
}

struct Shared {
    watch: Stopwatch,
    ready: AtomicU64,
    count: AtomicU64,
    ended: AtomicBool,
    heard: Mutex<Heard>,
}

impl Audience {
    /// Opens `size` connections, which take the greetings in turn, and waits until each was greeted.
    pub(super) async fn open(address: SocketAddr, greetings: &[Greeting], size: u32, watch: Stopwatch) -> anyhow::Result<Self> {
        let shared = Arc::new(Shared {
            watch,
            ready: AtomicU64::new(0),
            count: AtomicU64::new(0),
            ended: AtomicBool::new(false),
            heard: Mutex::default(),
        });
        let theirs = Arc::clone(&shared);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let greetings: Vec<_> = greetings.iter().cycle().take(size as usize).cloned().collect();
        let listen = move || LocalSet::new().block_on(&runtime, listen(address, greetings, theirs));
        let audience = Self { thread: Some(std::thread::Builder::new().name("audience".to_owned()).spawn(listen)?), shared };
        audience.wait(&audience.shared.ready, size.into(), "connections were greeted").await?;
        Ok(audience)
    }

    /// Waits for so many deliveries.
    pub(super) async fn hear(&self, expected: u64) -> anyhow::Result<()> {
        self.wait(&self.shared.count, expected, "deliveries arrived").await
    }

    /// Forgets what was heard, and answers it.
    pub(super) fn take(&self) -> Heard {
        self.shared.count.store(0, Ordering::SeqCst);
        std::mem::take(&mut *self.shared.heard.lock().unwrap_or_else(PoisonError::into_inner))
    }

    async fn wait(&self, count: &AtomicU64, expected: u64, what: &str) -> anyhow::Result<()> {
        let watch = Stopwatch::start();
        loop {
            let there = count.load(Ordering::SeqCst);
            if there >= expected {
                return Ok(());
            }
            if self.thread.as_ref().is_some_and(JoinHandle::is_finished) {
                bail!("a connection ended when {there} of {expected} {what}");
            }
            ensure!(watch.elapsed() < Duration::from_mins(1), "{there} of {expected} {what} within a minute");
            clock::pause(Duration::from_millis(2)).await;
        }
    }
}

impl Drop for Audience {
    fn drop(&mut self) {
        self.shared.ended.store(true, Ordering::SeqCst);
        if let Some(Ok(Err(error))) = self.thread.take().map(JoinHandle::join) {
            eprintln!("an audience ended: {error:#}");
        }
    }
}

async fn listen(address: SocketAddr, greetings: Vec<Greeting>, shared: Arc<Shared>) -> anyhow::Result<()> {
    let (opening, mut listeners) = (Arc::new(Semaphore::new(OPENING)), JoinSet::new());
    for greeting in greetings {
        let (opening, shared) = (Arc::clone(&opening), Arc::clone(&shared));
        listeners.spawn_local(async move {
            let turn = opening.acquire().await?;
            let mut listener = Listener::open(address, &greeting).await?;
            drop(turn);
            shared.ready.fetch_add(1, Ordering::SeqCst);
            listener.listen(&shared).await
        });
    }
    while !shared.ended.load(Ordering::SeqCst) {
        if let Some(ended) = listeners.try_join_next() {
            ended??;
        }
        clock::pause(Duration::from_millis(20)).await;
    }
    Ok(())
}

/// One connection.
struct Listener {
    stream: TcpStream,
    /// The end of what was read, which may be the beginning of a stamp.
    rest: Vec<u8>,
}

thread_local! {
    /// What is read from one connection after the other.
    static BUFFER: std::cell::RefCell<Vec<u8>> = std::cell::RefCell::new(vec![0; 1 << 16]);
}

impl Listener {
    async fn open(address: SocketAddr, greeting: &Greeting) -> anyhow::Result<Self> {
        let mut stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        let (mut heard, mut rest) = (Vec::new(), Vec::new());
        for (say, hear) in greeting.say.iter().zip(&greeting.hear) {
            stream.write_all(say).await?;
            heard.clear();
            loop {
                if let Some(at) = heard.windows(hear.len()).position(|part| part == hear.as_bytes()) {
                    // What missed messages begin with may have come along.
                    rest = heard.split_off(at + hear.len());
                    break;
                }
                stream.readable().await?;
                match stream.try_read_buf(&mut heard) {
                    Ok(0) => bail!("refused: {}", String::from_utf8_lossy(&heard)),
                    Ok(_) => {}
                    Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => {}
                    Err(error) => return Err(error.into()),
                }
            }
        }
        Ok(Self { stream, rest })
    }

    async fn listen(&mut self, shared: &Shared) -> anyhow::Result<()> {
        loop {
            self.stream.readable().await?;
            BUFFER.with_borrow_mut(|buffer| self.read(buffer, shared))?;
        }
    }

    fn read(&mut self, buffer: &mut [u8], shared: &Shared) -> anyhow::Result<()> {
        let kept = self.rest.len();
        buffer[..kept].copy_from_slice(&self.rest);
        let read = match self.stream.try_read(&mut buffer[kept..]) {
            Ok(0) => bail!("the server closed a connection"),
            Ok(read) => read,
            Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => return Ok(()),
            Err(error) => return Err(error.into()),
        };
        let at = shared.watch.elapsed().as_nanos();
        let (stamps, end) = stamps(&buffer[..kept + read])?;
        self.rest.clear();
        self.rest.extend_from_slice(&buffer[end..kept + read]);
        if stamps.is_empty() {
            return Ok(());
        }
        let mut heard = shared.heard.lock().unwrap_or_else(PoisonError::into_inner);
        for stamp in &stamps {
            heard.first = if heard.late_ms.is_empty() { *stamp } else { heard.first.min(*stamp) };
            #[expect(clippy::cast_precision_loss, reason = "nanoseconds of minutes")]
            heard.late_ms.push(at.saturating_sub(*stamp) as f64 / 1e6);
        }
        heard.last = at;
        drop(heard);
        shared.count.fetch_add(stamps.len() as u64, Ordering::SeqCst);
        Ok(())
    }
}

/// The stamps in `bytes`, and from where on they are to be looked at again with what follows.
fn stamps(bytes: &[u8]) -> anyhow::Result<(Vec<u128>, usize)> {
    let (mut stamps, mut from) = (Vec::new(), 0);
    while let Some(at) = bytes[from..].iter().position(|&byte| byte == b'@').map(|at| from + at) {
        let part = &bytes[at..];
        if part.len() > 1 && part[1] != b'T' {
            from = at + 1;
        } else if part.len() < STAMP {
            return Ok((stamps, at));
        } else {
            let digits = std::str::from_utf8(&part[2..STAMP - 1])?;
            stamps.push(u128::from_str_radix(digits, 16).with_context(|| format!("no stamp: {digits}"))?);
            from = at + STAMP;
        }
    }
    Ok((stamps, bytes.len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stamp_is_found_however_the_bytes_are_cut() {
        let text = b"data: {\"text\":\"@T00000000000000ff;xx\"}\n\na@b @T0000000000000100;".as_slice();
        for cut in 0..text.len() {
            let (mut found, end) = stamps(&text[..cut]).unwrap();
            found.extend(stamps(&text[end..]).unwrap().0);
            assert_eq!(found, [255, 256], "cut at {cut}");
        }
    }
}
