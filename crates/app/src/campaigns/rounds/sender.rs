//! The sender: works off the rounds that are under way, one permit after the other.
//!
//! ```text
//!   hold the lease ─► settle what came of calls ─► start calls that were permitted ─► wait for a slot ─► permit ─┐
//!        ▲               in order, as many at a time as their answers take            the rate, over all        │
//!        └──────────────────────────────────────────────────────────────────────────────────────────────────────┘
//! ```
//!
//! One process does this over all that share the database, in a term. Where another takes over, whatever this one was allowed is refused
//! from then on, and the other begins a little more than a second after this one can have begun with anybody. Nothing here is kept but what
//! makes it quick: who dies leaves rows, and the next one reads them.

mod calls;
mod lease;

use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    fmt::Display,
    sync::Arc,
    time::Duration,
};

use clockwork::{Backoff, Stop};
use domain::campaigns::{Breaker, Pacing, RowState, Ticket};
use futures_util::{
    StreamExt as _,
    future::{Either, pending, select},
    stream::FuturesUnordered,
};
use kernel::{Clock, GatewayId, Instant};
use outbound::Channel;
use store::campaigns::rounds::Which;

use self::calls::{Started, outcome};
use super::{
    SWEEP,
    aside::{About, Aside, is_of_one},
    permit::{Call, Look, Permit, Permitted},
    settle::Came,
    takeover::Renew,
};
use crate::{App, Error};

/// How long a lease lasts, how often it is renewed, and until when after that something may be begun with.
const LEASE: Duration = Duration::from_secs(5);
const RENEW: Duration = Duration::from_millis(1_500);
const SURE: Duration = Duration::from_secs(4);

/// At most so many are begun with in one permit: what may still leave after a stop, beside the calls under way.
const CHUNK: u32 = 25;
/// From so many on a permit is worth its transaction. Were [`CHUNK`] waited for, a permit that finds fewer of one kind in a row would leave
/// the rest of them open until the next: 480 a second instead of 495, where thirty with an account and thirty without take turns.
const FEW: u32 = 8;
/// As [`CHUNK`], where there is no rate and inboxes are told: the transaction is the whole effect, so a stop is exact.
const CHUNK_UNLIMITED: u32 = 1_000;

/// Time between two looks for inboxes while no call can be made.
const LOOK: Duration = Duration::from_millis(20);
/// How long a round waits whose product is locked: less than whoever writes people down leaves it free for.
const LOCKED: Duration = Duration::from_millis(2);
/// So often what came of calls is tried to be written down at the end, a tenth of a second apart.
const DRAINS: usize = 50;

/// A term of being the sender.
#[derive(Clone, Copy, Debug)]
struct Term {
    number: i64,
    /// When it was renewed last, on the monotonic clock; where only one process can be alive, it needs not be.
    renewed_at: Option<Duration>,
}

impl Term {
    fn is_sure(&self, now: Duration) -> bool {
        self.renewed_at.is_none_or(|at| now < at + SURE)
    }
}

/// What came of a call.
struct Answered {
    which: Which,
    term: i64,
    came: Came,
    ticket: Ticket,
    took: Duration,
}

/// What to wait for.
#[derive(Clone, Copy, Debug)]
pub enum Nap {
    /// Nothing: go on.
    None,
    /// This, on the monotonic clock.
    Until(Duration),
    /// So long, or a call that is answered.
    For(Duration),
    /// This at the latest, and a hint that there is something to do.
    Hint(Option<Instant>),
}

type Calls = FuturesUnordered<std::pin::Pin<Box<dyn Future<Output = Answered> + Send>>>;

/// The sender of this process.
pub struct Sender<C> {
    app: App,
    channel: Option<Arc<C>>,
    me: GatewayId,
    term: Option<Term>,
    /// It is not known whether the last permit was granted, so there may be rows in flight of which nobody takes care: they are found by
    /// another term.
    doubts: bool,
    /// There was nothing to do.
    rests: bool,
    pacing: Pacing,
    breaker: Breaker<Which>,
    took: VecDeque<Duration>,
    /// Permitted, and not begun.
    queue: VecDeque<(i64, Call)>,
    calls: Calls,
    done: BTreeMap<(Which, i64), Vec<Came>>,
    aside: Aside,
    /// Rounds in which an earlier term has left somebody in flight.
    left: BTreeSet<Which>,
    /// Rounds that need a call, found while there was none to be had; and when they were looked for last.
    need_calls: BTreeSet<Which>,
    looked_at: Duration,
    /// The last who were permitted are called, and so, most likely, are the next.
    calls_ahead: bool,
}

impl<C: Channel> Sender<C> {
    /// A sender of `app`, with a way to those who have no account.
    pub fn new(app: App, channel: Option<C>) -> Self {
        let me = GatewayId::mint(app.now(), &*app.entropy());
        // Whatever another life of this process began with, it did before this one was born.
        let begins = app.clock().monotonic() + Pacing::REST;
        Self {
            pacing: Pacing::new(app.campaigns().starts_per_second, begins),
            app,
            channel: channel.map(Arc::new),
            me,
            term: None,
            doubts: false,
            rests: false,
            breaker: Breaker::default(),
            took: VecDeque::new(),
            queue: VecDeque::new(),
            calls: FuturesUnordered::new(),
            done: BTreeMap::new(),
            aside: Aside::default(),
            left: BTreeSet::new(),
            need_calls: BTreeSet::new(),
            looked_at: Duration::ZERO,
            calls_ahead: false,
        }
    }

    /// How many calls are under way, or permitted.
    pub fn under_way(&self) -> usize {
        self.calls.len() + self.queue.len()
    }

    fn monotonic(&self) -> Duration {
        self.app.clock().monotonic()
    }

    /// Does what can be done now; answers what to wait for.
    pub async fn step(&mut self) -> Result<Nap, Error> {
        self.hear();
        if !self.settles_later() {
            self.settle().await?;
        }
        if self.rests {
            let (is_due, next) = self.app.store().read(Look(self.app.now())).await?;
            if !is_due {
                return Ok(Nap::Hint(next));
            }
            self.rests = false;
        }
        if !self.hold().await? {
            return Ok(Nap::Hint(None));
        }
        self.adopt().await?;
        let started = self.start();
        if matches!(started, Started::Full) {
            self.settle().await?;
        }
        let calls = match started {
            Started::All => {
                self.need_calls.clear();
                self.pacing.together(CHUNK)
            }
            // Inboxes need no call.
            Started::Full if self.monotonic() < self.looked_at + LOOK => return Ok(Nap::Until(self.looked_at + LOOK)),
            Started::Full => 0,
            Started::Wait(nap) => return Ok(nap),
        };
        let slot = self.pacing.slot(if self.calls_ahead && calls > 0 { 1 } else { self.pacing.together(FEW) });
        if slot > self.monotonic() {
            return Ok(Nap::Until(slot));
        }
        self.permit(calls).await
    }

    /// Passes a round over for a while with which something is wrong; what is wrong with the database stays an error.
    fn set_aside(&mut self, which: Option<Which>, error: Error) -> Result<(), Error> {
        let Some((product, round)) = which.filter(|_| is_of_one(&error)) else { return Err(error) };
        let wait = self.aside.failed((product, round), self.monotonic());
        tracing::error!(product_id = %product, round, ?wait, %error, "a round cannot be worked off and is set aside; the others go on");
        Ok(())
    }

    async fn permit(&mut self, calls: u32) -> Result<Nap, Error> {
        let Some(term) = self.term else { return Ok(Nap::None) };
        let (monotonic, about) = (self.monotonic(), About::default());
        let open = if self.pacing.is_limited() { self.pacing.open(monotonic, CHUNK) } else { CHUNK_UNLIMITED };
        // Calls are permitted before they may begin, and leave one by one when they may: what a transaction takes is not lost to the rate.
        // They are no more than few, so a round of calls has the turn for no longer than another.
        let few = self.pacing.together(FEW);
        let case = Permit {
            term: term.number,
            inboxes: if open < few { 0 } else { open },
            calls: calls.min(open.max(few)),
            channel: self.channel.as_ref().map(|_| self.breaker.clone()),
            monotonic,
            aside: self.passed_over(calls, monotonic),
            about: about.clone(),
            clock: self.app.shared_clock(),
            entropy: self.app.entropy(),
        };
        // Should its answer be lost, calls may have been permitted of which this process never hears.
        self.doubts = self.channel.is_some();
        let permitted = match self.app.commit(case).await {
            Ok(permitted) => permitted,
            Err(error) => {
                // As many inboxes may have been told, whatever is heard of it.
                self.count(open);
                let failed = self.set_aside(about.get(), error);
                self.doubts &= failed.is_err();
                return failed.map(|()| Nap::None);
            }
        };
        self.doubts = false;
        if let (Some(which), Permitted::Done { .. }) = (about.get(), &permitted) {
            self.aside.done(which);
        }
        let (told, skipped, calls) = match permitted {
            Permitted::Superseded => {
                self.resign();
                return Ok(Nap::Hint(None));
            }
            Permitted::Nothing(next) => {
                // What is under way is heard of; the lease of whoever has nothing to do runs out.
                self.rests = self.under_way() == 0;
                if calls == 0 {
                    self.looked_at = self.monotonic();
                }
                let again = self.aside.until(monotonic).map(|until| self.app.now() + until.saturating_sub(self.monotonic()));
                return Ok(Nap::Hint(next.into_iter().chain(again).min()));
            }
            Permitted::Locked(which) => {
                self.aside.locked(which, self.monotonic(), LOCKED);
                return Ok(Nap::None);
            }
            Permitted::NeedsCalls(which) => {
                self.need_calls.insert(which);
                return Ok(Nap::None);
            }
            Permitted::NeedsInboxes => {
                self.calls_ahead = false;
                return Ok(Nap::None);
            }
            Permitted::GaveUp => {
                if let Some(which) = about.get() {
                    self.breaker.gave_up(&which, monotonic);
                }
                return Ok(Nap::None);
            }
            Permitted::Done { told, skipped, calls } => (told, skipped, calls),
        };
        let now = self.monotonic();
        self.count(u32::try_from(told).unwrap_or(u32::MAX));
        self.calls_ahead = !calls.is_empty();
        if let Some(call) = calls.first() {
            self.breaker.tries(call.which, now);
        }
        self.app.campaign_meters().settled(outcome(RowState::Sent), told);
        self.app.campaign_meters().settled(outcome(RowState::Skipped), skipped);
        self.queue.extend(calls.into_iter().map(|call| (term.number, call)));
        Ok(Nap::None)
    }

    /// Rounds for which nobody is permitted now.
    fn passed_over(&self, calls: u32, now: Duration) -> Vec<Which> {
        let mut rounds = self.aside.at(now);
        rounds.extend(&self.left);
        if calls == 0 {
            rounds.extend(&self.need_calls);
            // Nobody of a round is begun with before those of it who are permitted already.
            rounds.extend(self.queue.iter().map(|(_, call)| call.which));
        }
        rounds
    }

    /// So many inboxes were told by a transaction that has just ended: they are seen from its commit on, which lies behind by now.
    fn count(&mut self, told: u32) {
        let now = self.monotonic();
        for _ in 0..told {
            let ticket = self.pacing.started(now);
            self.pacing.arrived(ticket, now);
        }
    }

    /// Waits as `nap` says, less where a call is answered or it is time to stop.
    pub async fn rest(&mut self, nap: Nap, stop: &mut Stop) {
        let (app, clock) = (self.app.clone(), self.app.shared_clock());
        let now = clock.monotonic();
        // The lease is renewed meanwhile, by whoever goes on to hold it. Where that is overdue, it was tried just now, in vain.
        let renews = self.term.filter(|_| !self.rests && !self.doubts).and_then(|term| term.renewed_at);
        let renewal = renews.map(|at| (at + RENEW).saturating_sub(now));
        let most = renewal.filter(|wait| !wait.is_zero()).unwrap_or(SWEEP);
        let answered = async {
            match self.calls.next().await {
                Some(answered) => answered,
                None => pending().await,
            }
        };
        let waits = async {
            match nap {
                Nap::None => {}
                Nap::Until(at) => pause(&*clock, at.saturating_sub(now).min(most), stop).await,
                Nap::For(wait) => pause(&*clock, wait.min(most), stop).await,
                Nap::Hint(next) => app.bells().sender.sleep(&*clock, next, most.min(SWEEP), stop).await,
            }
        };
        if let Either::Left((answered, _)) = select(Box::pin(answered), Box::pin(waits)).await {
            self.note(&answered);
        }
    }

    /// Begins with nobody more, waits for the calls under way, and lets another process go on.
    pub async fn drain(mut self) {
        self.put_back();
        while let Some(answered) = self.calls.next().await {
            self.note(&answered);
        }
        let mut settled = self.settle().await;
        for _ in 0..DRAINS {
            if self.done.is_empty() {
                break;
            }
            // Somebody has the product locked, or the database is away: what came of calls is worth a wait.
            self.app.clock().sleep(SWEEP / 10).await;
            settled = self.settle().await;
        }
        // Whoever comes after takes what is not settled for lost, and may take its time.
        let Some(Term { number, renewed_at: Some(_) }) = self.term.filter(|_| self.done.is_empty()) else {
            return report("ending", 1, settled.err());
        };
        let released = self.app.store().write(Renew { term: number, until: self.app.now() }).await;
        report("ending", 1, settled.and(released.map(|_| ())).err());
    }
}

async fn pause(clock: &dyn Clock, wait: Duration, stop: &mut Stop) {
    select(clock.sleep(wait), Box::pin(stop.stopped())).await;
}

/// The first failure and then every tenth, so that an hour without a database does not fill the disk with lines.
pub(super) fn report(what: &'static str, failures: u32, error: Option<impl Display>) {
    if let Some(error) = error.filter(|_| failures % 10 == 1) {
        tracing::warn!(what, failures, %error, "restock rounds do not go on; trying again");
    }
}

/// Works off rounds until `stop`: what is under way is finished, nothing new is begun.
pub async fn run_sender<C: Channel>(app: App, channel: Option<C>, mut stop: Stop) {
    let entropy = app.entropy();
    let mut sender = Sender::new(app, channel);
    let mut failures = 0;
    while !stop.is_stopped() {
        let nap = match sender.step().await {
            Ok(nap) => {
                failures = 0;
                nap
            }
            Err(error) => {
                failures += 1;
                report("sending", failures, Some(error));
                Nap::For(Backoff::LANE.jittered(failures, &*entropy))
            }
        };
        sender.rest(nap, &mut stop).await;
    }
    sender.drain().await;
}
