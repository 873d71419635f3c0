//! Stopping a round, letting it go on, ending it. Whoever says which version of which round they mean ([`Round::tag`](domain::campaigns::Round::tag))
//! is refused if it is another by now.

use std::sync::Arc;

use domain::{
    campaigns::{Cause, Deed, ProductName, RoundError},
    identity::Caller,
};
use kernel::{Entropy, Instant, UserId};
use store::{Tx, UseCase, campaigns::rounds as rows};

use super::{Shown, lock, raise::tell};
use crate::{
    Answer, App, Effects, Error, Once,
    calendar::{Expected, Unfit},
    campaigns::enter,
    once::Render,
};

/// What its owner wants of a round.
#[derive(Clone, Copy, Debug)]
enum Wish {
    Pause(i64),
    Cancel(i64),
    /// Of the last round.
    Resume,
}

struct Steer {
    owner: UserId,
    name: ProductName,
    wish: Wish,
    expected: Expected,
    now: Instant,
    entropy: Arc<dyn Entropy>,
}

impl UseCase for Steer {
    type Out = (Shown, Effects);
    type Error = Error;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Self::Out, Error> {
        let product = enter(tx, self.owner, &self.name).await?;
        let (number, deed) = match self.wish {
            Wish::Pause(number) => (number, Deed::Pause),
            Wish::Cancel(number) => (number, Deed::Cancel),
            Wish::Resume => (product.round, Deed::Resume { stock: product.stock }),
        };
        let mut kept = lock(tx, product.id, number).await?;
        let (tag, version) = (kept.round.tag(), kept.round.version);
        self.expected.fits(tag, false).map_err(|_: Unfit| RoundError::VersionMismatch { round: number, version })?;
        kept.round.turn(deed, Cause::Owner, self.now)?;
        kept.wake_at = self.now;
        rows::update(tx, &kept).await?;
        let mut effects = Effects::default();
        let shown = tell(tx, &mut effects, &product, kept, (self.now, &*self.entropy)).await?;
        Ok((shown, effects))
    }
}

async fn steer(
    app: &App,
    caller: &Caller,
    (name, wish, expected): (ProductName, Wish, Expected),
    once: Option<Once>,
    render: Render<Shown>,
) -> Result<Answer, Error> {
    let case = Steer { owner: caller.user, name, wish, expected, now: app.now(), entropy: app.entropy() };
    app.commit_once(case, once, render).await
}

/// Stops a round for a while. Those who are being told at this moment still are.
pub async fn pause(
    app: &App,
    caller: &Caller,
    (name, round, expected): (ProductName, i64, Expected),
    once: Option<Once>,
    render: Render<Shown>,
) -> Result<Answer, Error> {
    steer(app, caller, (name, Wish::Pause(round), expected), once, render).await
}

/// Ends a round for good.
pub async fn cancel(
    app: &App,
    caller: &Caller,
    (name, round, expected): (ProductName, i64, Expected),
    once: Option<Once>,
    render: Render<Shown>,
) -> Result<Answer, Error> {
    steer(app, caller, (name, Wish::Cancel(round), expected), once, render).await
}

/// Lets the last round of a product go on where it stopped.
pub async fn resume(
    app: &App,
    caller: &Caller,
    (name, expected): (ProductName, Expected),
    once: Option<Once>,
    render: Render<Shown>,
) -> Result<Answer, Error> {
    steer(app, caller, (name, Wish::Resume, expected), once, render).await
}
