//! Being the sender: the term, its lease, and what an earlier one has left in flight.

use std::time::Duration;

use domain::campaigns::{Attempt, Pacing};
use kernel::Instant;
use outbound::Channel;
use store::campaigns::rounds::Which;

use super::{
    super::{
        settle::Came,
        takeover::{Adopt, Renew, TakeOver},
    },
    LEASE, LOCKED, RENEW, Sender, Term,
};
use crate::Error;

impl<C: Channel> Sender<C> {
    /// Takes over what an earlier term has left in flight, as far as the rounds are not set aside.
    pub(super) async fn adopt(&mut self) -> Result<(), Error> {
        let (now, Some(Term { number, .. })) = (self.monotonic(), self.term) else { return Ok(()) };
        let left: Vec<Which> = self.left.iter().filter(|which| !self.aside.has(**which, now)).copied().collect();
        for which in left {
            let on_unknown = self.app.campaigns().on_unknown;
            let adopt = Adopt { which, term: number, on_unknown, now: self.app.now(), entropy: self.app.entropy() };
            match self.app.commit(adopt).await {
                Ok(true) => {
                    self.left.remove(&which);
                }
                Ok(false) => self.aside.locked(which, self.monotonic(), LOCKED),
                Err(error) => self.set_aside(Some(which), error)?,
            }
        }
        Ok(())
    }

    /// Is the sender, or becomes it; `false`: another process is.
    pub(super) async fn hold(&mut self) -> Result<bool, Error> {
        let now = self.monotonic();
        match self.term {
            Some(Term { renewed_at, .. }) if !self.doubts && renewed_at.is_none_or(|at| now < at + RENEW) => Ok(true),
            Some(term) if !self.doubts => {
                let until = self.app.now() + LEASE;
                if self.app.store().write(Renew { term: term.number, until }).await? {
                    self.term = Some(Term { renewed_at: Some(now), ..term });
                    return Ok(true);
                }
                self.resign();
                Ok(false)
            }
            // What this process has under way is known to it, and is not to be taken for lost.
            _ if !self.calls.is_empty() => Ok(false),
            _ => {
                self.put_back();
                self.settle().await?;
                if self.done.is_empty() { self.take_over(now).await } else { Ok(false) }
            }
        }
    }

    async fn take_over(&mut self, began: Duration) -> Result<bool, Error> {
        let (now, alone) = (self.app.now(), !self.app.store().is_shared());
        let until = if alone { Instant::MAX } else { now + LEASE };
        let Some((held, left)) = self.app.store().write(TakeOver { holder: self.me, alone, until, now }).await? else {
            return Ok(false);
        };
        self.left = left;
        // Whoever was the sender in the term before this one knows what was begun with in it. A term of which only the database knows that it
        // was this process's says nothing of that.
        let knows = held.was_mine && self.term.is_some_and(|term| term.number + 1 == held.term);
        if !alone && !knows {
            // Whoever it was may have begun with somebody until this was committed, however long that waited.
            let begins = self.monotonic() + held.before_until.since(now) + Pacing::REST;
            self.pacing = Pacing::new(self.app.campaigns().starts_per_second, begins);
        }
        self.term = Some(Term { number: held.term, renewed_at: (!alone).then_some(began) });
        self.doubts = false;
        self.app.campaign_meters().took_over();
        Ok(true)
    }

    /// Another process is the sender: what was permitted is its to begin with, and it is told that nobody has, unless it took that over already.
    pub(super) fn resign(&mut self) {
        self.term = None;
        self.put_back();
    }

    /// What was permitted and has not begun, as far as this process knows, has not begun.
    pub(super) fn put_back(&mut self) {
        for (term, call) in std::mem::take(&mut self.queue) {
            let came = Came { position: call.position, attempt: call.attempt, outcome: Attempt::NotBegun };
            self.done.entry((call.which, term)).or_default().push(came);
        }
    }
}
