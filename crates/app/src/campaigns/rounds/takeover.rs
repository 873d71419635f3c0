//! Becoming the sender: the term, and what the one before has left in flight.

use std::{collections::BTreeSet, sync::Arc};

use domain::campaigns::{OnUnknown, Reason, RowState};
use kernel::{Entropy, GatewayId, Instant};
use store::{
    Tx, UseCase,
    campaigns::{
        leases::{self, Held},
        ledger::{self, Entry, Standing},
        rounds::{self as rows, Which},
    },
};

use super::{PROVIDER, Reached, reach_any, tell_owner};
use crate::{Effects, Error};

pub(super) struct TakeOver {
    pub(super) holder: GatewayId,
    /// Whether only one process can be alive.
    pub(super) alone: bool,
    pub(super) until: Instant,
    pub(super) now: Instant,
}

impl UseCase for TakeOver {
    /// The term, and the rounds that an earlier one has left in flight.
    type Out = Option<(Held, BTreeSet<Which>)>;
    type Error = Error;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Self::Out, Error> {
        let held = if self.alone {
            Some(leases::seize(tx, PROVIDER, self.holder, self.until).await?)
        } else {
            leases::take(tx, PROVIDER, (self.holder, self.until), self.now).await?
        };
        let Some(held) = held else { return Ok(None) };
        let left = ledger::orphans(tx, held.term).await?.into_iter().map(|(which, _)| which).collect();
        Ok(Some((held, left)))
    }
}

/// Takes over what an earlier term has left in flight in a round, and says so: nobody knows whether they were told.
pub(super) struct Adopt {
    pub(super) which: Which,
    pub(super) term: i64,
    pub(super) on_unknown: OnUnknown,
    pub(super) now: Instant,
    pub(super) entropy: Arc<dyn Entropy>,
}

impl UseCase for Adopt {
    /// `false`: somebody else has the product locked.
    type Out = (bool, Effects);
    type Error = Error;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Self::Out, Error> {
        let (which, term, mut effects) = (self.which, self.term, Effects::default());
        if !leases::guard(tx, PROVIDER, term).await? {
            return Ok((true, effects));
        }
        // Of a product that is gone, as of any other: its rows are there until they are forgotten.
        let product = match reach_any(tx, which.0).await? {
            Reached::Locked(product) => Some(product),
            Reached::Busy => return Ok((false, effects)),
            Reached::Gone => None,
        };
        let Some(mut kept) = rows::lock(tx, which.0, which.1).await? else { return Ok((true, effects)) };
        let orphans = ledger::orphans(tx, term).await?;
        let positions: Vec<i64> = orphans.into_iter().filter(|(of, _)| *of == which).map(|(_, position)| position).collect();
        let lost = ledger::standings(tx, which, &positions).await?;
        let again = self.on_unknown == OnUnknown::Resend && !kept.round.state.is_over();
        let entry = |row: &Standing| {
            if again {
                Entry { next_at: Some(self.now), ..Entry::new(row.position, RowState::Retry, None) }
            } else {
                Entry::new(row.position, RowState::Skipped, Some(Reason::Unknown))
            }
        };
        let entries: Vec<Entry> = lost.iter().map(entry).collect();
        for entry in &entries {
            kept.round.count(RowState::InFlight, entry.state);
            kept.round.unknown += 1;
        }
        ledger::settle(tx, which, &entries, term, self.now).await?;
        if self.on_unknown == OnUnknown::Skip {
            // Perhaps they were told, so no other round tells them.
            let recipients: Vec<_> = lost.iter().map(|row| row.recipient).collect();
            ledger::mark_notified(tx, which, kept.freeze_until_seq, &recipients).await?;
        }
        kept.wake_at = kept.wake_at.min(self.now);
        rows::update(tx, &kept).await?;
        if let Some(product) = product.filter(|_| !entries.is_empty()) {
            tell_owner(tx, &mut effects, &product, kept, (self.now, &*self.entropy)).await?;
        }
        Ok((true, effects))
    }
}

/// Goes on being the sender until `until`; `false`: another process is.
pub(super) struct Renew {
    pub(super) term: i64,
    pub(super) until: Instant,
}

impl UseCase for Renew {
    type Out = bool;
    type Error = Error;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<bool, Error> {
        Ok(leases::renew(tx, PROVIDER, self.term, self.until).await?)
    }
}
