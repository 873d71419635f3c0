//! Giving everybody who waits a position, piece by piece: a million rows in one transaction would hold up everybody else.

use clockwork::{Backoff, Stop};
use kernel::Instant;
use store::{
    Tx, UseCase,
    campaigns::{ledger, rounds as rows},
};

use super::{SWEEP, lock_any, sender::report};
use crate::{App, Effects, Error};

/// Positions of one transaction: some tens of milliseconds.
const AT_ONCE: u32 = 5_000;

struct FreezeSome {
    now: Instant,
}

impl UseCase for FreezeSome {
    /// Whether there was anything to do.
    type Out = bool;
    type Error = Error;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<bool, Error> {
        let Some(which) = rows::unfrozen(tx).await? else { return Ok(false) };
        // The product first, as everybody does; who subscribes meanwhile waits for a moment.
        if lock_any(tx, which.0).await?.is_none() {
            return Ok(false);
        }
        let Some(mut kept) = rows::lock(tx, which.0, which.1).await? else { return Ok(true) };
        if kept.round.frozen || !kept.round.state.is_under_way() {
            return Ok(true);
        }
        let span = (kept.frozen_seq, kept.freeze_until_seq);
        let frozen = ledger::freeze(tx, which, span, kept.round.total, AT_ONCE).await?;
        kept.round.total += frozen.added;
        kept.frozen_seq = frozen.up_to_seq;
        kept.round.frozen = kept.frozen_seq >= kept.freeze_until_seq;
        if kept.wake_at > self.now {
            kept.wake_at = self.now;
        }
        rows::update(tx, &kept).await?;
        Ok(true)
    }
}

/// Writes down everybody in the rounds that are under way.
pub async fn freeze_rounds(app: &App) -> Result<(), Error> {
    while freeze_some(app).await? {}
    Ok(())
}

async fn freeze_some(app: &App) -> Result<bool, Error> {
    let some = app.store().write(FreezeSome { now: app.now() }).await?;
    if some {
        app.announce(Effects { rounds: true, ..Effects::default() });
    }
    Ok(some)
}

/// As [`freeze_rounds`], until `stop`: a piece under way is finished, nothing new is begun.
pub async fn run_freezer(app: App, mut stop: Stop) {
    let clock = app.shared_clock();
    let mut failures = 0;
    while !stop.is_stopped() {
        let nap = match freeze_some(&app).await {
            Ok(true) => {
                failures = 0;
                continue;
            }
            Ok(false) => SWEEP,
            Err(error) => {
                failures += 1;
                report("freezing", failures, Some(&error));
                Backoff::LANE.jittered(failures, &*app.entropy())
            }
        };
        app.bells().freezer.sleep(&*clock, None, nap, &mut stop).await;
    }
}
