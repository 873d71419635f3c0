//! Giving everybody who waits a position, piece by piece: a million rows in one transaction would hold up everybody else.

use std::{sync::Arc, time::Duration};

use clockwork::{Backoff, Stop};
use domain::campaigns::{Cause, Deed, RoundState};
use kernel::{Entropy, Instant};
use store::{
    Tx, UseCase,
    campaigns::{
        ledger,
        rounds::{self as rows, Which},
    },
};

use super::{
    Reached, SWEEP,
    aside::{About, Aside, is_of_one},
    reach_any,
    sender::report,
};
use crate::{App, Effects, Error};

/// Positions of one transaction: some forty milliseconds, in which as many people are not told as one permit catches up with.
const AT_ONCE: u32 = 4_000;

struct FreezeSome {
    /// Rounds that are passed over.
    aside: Vec<Which>,
    /// Which round it is about is written here.
    about: About,
    now: Instant,
    entropy: Arc<dyn Entropy>,
}

/// What a piece came to.
enum Froze {
    /// Somebody was written down, or nobody had to be; and this is to be said of it.
    Some(Effects),
    /// Somebody else has the product of this round locked.
    Locked(Which),
    /// There is nothing to do.
    Nothing,
}

impl UseCase for FreezeSome {
    type Out = Froze;
    type Error = Error;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Froze, Error> {
        let mut effects = Effects { rounds: true, ..Effects::default() };
        let some = u32::try_from(self.aside.len()).unwrap_or(u32::MAX).saturating_add(1);
        let rounds = rows::unfrozen(tx, some).await?;
        let Some(which) = rounds.into_iter().find(|which| !self.aside.contains(which)) else { return Ok(Froze::Nothing) };
        self.about.is(which);
        // The product first, as everybody does; who subscribes meanwhile waits for a moment.
        let reached = reach_any(tx, which.0).await?;
        let product = match reached {
            Reached::Busy => return Ok(Froze::Locked(which)),
            Reached::Locked(product) => Some(product),
            Reached::Gone => None,
        };
        let Some(mut kept) = rows::lock(tx, which.0, which.1).await? else { return Ok(Froze::Some(effects)) };
        if kept.round.frozen || !kept.round.state.is_under_way() {
            return Ok(Froze::Some(effects));
        }
        let Some(product) = product else {
            kept.round.turn(Deed::Cancel, Cause::Owner, self.now)?;
            rows::update(tx, &kept).await?;
            return Ok(Froze::Some(effects));
        };
        let span = (kept.frozen_seq, kept.freeze_until_seq);
        let frozen = ledger::freeze(tx, which, span, kept.round.total, AT_ONCE).await?;
        kept.round.total += frozen.added;
        kept.frozen_seq = frozen.up_to_seq;
        kept.round.frozen = kept.frozen_seq >= kept.freeze_until_seq;
        if kept.wake_at > self.now {
            kept.wake_at = self.now;
        }
        rows::update(tx, &kept).await?;
        // Of one that goes on, its progress says it.
        if kept.round.frozen && kept.round.state == RoundState::Paused {
            super::tell_owner(tx, &mut effects, &product, kept, (self.now, &*self.entropy)).await?;
        }
        Ok(Froze::Some(effects))
    }
}

/// Between two pieces, where others could have the product meanwhile: whoever is told while a million are written down waits for this.
const PAUSE: Duration = Duration::from_millis(5);

/// How long a round waits whose product is locked. Another process writes it down, most likely, and meanwhile the sender has it in the pauses of
/// that one alone.
const LOCKED: Duration = Duration::from_millis(50);

/// Writes down everybody in the rounds that are under way.
pub async fn freeze_rounds(app: &App) -> Result<(), Error> {
    let mut aside = Aside::default();
    while freeze_some(app, &mut aside).await? {}
    Ok(())
}

/// Writes down a piece of the round of which the least is; `false`: there is none, but for those set aside.
async fn freeze_some(app: &App, aside: &mut Aside) -> Result<bool, Error> {
    let (monotonic, about) = (app.clock().monotonic(), About::default());
    let case = FreezeSome { aside: aside.at(monotonic), about: about.clone(), now: app.now(), entropy: app.entropy() };
    match (app.store().write(case).await, about.get()) {
        (Ok(Froze::Nothing), _) => Ok(false),
        (Ok(Froze::Some(effects)), which) => {
            if let Some(which) = which {
                aside.done(which);
            }
            app.announce(effects);
            Ok(true)
        }
        (Ok(Froze::Locked(which)), _) => {
            aside.locked(which, app.clock().monotonic(), LOCKED);
            Ok(true)
        }
        (Err(error), Some(which)) if is_of_one(&error) => {
            let wait = aside.failed(which, monotonic);
            tracing::error!(product_id = %which.0, round = which.1, ?wait, %error, "a round cannot be written down; the others go on");
            Ok(true)
        }
        (Err(error), _) => Err(error),
    }
}

/// As [`freeze_rounds`], until `stop`: a piece under way is finished, nothing new is begun.
pub async fn run_freezer(app: App, mut stop: Stop) {
    let clock = app.shared_clock();
    let mut failures = 0;
    let mut aside = Aside::default();
    while !stop.is_stopped() {
        let asked = clock.monotonic();
        let nap = match freeze_some(&app, &mut aside).await {
            Ok(true) => {
                failures = 0;
                if app.store().is_shared() {
                    clock.sleep(PAUSE).await;
                }
                continue;
            }
            Ok(false) => aside.until(asked).map_or(SWEEP, |until| until.saturating_sub(clock.monotonic()).min(SWEEP)),
            Err(error) => {
                failures += 1;
                report("freezing", failures, Some(&error));
                Backoff::LANE.jittered(failures, &*app.entropy())
            }
        };
        app.bells().freezer.sleep(&*clock, None, nap, &mut stop).await;
    }
}
