//! Calls: started when they may begin, in order; heard of when they are answered; and what came of them written down.

use std::time::Duration;

use domain::campaigns::{Attempt, RowState};
use futures_util::{FutureExt as _, StreamExt as _};
use outbound::{Channel, Outcome};
use store::campaigns::rounds::Which;

use super::{
    super::{
        permit::Call,
        settle::{Came, Settle},
    },
    Answered, LOCKED, LOOK, Nap, Sender,
};
use crate::Error;

/// Calls under way at a time.
const WIDTH: std::ops::RangeInclusive<usize> = 8..=64;

/// Calls by which it is judged how long they take.
const JUDGED: usize = 128;

/// Answers that may wait to be written down: of those it forgets, whoever dies is called again by another.
const UNWRITTEN: usize = 16;

/// What came of starting calls.
pub(super) enum Started {
    /// All that were permitted have begun.
    All,
    /// As many are under way as may be, and more are permitted.
    Full,
    /// More are permitted, for which this is to be waited for.
    Wait(Nap),
}

impl<C: Channel> Sender<C> {
    /// Starts calls that were permitted, in order.
    pub(super) fn start(&mut self) -> Started {
        while !self.queue.is_empty() {
            let now = self.monotonic();
            let slot = self.pacing.slot(1);
            if self.calls.len() >= self.width() {
                return Started::Full;
            }
            if slot > now {
                return Started::Wait(Nap::Until(slot));
            }
            if !self.term.is_some_and(|term| term.is_sure(now)) {
                return Started::Wait(Nap::None);
            }
            let Some((term, call)) = self.queue.pop_front() else { break };
            self.call(term, call, now);
            // What is begun with is polled at once, or it would not have begun.
            self.hear();
        }
        Started::All
    }

    fn call(&mut self, term: i64, call: Call, now: Duration) {
        let Some(channel) = self.channel.clone() else { return };
        let ticket = self.pacing.started(now);
        let clock = self.app.shared_clock();
        self.calls.push(Box::pin(async move {
            let outcome = match channel.send(&call.message).await {
                Outcome::Sent => Attempt::Told,
                Outcome::Retry(after) => Attempt::NotNow(after),
                Outcome::Refused => Attempt::Refused,
                Outcome::Unknown => Attempt::Unknown,
            };
            let came = Came { position: call.position, attempt: call.attempt, outcome };
            Answered { which: call.which, term, came, ticket, took: clock.monotonic().saturating_sub(now) }
        }));
    }

    /// As many calls at a time as keep up the rate, by how long most of them take.
    fn width(&self) -> usize {
        let rate = self.app.campaigns().starts_per_second;
        if rate == 0 {
            return *WIDTH.end();
        }
        let mut took: Vec<Duration> = self.took.iter().copied().collect();
        took.sort_unstable();
        let most = took.get(took.len() * 19 / 20).copied().unwrap_or_default();
        let wide = (u128::from(rate) * most.as_micros()).div_ceil(1_000_000);
        usize::try_from(wide).unwrap_or(usize::MAX).clamp(*WIDTH.start(), *WIDTH.end())
    }

    /// Takes note of calls that were answered.
    pub(super) fn hear(&mut self) {
        while let Some(Some(answered)) = self.calls.next().now_or_never() {
            self.note(&answered);
        }
    }

    pub(super) fn note(&mut self, answered: &Answered) {
        let now = self.monotonic();
        self.pacing.arrived(answered.ticket, now);
        match answered.came.outcome {
            Attempt::Told | Attempt::Refused => self.breaker.answered(),
            Attempt::NotNow(_) | Attempt::Unknown | Attempt::NotBegun => self.breaker.failed(answered.which, now),
        }
        self.took.push_back(answered.took);
        if self.took.len() > JUDGED {
            self.took.pop_front();
        }
        self.done.entry((answered.which, answered.term)).or_default().push(answered.came);
    }

    /// Whether what came of calls may be written down later: somebody who is permitted leaves in a moment, and would wait for the transaction.
    pub(super) fn settles_later(&self) -> bool {
        let now = self.monotonic();
        let leaves_soon = !self.queue.is_empty() && self.calls.len() < self.width() && self.pacing.slot(1) <= now + LOOK;
        let unwritten = self.done.iter().filter(|((which, _), _)| !self.aside.has(*which, now)).map(|(_, came)| came.len());
        leaves_soon && unwritten.sum::<usize>() < UNWRITTEN
    }

    /// Writes down what came of calls, as far as the rounds are not set aside.
    pub(super) async fn settle(&mut self) -> Result<(), Error> {
        let now = self.monotonic();
        let keys: Vec<(Which, i64)> = self.done.keys().filter(|(which, _)| !self.aside.has(*which, now)).copied().collect();
        for (which, term) in keys {
            let came = self.done.get(&(which, term)).cloned().unwrap_or_default();
            let on_unknown = self.app.campaigns().on_unknown;
            let settle = Settle { which, term, came, on_unknown, now: self.app.now(), entropy: self.app.entropy() };
            match self.app.commit(settle).await {
                Ok(Some(states)) => {
                    for state in states.iter().filter(|state| **state != RowState::Retry) {
                        self.app.campaign_meters().settled(outcome(*state), 1);
                    }
                    self.done.remove(&(which, term));
                    self.aside.done(which);
                }
                Ok(None) => self.aside.locked(which, self.monotonic(), LOCKED),
                Err(error) => self.set_aside(Some(which), error)?,
            }
        }
        Ok(())
    }
}

/// What operators call it.
pub(super) fn outcome(state: RowState) -> &'static str {
    match state {
        RowState::Sent => "sent",
        RowState::Skipped => "skipped",
        RowState::Failed => "failed",
        RowState::Waiting | RowState::InFlight | RowState::Retry => "open",
    }
}
