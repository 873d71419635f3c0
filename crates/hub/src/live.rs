//! Drives [`Attach`] for one connection: reads the log, waits for hints and for time, and answers frames in batches.
//!
//! It is pulled: nothing is read or taken from the mailbox before the last batch is on its way. So what one reader can hold
//! of this process's memory is one page of the log and one mailbox, however slow it is, and nobody waits for it.

use std::{sync::Arc, time::Duration};

use futures_util::{
    Stream,
    future::{Either, select},
    stream,
};
use kernel::{Clock, Entropy, SleepFuture, StreamId};

use crate::{Attach, CloseReason, EventLog, Frame, Hub, HubError, LogError, Need, Owner, Since, Step, Subscription};

/// Time between two heartbeats.
pub const HEARTBEAT: Duration = Duration::from_secs(15);

/// How long a reader may leave a batch untouched. One that comes back later is told where to resume and sent away, so that
/// its place goes to somebody who reads.
pub const STALL: Duration = Duration::from_secs(30);

/// Readers are asked to come back after this many milliseconds, and up to as many again.
const RETRY_MS: f64 = 1_000.0;

/// Opens a live stream. A refusal comes before anything is read.
pub fn attach<L: EventLog>(
    hub: &Hub,
    log: L,
    stream: StreamId,
    owner: Owner,
    since: Since,
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
) -> Result<Attached<L>, HubError> {
    let subscription = hub.subscribe(stream, owner)?;
    let mut machine = Attach::new(since);
    machine.subscribed();
    let began = clock.monotonic();
    let pending = vec![Frame::Hello { retry_ms: retry_ms(&*entropy) }];
    Ok(Attached {
        subscription,
        machine,
        log,
        clock,
        entropy,
        pending,
        heartbeat_at: began + HEARTBEAT,
        offered_at: None,
        ended: false,
    })
}

/// Milliseconds after which to come back, jittered.
fn retry_ms(entropy: &dyn Entropy) -> u32 {
    let jittered = RETRY_MS * (1.0 + entropy.fraction());
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between one and two thousand")]
    let whole = jittered as u32;
    whole
}

/// One open stream.
pub struct Attached<L> {
    subscription: Subscription,
    machine: Attach,
    log: L,
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
    pending: Vec<Frame>,
    heartbeat_at: Duration,
    /// When the last batch was handed out (monotonic).
    offered_at: Option<Duration>,
    ended: bool,
}

impl<L: EventLog> Attached<L> {
    /// The frames as a stream of batches; the last batch ends with [`Frame::Close`].
    pub fn into_stream(self) -> impl Stream<Item = Vec<Frame>> + Send {
        stream::unfold(self, |mut attached| async move {
            let batch = attached.next().await?;
            Some((batch, attached))
        })
    }

    /// The next batch: everything there is to say at this moment. `None` after [`Frame::Close`].
    pub async fn next(&mut self) -> Option<Vec<Frame>> {
        if self.ended {
            return None;
        }
        let away = self.offered_at.map_or(Duration::ZERO, |at| self.clock.monotonic().saturating_sub(at));
        if away >= STALL {
            self.close(CloseReason::Lagged);
        }
        while self.pending.is_empty() {
            self.advance().await;
        }
        self.offered_at = Some(self.clock.monotonic());
        Some(std::mem::take(&mut self.pending))
    }

    async fn advance(&mut self) {
        if let Some(reason) = self.subscription.closed() {
            return self.close(reason);
        }
        match self.machine.need() {
            Need::Subscription => self.machine.subscribed(),
            Need::Extent => {
                let extent = unless_ended(self.log.extent(self.subscription.stream()), &self.subscription).await;
                self.with(extent, |machine, extent| machine.extent(extent).into_iter().collect());
            }
            Need::Page { after, limit } => {
                let page = unless_ended(self.log.page(self.subscription.stream(), after, limit), &self.subscription).await;
                self.with(page, Attach::page);
            }
            Need::Hints => self.wait().await,
        }
    }

    /// Waits for hints, or until the next heartbeat.
    async fn wait(&mut self) {
        let nap = self.heartbeat_at.saturating_sub(self.clock.monotonic());
        if within(self.clock.sleep(nap), self.subscription.filled()).await {
            let hints = self.subscription.take();
            let steps = self.machine.hints(hints);
            self.tell(steps);
        }
        let now = self.clock.monotonic();
        if now >= self.heartbeat_at {
            self.heartbeat_at = now + HEARTBEAT;
            self.pending.extend(self.machine.position().map(|head| Frame::Heartbeat { head }));
        }
    }

    /// Hands what was read to the machine, or ends the stream.
    fn with<T>(&mut self, read: Result<T, CloseReason>, give: impl FnOnce(&mut Attach, T) -> Vec<Step>) {
        match read {
            Ok(read) => {
                let steps = give(&mut self.machine, read);
                self.tell(steps);
                if self.machine.is_live()
                    && let Some(position) = self.machine.position()
                {
                    self.subscription.reached(position);
                }
            }
            Err(reason) => self.close(reason),
        }
    }

    fn tell(&mut self, steps: Vec<Step>) {
        self.pending.extend(steps.into_iter().map(|step| match step {
            Step::Ready { head } => Frame::Ready { head },
            Step::Event(shared) => Frame::Event(shared),
            Step::Gap { reason, head } => Frame::Gap { reason, head },
        }));
    }

    fn close(&mut self, reason: CloseReason) {
        let retry_ms = retry_ms(&*self.entropy);
        self.pending.push(Frame::Close { reason, resume_at: self.machine.position(), retry_ms });
        self.ended = true;
    }
}

/// Whether `awaited` comes before `end`.
async fn within(end: SleepFuture<'_>, awaited: impl Future<Output = ()>) -> bool {
    matches!(select(std::pin::pin!(awaited), end).await, Either::Left(_))
}

/// Reads the log, unless the stream is to end first: a revoked session does not wait for a slow database.
async fn unless_ended<T>(read: impl Future<Output = Result<T, LogError>>, subscription: &Subscription) -> Result<T, CloseReason> {
    let (read, ending) = (std::pin::pin!(read), std::pin::pin!(subscription.ending()));
    match select(read, ending).await {
        Either::Left((Ok(read), _)) => Ok(read),
        Either::Left((Err(LogError::Unavailable), _)) => Err(CloseReason::Unavailable),
        Either::Left((Err(LogError::Gone), _)) => Err(CloseReason::Gone),
        Either::Right((reason, _)) => Err(reason),
    }
}
