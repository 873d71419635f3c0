//! Deleting a task.

use std::sync::Arc;

use domain::identity::Caller;
use kernel::{Entropy, Instant, TaskId, UserId};
use store::{Tx, UseCase};

use super::{fact, fact_of, locked, present, session};
use crate::{
    App, Effects, Error,
    calendar::{Expected, tell},
};

/// What becomes of the sessions of a task that is deleted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Sessions {
    /// They stay in the calendar as schedules of their own.
    #[default]
    Keep,
    /// They go into the trash.
    Delete,
}

struct Delete {
    owner: UserId,
    id: TaskId,
    sessions: Sessions,
    expected: Expected,
    now: Instant,
    entropy: Arc<dyn Entropy>,
}

impl UseCase for Delete {
    type Out = ((), Effects);
    type Error = Error;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Self::Out, Error> {
        locked(tx, self.owner).await?;
        let task = present(tx, self.owner, self.id, self.expected).await?;
        let by = (self.now, &*self.entropy);
        let mut facts = session::release(tx, &task, self.sessions == Sessions::Delete, by).await?;
        let mut touched = store::tasks::dependents(tx, self.owner, self.id).await?;
        touched.extend(store::tasks::subtasks(tx, self.owner, &[self.id], false).await?);
        touched.sort_unstable();
        touched.dedup();
        store::tasks::lift(tx, self.owner, self.id, task.parent).await?;
        let touched = store::tasks::touch(tx, self.owner, &touched, self.now).await?;
        store::calendar::sessions::forget_deadline(tx, self.owner, self.id).await?;
        store::tasks::delete(tx, self.owner, self.id).await?;
        facts.push(fact_of(&task, "deleted", by));
        facts.extend(touched.into_iter().map(|(id, version)| fact((self.owner, id, version), "updated", by)));
        let mut effects = Effects::default();
        tell(tx, (self.owner, self.now, &*self.entropy), facts, &mut effects).await?;
        Ok(((), effects))
    }
}

/// Deletes a task of the caller for good. What waited for it waits no more, and its subtasks become those of its own parent.
pub async fn delete(app: &App, caller: &Caller, (id, sessions, expected): (TaskId, Sessions, Expected)) -> Result<(), Error> {
    app.commit(Delete { owner: caller.user, id, sessions, expected, now: app.now(), entropy: app.entropy() }).await
}
