//! Planning one schedule anew by the database in use.

use std::sync::Arc;

use kernel::{Entropy, Instant};
use store::{Tx, UseCase, calendar::zones as rows};

use super::{
    super::{
        What,
        arm::{self, Rung, Why},
        changed,
    },
    Moved,
};
use crate::{App, Effects, Error, tasks};

struct Replan {
    found: Moved,
    now: Instant,
    entropy: Arc<dyn Entropy>,
}

impl UseCase for Replan {
    /// What moved; nothing, if somebody else was quicker.
    type Out = (Option<Moved>, Effects);
    type Error = Error;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Self::Out, Error> {
        let Moved { schedule: id, owner, deadline_of, .. } = self.found;
        let (by, mut effects) = ((self.now, &*self.entropy), Effects::default());
        // A deadline is locked behind its owner, like everything of a task; others are not held up.
        if deadline_of.is_some() {
            tasks::locked(tx, owner).await?;
        }
        // Whoever deleted it for good in the meantime left nothing to move.
        let Some(schedule) = store::calendar::lock_any(tx, owner, id).await? else { return Ok((None, effects)) };
        let set = store::calendar::set_of(tx, schedule).await?;
        let derived = rows::derived(tx, &[id]).await?.remove(&id).unwrap_or_default();
        let Some((from, to)) = set.moves(&derived, self.now) else { return Ok((None, effects)) };
        let moved = Moved { from, to, ..self.found };
        if let Some(task) = deadline_of {
            tasks::derive_anew(tx, (owner, task), by, &mut effects).await?;
            return Ok((Some(moved), effects));
        }
        let mut set = set.derived_anew();
        set.schedule.touch(self.now, true);
        for own in set.overrides.values().filter(|own| own.span.is_some()) {
            store::calendar::overrides::put(tx, id, own).await?;
        }
        if set.schedule.deleted_at.is_some() {
            // It comes back as it is now, and is told of then.
            store::calendar::update(tx, &set).await?;
            return Ok((Some(moved), effects));
        }
        arm::save(tx, &set, Rung::default(), Why::MOVED, by, &mut effects).await?;
        changed(tx, std::slice::from_ref(&set.schedule), What::Updated, by.1, &mut effects).await?;
        Ok((Some(moved), effects))
    }
}

/// Plans a schedule anew if it still moves; says what moved.
pub(super) async fn replan(app: &App, found: Moved) -> Result<Option<Moved>, Error> {
    app.commit(Replan { found, now: app.now(), entropy: app.entropy() }).await
}
