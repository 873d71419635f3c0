//! Drives one connection: an [`Attach`] for each of its streams. Reads the log, waits for hints and for time, and answers what is
//! to be said in batches.
//!
//! It is pulled: nothing is read or taken from the mailbox before the last batch is on its way. So what one connection can hold of
//! this process's memory is one batch and one mailbox, however slow it is and however many streams it reads, and nobody waits for
//! it. Its streams take turns: each gives a page of the log, or what waits of it, and then the next one has its say; a stream with
//! a million events to read does not keep the others from what happens now.

use std::{pin::Pin, sync::Arc, time::Duration};

use futures_util::{
    Stream,
    future::{Either, select},
    stream,
};
use kernel::{Clock, Entropy, Position, SleepFuture, StreamId};

use crate::{AsWritten, Attach, CloseReason, EventLog, Hub, HubError, Line, LogError, Need, Owner, Protocol, Since, Step, Word};

/// Time between two heartbeats.
pub const HEARTBEAT: Duration = Duration::from_secs(15);

/// How long a reader may leave a batch untouched. One that comes back later is told where to resume and sent away, so that
/// its place goes to somebody who reads.
pub const STALL: Duration = Duration::from_secs(30);

/// Readers are asked to come back after this many milliseconds, and up to as many again.
const RETRY_MS: f64 = 1_000.0;

/// A batch with so many events, or bytes of them, is handed out before the next stream has its turn.
const BATCH_EVENTS: usize = 500;
const BATCH_BYTES: usize = 256 * 1024;

/// One open connection. The protocol is a parameter for tests only.
pub struct Live<L, P = AsWritten> {
    line: Line,
    /// In the order in which they were subscribed.
    readers: Vec<Reader<P>>,
    /// Whose turn it is.
    turn: usize,
    log: L,
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
    pending: Vec<Word>,
    pending_events: usize,
    pending_bytes: usize,
    heartbeat_at: Duration,
    /// When the last batch was handed out (monotonic).
    offered_at: Option<Duration>,
    ended: bool,
}

struct Reader<P> {
    stream: StreamId,
    machine: Attach<P>,
}

impl<L: EventLog, P: Protocol + Send> Live<L, P> {
    /// Opens a connection that reads nothing yet. A refusal comes before anything is read.
    pub fn open(hub: &Hub, log: L, owner: Owner, clock: Arc<dyn Clock>, entropy: Arc<dyn Entropy>) -> Result<Self, HubError> {
        let line = hub.connect(owner)?;
        let heartbeat_at = clock.monotonic() + HEARTBEAT;
        let pending = vec![Word::Hello { retry_ms: jittered(&*entropy) }];
        Ok(Self {
            line,
            readers: Vec::new(),
            turn: 0,
            log,
            clock,
            entropy,
            pending,
            pending_events: 0,
            pending_bytes: 0,
            heartbeat_at,
            offered_at: None,
            ended: false,
        })
    }

    /// Reads `stream` from `since` on. If the connection reads it already, that ends, and it begins there anew. Whether its owner may
    /// is asked after this ([`Live::retract`]), so that who loses the right while that is found out is found here.
    pub fn subscribe(&mut self, stream: StreamId, since: Since) -> Result<(), HubError> {
        self.unsubscribe(stream);
        self.line.join(stream)?;
        let mut machine = Attach::new(since);
        machine.subscribed();
        self.readers.push(Reader { stream, machine });
        self.pending.push(Word::Began(stream));
        Ok(())
    }

    /// Takes back a subscription of which nothing was read yet: its owner may not.
    pub fn retract(&mut self, stream: StreamId) {
        self.readers.retain(|reader| reader.stream != stream);
        self.line.leave(stream);
        let began = self.pending.iter().rposition(|word| matches!(word, Word::Began(begun) if *begun == stream));
        if let Some(index) = began {
            self.pending.remove(index);
        }
    }

    /// Reads `stream` no longer; [`Word::Ended`] says where to resume it. Answers whether it was read.
    pub fn unsubscribe(&mut self, stream: StreamId) -> bool {
        let reader = self.readers.iter().position(|reader| reader.stream == stream);
        if let Some(index) = reader {
            self.end(index, CloseReason::Asked);
        }
        reader.is_some()
    }

    /// The streams that are read, and where each reader is once that is known.
    pub fn streams(&self) -> impl Iterator<Item = (StreamId, Option<Position>)> {
        self.readers.iter().map(|reader| (reader.stream, reader.machine.position()))
    }

    /// Milliseconds after which to come back, jittered.
    pub fn retry_ms(&self) -> u32 {
        jittered(&*self.entropy)
    }

    /// The words as a stream of batches; the last batch ends with [`Word::Close`].
    pub fn into_stream(self) -> impl Stream<Item = Vec<Word>> + Send {
        stream::unfold(self, |mut live| async move {
            let batch = live.next().await?;
            Some((batch, live))
        })
    }

    /// The next batch: what there is to say at this moment. `None` after [`Word::Close`]. Whoever stops waiting for it loses nothing.
    pub async fn next(&mut self) -> Option<Vec<Word>> {
        if self.ended {
            return None;
        }
        let away = self.offered_at.take().map_or(Duration::ZERO, |at| self.clock.monotonic().saturating_sub(at));
        if away >= STALL {
            self.close(CloseReason::Lagged);
        }
        while self.pending.is_empty() {
            self.round().await;
        }
        self.offered_at = Some(self.clock.monotonic());
        (self.pending_events, self.pending_bytes) = (0, 0);
        Some(std::mem::take(&mut self.pending))
    }

    /// Gives each stream its turn, and waits if none had anything to do.
    async fn round(&mut self) {
        if let Some(reason) = self.line.closed() {
            return self.close(reason);
        }
        let now = self.clock.monotonic();
        if now >= self.heartbeat_at {
            self.heartbeat_at = now + HEARTBEAT;
            let heads = self.positions();
            self.pending.push(Word::Heartbeat(heads));
        }
        let mut idle = true;
        for _ in 0..self.readers.len() {
            if self.ended || self.readers.is_empty() || self.is_full() {
                return;
            }
            let index = self.turn % self.readers.len();
            self.turn = index + 1;
            idle &= !self.serve(index).await;
        }
        if idle && self.pending.is_empty() {
            let nap = self.heartbeat_at.saturating_sub(self.clock.monotonic());
            first_of(self.line.filled(), self.clock.sleep(nap)).await;
        }
    }

    /// Does the one thing this stream needs; answers whether there was anything to do.
    async fn serve(&mut self, index: usize) -> bool {
        let Reader { stream, machine } = &mut self.readers[index];
        let stream = *stream;
        if let Some(reason) = self.line.stream_closed(stream) {
            // Nobody comes back to what is no more: what was announced until then is told first.
            if reason == CloseReason::Gone
                && matches!(machine.need(), Need::Hints)
                && let Some(hints) = self.line.take(stream)
            {
                let steps = machine.hints(hints);
                self.tell(stream, steps);
            }
            self.end(index, reason);
            return true;
        }
        match machine.need() {
            Need::Subscription => machine.subscribed(),
            Need::Extent => {
                let extent = unless_ended(Box::pin(self.log.extent(stream)), &self.line, stream).await;
                self.with(index, extent, |machine, extent| machine.extent(extent).into_iter().collect());
            }
            Need::Page { after, limit } => {
                let page = unless_ended(Box::pin(self.log.page(stream, after, limit)), &self.line, stream).await;
                self.with(index, page, Attach::page);
                if !P::TAKES_TURNS {
                    self.turn = index;
                }
            }
            Need::Hints => {
                let presence = self.line.take_presence(stream);
                let steps = self.line.take(stream).map(|hints| machine.hints(hints));
                if presence.is_none() && steps.is_none() {
                    return false;
                }
                self.tell(stream, steps.unwrap_or_default());
                // After what happened: who comes is told of in the room they come into.
                self.pending.extend(presence.map(|update| Word::Presence(stream, update)));
            }
        }
        true
    }

    /// Hands what was read to the machine of a stream, or ends what cannot be read.
    fn with<T>(&mut self, index: usize, read: Result<T, Unread>, give: impl FnOnce(&mut Attach<P>, T) -> Vec<Step>) {
        match read {
            Ok(read) => {
                let Reader { stream, machine } = &mut self.readers[index];
                let stream = *stream;
                let steps = give(machine, read);
                if machine.is_live()
                    && let Some(position) = machine.position()
                {
                    self.line.reached(stream, position);
                }
                self.tell(stream, steps);
            }
            Err(Unread::Log(LogError::Gone)) => self.end(index, CloseReason::Gone),
            Err(Unread::Log(LogError::Forbidden)) => self.end(index, CloseReason::Forbidden),
            Err(Unread::Log(LogError::Revoked)) => self.close(CloseReason::Revoked),
            Err(Unread::Log(LogError::Unavailable)) => self.close(CloseReason::Unavailable),
            // The next round says why.
            Err(Unread::Ending) => {}
        }
    }

    fn tell(&mut self, stream: StreamId, steps: Vec<Step>) {
        for mut step in steps {
            if let Step::Event(shared) = &mut step {
                if !self.log.shows(shared.event()) {
                    *shared = shared.withheld();
                }
                self.pending_events += 1;
                self.pending_bytes += shared.event().data.len();
            }
            self.pending.push(Word::Step(stream, step));
        }
    }

    fn is_full(&self) -> bool {
        self.pending_events >= BATCH_EVENTS || self.pending_bytes >= BATCH_BYTES
    }

    fn end(&mut self, index: usize, reason: CloseReason) {
        let Reader { stream, machine } = self.readers.remove(index);
        // The next one has moved to this place, and its turn with it.
        self.turn -= usize::from(self.turn > index);
        self.line.leave(stream);
        self.pending.push(Word::Ended { stream, reason, resume_at: machine.position() });
    }

    fn close(&mut self, reason: CloseReason) {
        let (resume_at, retry_ms) = (self.positions(), self.retry_ms());
        self.pending.push(Word::Close { reason, resume_at, retry_ms });
        self.ended = true;
    }

    fn positions(&self) -> Vec<(StreamId, Position)> {
        self.streams().filter_map(|(stream, position)| Some((stream, position?))).collect()
    }
}

/// Between one and two times [`RETRY_MS`].
fn jittered(entropy: &dyn Entropy) -> u32 {
    let jittered = RETRY_MS * (1.0 + entropy.fraction());
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between one and two thousand")]
    let whole = jittered as u32;
    whole
}

/// Waits for whichever comes first.
async fn first_of(awaited: impl Future<Output = ()>, end: SleepFuture<'_>) {
    select(std::pin::pin!(awaited), end).await;
}

/// Why nothing was read.
enum Unread {
    Log(LogError),
    Ending,
}

/// Reads the log, unless the stream is to end first: a revoked session does not wait for a slow database. The read has a box of its own,
/// because a connection mostly waits, and would carry the room for it all the while.
async fn unless_ended<T>(
    read: Pin<Box<impl Future<Output = Result<T, LogError>>>>,
    line: &Line,
    stream: StreamId,
) -> Result<T, Unread> {
    let ending = std::pin::pin!(line.ending(stream));
    match select(read, ending).await {
        Either::Left((read, _)) => read.map_err(Unread::Log),
        Either::Right(_) => Err(Unread::Ending),
    }
}
