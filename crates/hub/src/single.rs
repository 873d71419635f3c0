//! A connection that reads one stream: [`Live`] with one reader, and an end when that reader ends.

use std::sync::Arc;

use futures_util::{Stream, stream};
use kernel::{Clock, Entropy, StreamId};

use crate::{EventLog, Frame, Hub, HubError, Live, Owner, Since, Step, Word};

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
    let mut live = Live::open(hub, log, owner, clock, entropy)?;
    live.subscribe(stream, since)?;
    Ok(Attached { live, ended: false })
}

/// One open stream.
pub struct Attached<L> {
    live: Live<L>,
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
        while !self.ended {
            let words = self.live.next().await?;
            let mut frames = Vec::with_capacity(words.len());
            for word in words {
                frames.extend(self.frame(word));
            }
            if !frames.is_empty() {
                return Some(frames);
            }
        }
        None
    }

    fn frame(&mut self, word: Word) -> Option<Frame> {
        Some(match word {
            Word::Hello { retry_ms } => Frame::Hello { retry_ms },
            Word::Began(_) => return None,
            Word::Step(_, Step::Ready { head }) => Frame::Ready { head },
            Word::Step(_, Step::Event(shared)) => Frame::Event(shared),
            Word::Presence(_, update) => Frame::Presence(update),
            Word::Step(_, Step::Gap { reason, head }) => Frame::Gap { reason, head },
            Word::Heartbeat(heads) => Frame::Heartbeat { head: heads.first()?.1 },
            Word::Ended { reason, resume_at, .. } => {
                self.ended = true;
                Frame::Close { reason, resume_at, retry_ms: self.live.retry_ms() }
            }
            Word::Close { reason, resume_at, retry_ms } => {
                self.ended = true;
                Frame::Close { reason, resume_at: resume_at.first().map(|(_, position)| *position), retry_ms }
            }
        })
    }
}
