//! Where those are handed over who have no account, and the way there. A message that has left arrives, whatever becomes of who sent it.

use std::{
    cell::RefCell,
    collections::BTreeSet,
    rc::Rc,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use futures_util::future::{Either, select};
use kernel::{Clock, Instant};
use outbound::{Channel, Message, Outcome, PATIENCE};
use serde::Deserialize;
use tokio::sync::{mpsc, oneshot};

use super::super::{cluster::Cluster, executor::OUTSIDE, sabotage::Sabotage, scribe::Scribe};
use crate::{
    SeededEntropy,
    history::{
        Phase, What,
        campaigns::{Campaign, Said},
    },
};

/// Who is called so is never taken, as long as the sink is in its mood.
pub(super) const REFUSED: &str = "trap";

/// A message on its way.
pub(super) struct Letter {
    number: u64,
    line: Campaign,
    key: String,
    who: String,
    reply: oneshot::Sender<Outcome>,
}

/// Where messages are posted, over all nodes.
#[derive(Clone)]
pub(super) struct Post {
    letters: mpsc::UnboundedSender<Letter>,
    numbers: Arc<AtomicU64>,
}

impl Post {
    pub(super) fn new() -> (Self, mpsc::UnboundedReceiver<Letter>) {
        let (letters, received) = mpsc::unbounded_channel();
        (Self { letters, numbers: Arc::default() }, received)
    }
}

/// The way from a node to the sink.
pub(super) struct Wire {
    node: String,
    clock: Arc<dyn Clock>,
    scribe: Scribe,
    post: Post,
    sabotage: Option<Sabotage>,
}

#[derive(Deserialize)]
struct Body {
    product: Sold,
    round: i64,
    position: i64,
    recipient: Recipient,
}

#[derive(Deserialize)]
struct Sold {
    product_id: String,
}

#[derive(Deserialize)]
struct Recipient {
    external_id: String,
}

impl Wire {
    pub(super) fn new(node: &str, clock: Arc<dyn Clock>, scribe: &Scribe, post: Post, sabotage: Option<Sabotage>) -> Self {
        Self { node: node.to_owned(), clock, scribe: scribe.clone(), post, sabotage }
    }

    /// Lets messages lie at the node for a while.
    pub(super) fn put_into_a_drawer(&mut self) -> mpsc::UnboundedReceiver<Letter> {
        let (drawer, letters) = mpsc::unbounded_channel();
        self.post.letters = drawer;
        letters
    }

    fn letter(&self, message: &Message, reply: oneshot::Sender<Outcome>) -> Option<Letter> {
        let Body { product, round, position, recipient } = serde_json::from_str(&message.body).ok()?;
        let number = self.post.numbers.fetch_add(1, Ordering::Relaxed);
        let key = match self.sabotage {
            Some(Sabotage::KeyOfCall) => format!("{} {number}", message.key),
            _ => message.key.clone(),
        };
        let who = recipient.external_id;
        let line = Campaign::Call { number, product: product.product_id, round, position, who: who.clone(), key: key.clone() };
        Some(Letter { number, line, key, who, reply })
    }
}

impl Channel for Wire {
    async fn send(&self, message: &Message) -> Outcome {
        let (reply, answer) = oneshot::channel();
        let Some(letter) = self.letter(message, reply) else { return Outcome::Refused };
        self.scribe.write(&self.node, Phase::Invoke, What::Campaign(letter.line.clone()));
        let _ = self.post.letters.send(letter);
        if self.sabotage == Some(Sabotage::SaidBeforeTheCall) {
            return Outcome::Sent;
        }
        match select(answer, self.clock.sleep(PATIENCE)).await {
            Either::Left((Ok(outcome), _)) => outcome,
            _ => Outcome::Unknown,
        }
    }
}

/// Takes messages out of a drawer and posts them, as long as the node lives.
pub(super) async fn post_later(mut drawer: mpsc::UnboundedReceiver<Letter>, clock: Arc<dyn Clock>, post: Post) {
    while let Some(letter) = drawer.recv().await {
        clock.sleep(Duration::from_millis(40)).await;
        let _ = post.letters.send(letter);
    }
}

/// Who takes messages, and tells people in their own way.
pub(super) struct Sink {
    cluster: Rc<Cluster>,
    entropy: SeededEntropy,
    moody: bool,
    /// When nobody is there at all.
    outages: Vec<(Instant, Instant)>,
    until: Instant,
    /// What was taken, by its key.
    taken: RefCell<BTreeSet<String>>,
}

/// What becomes of a message.
#[derive(Clone, Copy, PartialEq)]
enum Fate {
    Taken,
    /// Taken, and nobody says so.
    TakenInSilence,
    /// Not taken, and nobody says so.
    Lost,
    Busy(Option<Duration>),
    Refused,
}

impl Sink {
    pub(super) fn open(
        cluster: &Rc<Cluster>,
        entropy: &SeededEntropy,
        until: Instant,
        mut letters: mpsc::UnboundedReceiver<Letter>,
    ) {
        let (entropy, now) = (entropy.fork("sink"), cluster.world.now());
        let moody = entropy.chance(550);
        let busy = u64::try_from(until.since(now).as_millis()).unwrap_or(0);
        let outages = if moody { entropy.below(4) } else { 0 };
        let outages = (0..outages).map(|_| {
            let from = now + Duration::from_millis(entropy.below(busy));
            (from, (from + Duration::from_millis(entropy.between(2_000, 60_000))).min(until))
        });
        let outages = outages.collect();
        let (cluster, taken) = (Rc::clone(cluster), RefCell::default());
        let sink = Rc::new(Self { cluster, entropy, moody, outages, until, taken });
        let handle = sink.cluster.handle.clone();
        handle.spawn(OUTSIDE, "sink", async move {
            while let Some(letter) = letters.recv().await {
                let one = Rc::clone(&sink);
                sink.cluster.handle.spawn(OUTSIDE, "a call", async move { one.take(letter).await });
            }
        });
    }

    async fn take(&self, letter: Letter) {
        let (world, scribe) = (&self.cluster.world, &self.cluster.scribe);
        world.sleep(Duration::from_micros(self.entropy.below(10_000))).await;
        let fate = self.fate(&letter);
        let taken = matches!(fate, Fate::Taken | Fate::TakenInSilence);
        if taken {
            self.taken.borrow_mut().insert(letter.key.clone());
        }
        scribe.write("sink", if taken { Phase::Ok } else { Phase::Fail }, What::Campaign(letter.line));
        let late = self.moody && world.now() < self.until && self.entropy.chance(60);
        let most = if late { 6_000_000 } else { 20_000 };
        world.sleep(Duration::from_micros(self.entropy.below(most))).await;
        let (outcome, said) = match fate {
            Fate::Taken => (Outcome::Sent, Said::Taken),
            Fate::Busy(after) => (Outcome::Retry(after), Said::Later),
            Fate::Refused => (Outcome::Refused, Said::Refused),
            Fate::TakenInSilence | Fate::Lost => {
                world.sleep(PATIENCE * 2).await;
                return;
            }
        };
        if letter.reply.send(outcome).is_ok() {
            scribe.write("sink", Phase::Ok, What::Campaign(Campaign::Answered { number: letter.number, said }));
        }
    }

    fn fate(&self, letter: &Letter) -> Fate {
        let now = self.cluster.world.now();
        if self.outages.iter().any(|(from, to)| (*from..*to).contains(&now)) {
            return if self.entropy.chance(500) { Fate::Busy(None) } else { Fate::Lost };
        }
        if letter.who.starts_with(REFUSED) && now < self.until {
            return Fate::Busy(None);
        }
        // Whoever keeps the key takes it again and tells nobody.
        if self.taken.borrow().contains(&letter.key) || !self.moody || now >= self.until {
            return Fate::Taken;
        }
        let refuses = letter.who.ends_with("13");
        match self.entropy.below(100) {
            _ if refuses => Fate::Refused,
            0..4 => Fate::TakenInSilence,
            4..7 => Fate::Lost,
            7..11 => Fate::Busy(None),
            11..13 => Fate::Busy(Some(Duration::from_secs(self.entropy.between(1, 20)))),
            _ => Fate::Taken,
        }
    }
}
