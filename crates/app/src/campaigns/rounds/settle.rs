//! What came of calls. That somebody was told is a fact, whoever reports it and whatever became of the round; a failure counts only from
//! whoever has the row.

use std::{collections::BTreeMap, sync::Arc};

use domain::campaigns::{Attempt, Deed, OnUnknown, Reason, RoundState, RowState, Settlement, settle};
use kernel::{Entropy, Instant};
use store::{
    Tx, UseCase,
    campaigns::{
        ledger::{self, Entry, Standing},
        rounds::{self as rows, Kept, Which},
    },
};

use super::{Reached, reach_any, tell_owner};
use crate::{Effects, Error};

/// What came of one call.
#[derive(Clone, Copy, Debug)]
pub(super) struct Came {
    pub(super) position: i64,
    /// Which attempt it was.
    pub(super) attempt: i64,
    pub(super) outcome: Attempt,
}

pub(super) struct Settle {
    pub(super) which: Which,
    pub(super) term: i64,
    pub(super) came: Vec<Came>,
    pub(super) on_unknown: OnUnknown,
    pub(super) now: Instant,
    pub(super) entropy: Arc<dyn Entropy>,
}

impl Settle {
    /// What becomes of a row; nothing, if what came of the call does not matter any more.
    fn entry(&self, row: Standing, came: Came, state: RoundState) -> Option<Entry> {
        let holds = row.state == RowState::InFlight && row.token == self.term && row.attempts == came.attempt;
        let entry = match settle(came.outcome, came.attempt, self.on_unknown) {
            Settlement::Sent => return (row.state != RowState::Sent).then(|| Entry::new(row.position, RowState::Sent, None)),
            // In a round that is over, there is no other time.
            Settlement::Retry(_) if state.is_over() && came.outcome != Attempt::NotBegun => {
                Entry::new(row.position, RowState::Failed, Some(Reason::GaveUp))
            }
            Settlement::Retry(after) => {
                let given_back = came.outcome == Attempt::NotBegun;
                Entry { next_at: Some(self.now + after), given_back, ..Entry::new(row.position, RowState::Retry, None) }
            }
            Settlement::Skipped(reason) => Entry::new(row.position, RowState::Skipped, Some(reason)),
            Settlement::Failed(reason) => Entry::new(row.position, RowState::Failed, Some(reason)),
        };
        holds.then_some(entry)
    }
}

impl UseCase for Settle {
    /// Where rows have come to stand; nothing, if somebody else has the product locked.
    type Out = (Option<Vec<RowState>>, Effects);
    type Error = Error;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Self::Out, Error> {
        let mut effects = Effects::default();
        let product = match reach_any(tx, self.which.0).await? {
            Reached::Locked(product) => product,
            Reached::Busy => return Ok((None, effects)),
            Reached::Gone => return Ok((Some(Vec::new()), effects)),
        };
        let Some(mut kept) = rows::lock(tx, self.which.0, self.which.1).await? else { return Ok((Some(Vec::new()), effects)) };
        let positions: Vec<i64> = self.came.iter().map(|came| came.position).collect();
        let standing = ledger::standings(tx, self.which, &positions).await?;
        let standing: BTreeMap<i64, Standing> = standing.into_iter().map(|row| (row.position, row)).collect();
        let (mut entries, mut told) = (Vec::new(), Vec::new());
        for came in &self.came {
            let Some(row) = standing.get(&came.position).copied() else { continue };
            let Some(entry) = self.entry(row, *came, kept.round.state) else { continue };
            kept.round.count(row.state, entry.state);
            kept.round.unknown += i64::from(came.outcome == Attempt::Unknown);
            if entry.state == RowState::Sent {
                kept.round.last_position = kept.round.last_position.max(row.position);
            }
            // Who was perhaps told, and is not to be told twice, is told by no other round either.
            if entry.state == RowState::Sent || entry.reason == Some(Reason::Unknown) {
                told.push(row.recipient);
            }
            entries.push(entry);
        }
        ledger::settle(tx, self.which, &entries, self.term, self.now).await?;
        if !told.is_empty() {
            ledger::mark_notified(tx, self.which, kept.freeze_until_seq, &told).await?;
        }
        let finished = finish(&mut kept, self.now)?;
        let was_last = kept.round.state != RoundState::InProgress && kept.round.in_flight == 0 && !entries.is_empty();
        kept.wake_at = kept.wake_at.min(self.now);
        rows::update(tx, &kept).await?;
        if finished || was_last {
            tell_owner(tx, &mut effects, &product, kept, (self.now, &*self.entropy)).await?;
        }
        Ok((Some(entries.into_iter().map(|entry| entry.state).collect()), effects))
    }
}

/// Ends a round of which everybody is settled; answers whether it was so.
fn finish(kept: &mut Kept, now: Instant) -> Result<bool, Error> {
    let finished = kept.round.state == RoundState::InProgress && kept.round.is_settled();
    if finished {
        kept.round.turn(Deed::Finish, kept.round.cause, now)?;
    }
    Ok(finished)
}
