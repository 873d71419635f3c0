//! Becoming the sender: the term, and what the one before has left in flight.

use std::collections::BTreeMap;

use domain::campaigns::{OnUnknown, Reason, RowState};
use kernel::{GatewayId, Instant};
use store::{
    Tx, UseCase,
    campaigns::{
        leases::{self, Held},
        ledger::{self, Entry, Standing},
        rounds::{self as rows, Which},
    },
};

use super::{PROVIDER, lock_any};
use crate::Error;

pub(super) struct TakeOver {
    pub(super) holder: GatewayId,
    /// Whether only one process can be alive.
    pub(super) alone: bool,
    pub(super) until: Instant,
    pub(super) on_unknown: OnUnknown,
    pub(super) now: Instant,
}

impl UseCase for TakeOver {
    type Out = Option<Held>;
    type Error = Error;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Option<Held>, Error> {
        let held = if self.alone {
            Some(leases::seize(tx, PROVIDER, self.holder, self.until).await?)
        } else {
            leases::take(tx, PROVIDER, (self.holder, self.until), self.now).await?
        };
        let Some(held) = held else { return Ok(None) };
        let mut left: BTreeMap<Which, Vec<i64>> = BTreeMap::new();
        for (which, position) in ledger::orphans(tx, held.term).await? {
            left.entry(which).or_default().push(position);
        }
        for (which, positions) in left {
            self.adopt(tx, which, &positions, held.term).await?;
        }
        Ok(Some(held))
    }
}

impl TakeOver {
    /// Nobody knows whether these were told.
    async fn adopt(&self, tx: &mut Tx<'_>, which: Which, positions: &[i64], term: i64) -> Result<(), Error> {
        if lock_any(tx, which.0).await?.is_none() {
            return Ok(());
        }
        let Some(mut kept) = rows::lock(tx, which.0, which.1).await? else { return Ok(()) };
        // They were looked for before the round was locked: what was settled in between is settled.
        let mut lost = ledger::standings(tx, which, positions).await?;
        lost.retain(|row| row.state == RowState::InFlight && row.token < term);
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
        Ok(rows::update(tx, &kept).await?)
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
