//! The permit: one transaction that claims the next positions of a round, in order, and says that telling them has begun.
//!
//! It is granted only while the round goes on, something is in stock, and the term of the sender is the present one. Whom an inbox tells is
//! told in the same transaction, so of them nothing is ever in flight.

use std::sync::Arc;

use domain::campaigns::{Breaker, Cause, Deed, Product, Reason, RoundState, RowState, Waves, Worth};
use kernel::{Clock, Entropy, Instant};
use store::{
    Tx, UseCase,
    campaigns::{
        leases,
        ledger::{self, Entry, Turn},
        rounds::{self as rows, Kept, Which},
    },
};

use super::{PROGRESS, PROVIDER, Reached, aside::About, deliver, event, lock_any, reach_any, show, tell_owner};
use crate::{Effects, Error};

/// How long a round waits for calls that are under way.
const BUSY: std::time::Duration = std::time::Duration::from_millis(20);

/// What the sender may do for a round at the moment.
#[derive(Clone, Copy, Debug)]
struct Limits {
    inboxes: u32,
    calls: u32,
    /// What the channel is worth to the round; none: there is no channel.
    channel: Option<Worth>,
    /// What time it is on the clock of that.
    monotonic: std::time::Duration,
}

/// A call that is to be made.
#[derive(Clone, Debug)]
pub(super) struct Call {
    pub(super) which: Which,
    pub(super) position: i64,
    /// Which attempt it is.
    pub(super) attempt: i64,
    pub(super) message: outbound::Message,
}

/// What a permit came to.
#[derive(Debug)]
pub(super) enum Permitted {
    /// Another process is the sender.
    Superseded,
    /// There is nothing to do before this, but for rounds that are set aside.
    Nothing(Option<Instant>),
    /// Somebody else has the product of this round locked.
    Locked(Which),
    /// Whoever's turn it is in this round needs a call, and there is none.
    NeedsCalls(Which),
    /// Whoever's turn it is has an inbox, of which none was permitted.
    NeedsInboxes,
    /// A round was stopped, because the channel does not answer.
    GaveUp,
    /// Something was done: so many inboxes were told, so many were passed over, and these calls are to be made.
    Done { told: usize, skipped: usize, calls: Vec<Call> },
}

/// Whether there is anything to permit, and when there is next: looking costs nothing, where nobody is told.
pub(super) struct Look(pub(super) Instant);

impl UseCase for Look {
    type Out = (bool, Option<Instant>);
    type Error = Error;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Self::Out, Error> {
        // Whoever is in flight may be so for a process that is dead.
        let is_due = !rows::awake(tx, self.0, 1).await?.is_empty()
            || !rows::expired(tx, self.0, 1).await?.is_empty()
            || ledger::has_in_flight(tx).await?;
        Ok((is_due, rows::next_wake(tx, self.0).await?))
    }
}

pub(super) struct Permit {
    pub(super) term: i64,
    /// The most inboxes of one permit; none while it is worth more to wait for others.
    pub(super) inboxes: u32,
    /// The most calls of one permit; none while as many are under way as may be.
    pub(super) calls: u32,
    /// What is known of the channel; none: there is no channel.
    pub(super) channel: Option<Breaker<Which>>,
    /// What time it is on the clock of that.
    pub(super) monotonic: std::time::Duration,
    /// Rounds that are passed over.
    pub(super) aside: Vec<Which>,
    /// Which round it is about is written here.
    pub(super) about: About,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) entropy: Arc<dyn Entropy>,
}

/// How somebody is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    Inbox,
    Call,
}

/// What to do about somebody.
fn way(turn: &Turn, has_channel: bool) -> Result<Way, Reason> {
    match turn.user {
        _ if !turn.is_known || (turn.is_account && turn.user.is_none()) => Err(Reason::Gone),
        _ if !turn.waits => Err(Reason::Unsubscribed),
        Some(_) => Ok(Way::Inbox),
        None if has_channel => Ok(Way::Call),
        None => Err(Reason::NoChannel),
    }
}

/// Those of a permit.
#[derive(Default)]
struct Taken {
    skipped: Vec<(Turn, Reason)>,
    told: Vec<Turn>,
    called: Vec<Turn>,
}

impl Taken {
    fn len(&self) -> usize {
        self.skipped.len() + self.told.len() + self.called.len()
    }
}

/// Why nobody more of a round is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    /// Nobody is left, or as many were taken as may be.
    Enough,
    /// Somebody is in flight, for whom everybody else waits.
    InFlight,
    /// The channel is not to be called for so long.
    ChannelRests(std::time::Duration),
    /// The channel is down.
    ChannelDown,
    /// As many calls are under way as may be.
    NoCalls,
    /// No inbox is to be told yet.
    NoInboxes,
}

impl Limits {
    /// Takes from `turns`, in their order, those who are told in one way. Whoever is passed over costs nothing.
    fn take(&self, turns: Vec<Turn>, open: i64) -> (Taken, End) {
        let mut taken = Taken::default();
        let open = usize::try_from(open).unwrap_or(0);
        for turn in turns {
            match way(&turn, self.channel.is_some()) {
                Err(reason) => taken.skipped.push((turn, reason)),
                Ok(Way::Inbox) if self.inboxes == 0 && taken.called.is_empty() => return (taken, End::NoInboxes),
                Ok(Way::Inbox) => {
                    let most = open.min(self.inboxes as usize);
                    if !taken.called.is_empty() || taken.told.len() >= most {
                        return (taken, End::Enough);
                    }
                    taken.told.push(turn);
                }
                Ok(Way::Call) if self.calls == 0 => return (taken, End::NoCalls),
                Ok(Way::Call) => {
                    let calls = match self.channel {
                        Some(Worth::NothingBefore(at)) => {
                            return (taken, End::ChannelRests(at.saturating_sub(self.monotonic)));
                        }
                        Some(Worth::GiveUp) if taken.told.is_empty() => return (taken, End::ChannelDown),
                        Some(Worth::GiveUp) => return (taken, End::Enough),
                        Some(Worth::Trial) => 1,
                        Some(Worth::Calls) | None => self.calls as usize,
                    };
                    if !taken.told.is_empty() || taken.called.len() >= calls.min(open) {
                        return (taken, End::Enough);
                    }
                    taken.called.push(turn);
                }
            }
        }
        (taken, End::Enough)
    }
}

/// How many may be begun with now, where they are told in waves; when the next wave begins is written down as the last one ends.
fn open_wave(kept: &mut Kept, waves: Waves, stock: i64, now: Instant) -> i64 {
    let begun = kept.round.begun();
    if kept.wave_at.is_some_and(|at| at <= now) {
        kept.wave_at = None;
        kept.round.allowance = begun.saturating_add(stock.saturating_mul(waves.per_item));
    }
    let open = (kept.round.allowance - begun).max(0);
    if open == 0 && kept.wave_at.is_none() {
        kept.wave_at = Some(now.saturating_add(std::time::Duration::from_secs(waves.wait_seconds.unsigned_abs())));
    }
    open
}

impl UseCase for Permit {
    type Out = (Permitted, Effects);
    type Error = Error;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Self::Out, Error> {
        let mut effects = Effects::default();
        if !leases::guard(tx, PROVIDER, self.term).await? {
            return Ok((Permitted::Superseded, effects));
        }
        let now = self.clock.now();
        let nothing = Permitted::Done { told: 0, skipped: 0, calls: Vec::new() };
        let some = u32::try_from(self.aside.len()).unwrap_or(u32::MAX).saturating_add(1);
        if let Some(which) = self.choose(rows::expired(tx, now, some).await?) {
            if matches!(reach_any(tx, which.0).await?, Reached::Busy) {
                return Ok((Permitted::Locked(which), effects));
            }
            self.turn(tx, which, (Deed::Expire, Cause::Expired), now, &mut effects).await?;
            return Ok((nothing, effects));
        }
        let Some(which) = self.choose(rows::awake(tx, now, some).await?) else {
            return Ok((Permitted::Nothing(rows::next_wake(tx, now).await?), effects));
        };
        let product = match reach_any(tx, which.0).await? {
            Reached::Locked(product) => product,
            Reached::Busy => return Ok((Permitted::Locked(which), effects)),
            Reached::Gone => {
                self.turn(tx, which, (Deed::Expire, Cause::Expired), now, &mut effects).await?;
                return Ok((nothing, effects));
            }
        };
        let Some(mut kept) = rows::lock(tx, which.0, which.1).await? else { return Ok((nothing, effects)) };
        if kept.round.state != RoundState::InProgress || kept.wake_at > now {
            return Ok((nothing, effects));
        }
        if product.stock == 0 {
            self.turn(tx, which, (Deed::SellOut, Cause::SoldOut), now, &mut effects).await?;
            return Ok((nothing, effects));
        }
        if kept.round.next_position == 1 && rows::earlier_in_flight(tx, which).await? {
            // Of those who are in flight it will be known in a moment whether this round still has to tell them.
            kept.wake_at = now + BUSY;
            rows::update(tx, &kept).await?;
            return Ok((nothing, effects));
        }
        let (taken, end) = self.take(tx, &mut kept, product.stock, now).await?;
        if end == End::NoCalls && taken.len() == 0 {
            return Ok((Permitted::NeedsCalls(which), effects));
        }
        if end == End::NoInboxes && taken.len() == 0 {
            return Ok((Permitted::NeedsInboxes, effects));
        }
        let mut facts = self.begin(tx, &mut kept, &product, &taken, now).await?;
        let changed = self.move_on(tx, &mut kept, (&taken, end), now).await?;
        let measures = changed || now.since(kept.progress_at) >= PROGRESS;
        if measures {
            progress(&mut kept, now);
        }
        if measures || rests(&kept, now) {
            facts.push(event::changed(&show(tx, &product, kept.clone()).await?, product.owner, (now, &*self.entropy)));
        }
        rows::update(tx, &kept).await?;
        effects.append(tx, facts, now).await?;
        if end == End::ChannelDown {
            return Ok((Permitted::GaveUp, effects));
        }
        let calls = taken.called.iter().map(|turn| call(which, &product, turn)).collect();
        Ok((Permitted::Done { told: taken.told.len(), skipped: taken.skipped.len(), calls }, effects))
    }
}

impl Permit {
    /// The first round that is not set aside.
    fn choose(&self, rounds: Vec<Which>) -> Option<Which> {
        let which = rounds.into_iter().find(|which| !self.aside.contains(which))?;
        self.about.is(which);
        Some(which)
    }

    /// Whose turn it is: those who are to be tried once more, then the next in line.
    async fn take(&self, tx: &mut Tx<'_>, kept: &mut Kept, stock: i64, now: Instant) -> Result<(Taken, End), Error> {
        let which = (kept.product, kept.round.number);
        let until = kept.freeze_until_seq;
        let most = self.inboxes.max(self.calls);
        let strict = kept.round.strict;
        if strict && kept.round.in_flight > 0 {
            return Ok((Taken::default(), End::InFlight));
        }
        let limits = Limits {
            inboxes: self.inboxes,
            calls: if strict { self.calls.min(1) } else { self.calls },
            channel: self.channel.as_ref().map(|breaker| breaker.worth(&which, self.monotonic)),
            monotonic: self.monotonic,
        };
        let due = if kept.round.retrying > 0 { ledger::due(tx, which, until, now, most).await? } else { Vec::new() };
        let mut end = End::Enough;
        if !due.is_empty() {
            let (taken, why) = limits.take(due, i64::MAX);
            let is_for_channel = matches!(why, End::ChannelRests(_) | End::ChannelDown | End::NoCalls);
            if strict || !is_for_channel || taken.len() > 0 {
                return Ok((taken, why));
            }
            // Whoever waits for the channel holds up nobody whom an inbox tells.
            end = why;
        }
        if (strict && kept.round.retrying > 0) || kept.round.next_position > kept.round.total {
            return Ok((Taken::default(), end));
        }
        let open = kept.round.waves.map_or(i64::MAX, |waves| open_wave(kept, waves, stock, now));
        if open == 0 {
            return Ok((Taken::default(), end));
        }
        let next = ledger::next(tx, which, until, kept.round.next_position, most).await?;
        let (taken, why) = limits.take(next, open);
        Ok(if taken.len() == 0 && end != End::Enough && why != End::NoInboxes { (taken, end) } else { (taken, why) })
    }

    /// Writes that they were begun with, and tells those who are told by this; answers what there is to tell the streams.
    async fn begin(
        &self,
        tx: &mut Tx<'_>,
        kept: &mut Kept,
        product: &Product,
        taken: &Taken,
        now: Instant,
    ) -> Result<Vec<store::streams::Draft>, Error> {
        let which = (kept.product, kept.round.number);
        let mut entries = Vec::with_capacity(taken.len());
        let skipped = taken.skipped.iter().map(|(turn, reason)| (turn, RowState::Skipped, Some(*reason)));
        let told = taken.told.iter().map(|turn| (turn, RowState::Sent, None));
        let called = taken.called.iter().map(|turn| (turn, RowState::InFlight, None));
        for (turn, state, reason) in skipped.chain(told).chain(called) {
            let from = if turn.position < kept.round.next_position { RowState::Retry } else { RowState::Waiting };
            entries.push((from, Entry::new(turn.position, state, reason)));
        }
        // What waited is taken from the front of the line, so positions are counted off before any of them is compared.
        for (from, entry) in &entries {
            kept.round.count(*from, entry.state);
        }
        let entries: Vec<Entry> = entries.into_iter().map(|(_, entry)| entry).collect();
        ledger::begin(tx, which, &entries, self.term, now).await?;
        if taken.told.is_empty() {
            return Ok(Vec::new());
        }
        let last = taken.told.iter().map(|turn| turn.position).max().unwrap_or(0);
        kept.round.last_position = kept.round.last_position.max(last);
        let recipients: Vec<_> = taken.told.iter().map(|turn| turn.recipient).collect();
        ledger::mark_notified(tx, which, kept.freeze_until_seq, &recipients).await?;
        deliver::tell(tx, product, kept.round.number, &taken.told, (now, &*self.entropy)).await
    }

    /// Says when there is something to do next, and whether the round came to its end or stopped by this.
    async fn move_on(&self, tx: &mut Tx<'_>, kept: &mut Kept, (taken, end): (&Taken, End), now: Instant) -> Result<bool, Error> {
        if end == End::ChannelDown {
            kept.round.turn(Deed::Fail, Cause::ChannelDown, now)?;
            return Ok(true);
        }
        if kept.round.is_settled() {
            kept.round.turn(Deed::Finish, kept.round.cause, now)?;
            return Ok(true);
        }
        kept.wake_at = now;
        if taken.len() == 0 {
            let retry = ledger::next_due(tx, (kept.product, kept.round.number)).await?;
            let rests = if let End::ChannelRests(rest) = end { Some(now + rest) } else { None };
            // Whoever is in flight, and whoever is still to be written down, wakes the round when that is done.
            let soonest = match end {
                End::InFlight => None,
                _ => [retry.filter(|_| rests.is_none()), kept.wave_at, rests].into_iter().flatten().min(),
            };
            kept.wake_at = soonest.unwrap_or(Instant::MAX).max(now);
        }
        Ok(false)
    }

    /// Does to a round what nobody asked for, and tells its owner.
    async fn turn(
        &self,
        tx: &mut Tx<'_>,
        which: Which,
        (deed, cause): (Deed, Cause),
        now: Instant,
        effects: &mut Effects,
    ) -> Result<(), Error> {
        let product = lock_any(tx, which.0).await?;
        let Some(mut kept) = rows::lock(tx, which.0, which.1).await? else { return Ok(()) };
        if kept.round.turn(deed, cause, now).is_err() {
            return Ok(());
        }
        rows::update(tx, &kept).await?;
        // Of a product that was deleted, nobody is told.
        let Some(product) = product else { return Ok(()) };
        tell_owner(tx, effects, &product, kept, (now, &*self.entropy)).await?;
        Ok(())
    }
}

/// Whether nothing is done for a round from `now` on until some time has passed: as it stands now, its owner sees it all that time. An answer
/// that is still to come, and whoever is still to be written down, wakes it before.
fn rests(kept: &Kept, now: Instant) -> bool {
    kept.wake_at > now && kept.round.in_flight == 0 && kept.round.frozen
}

/// Notes how far the round is, and how fast it went since that was noted last.
fn progress(kept: &mut Kept, now: Instant) {
    let begun = kept.round.begun();
    let micros = i64::try_from(now.since(kept.progress_at).as_micros()).unwrap_or(i64::MAX);
    if micros > 0 {
        kept.round.rate = (begun - kept.progress_begun).max(0).saturating_mul(1_000_000) / micros;
    }
    (kept.progress_at, kept.progress_begun) = (now, begun);
}

fn call(which: Which, product: &Product, turn: &Turn) -> Call {
    let message = deliver::message(product, which.1, turn);
    Call { which, position: turn.position, attempt: turn.attempts + 1, message }
}
