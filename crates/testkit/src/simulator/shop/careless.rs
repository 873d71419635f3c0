//! A known-bad way to write down who is in a round.

use std::time::Duration;

use app::App;
use kernel::Instant;
use store::{
    StoreError, Tx, UseCase,
    campaigns::{
        ledger::{self, Frozen},
        rounds::{self, Which},
    },
};

use super::super::sabotage::Sabotage;

/// People of one transaction: few, so that something comes between two of them.
const AT_ONCE: u32 = 7;

/// Writes down who is in a round: in two transactions instead of one, or whoever waits by then.
pub(super) async fn freeze(app: App, sabotage: Sabotage) {
    let late = sabotage == Sabotage::FrozenLate;
    loop {
        let found = app.store().read(Unfrozen).await;
        let Ok(Some(which)) = found else {
            app.clock().sleep(Duration::from_millis(500)).await;
            continue;
        };
        if late {
            app.clock().sleep(Duration::from_secs(3)).await;
            let _ = app.store().write(Freeze { which, late, mark: None, both: true }).await;
            continue;
        }
        let rows = app.store().write(Freeze { which, late, mark: None, both: false }).await;
        if let Ok(Some(frozen)) = rows {
            let _ = app.store().write(Freeze { which, late, mark: Some(frozen), both: false }).await;
        } else {
            app.clock().sleep(Duration::from_millis(500)).await;
        }
    }
}

struct Unfrozen;

impl UseCase for Unfrozen {
    type Out = Option<Which>;
    type Error = StoreError;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Self::Out, StoreError> {
        Ok(rounds::unfrozen(tx, 1).await?.into_iter().next())
    }
}

struct Freeze {
    which: Which,
    /// Whether everybody is meant who waits by now.
    late: bool,
    /// What was written and is still to be noted.
    mark: Option<Frozen>,
    both: bool,
}

impl UseCase for Freeze {
    type Out = Option<Frozen>;
    type Error = StoreError;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Self::Out, StoreError> {
        let Some(mut kept) = rounds::lock(tx, self.which.0, self.which.1).await? else { return Ok(None) };
        if kept.round.frozen || !kept.round.state.is_under_way() {
            return Ok(None);
        }
        let until = if self.late { rounds::last_seq(tx, self.which.0).await? } else { kept.freeze_until_seq };
        let frozen = match self.mark {
            Some(frozen) => frozen,
            None => ledger::freeze(tx, self.which, (kept.frozen_seq, until), kept.round.total, AT_ONCE).await?,
        };
        if self.both || self.mark.is_some() {
            kept.round.total += frozen.added;
            kept.frozen_seq = frozen.up_to_seq;
            kept.round.frozen = kept.frozen_seq >= until;
            kept.wake_at = Instant::EPOCH;
            rounds::update(tx, &kept).await?;
        }
        Ok(Some(frozen))
    }
}
