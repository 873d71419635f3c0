//! Completing and reopening a task.

use std::sync::Arc;

use domain::{identity::Caller, tasks::Task};
use kernel::{Entropy, Instant, TaskId, UserId};
use store::{Tx, UseCase};

use super::{locked, present, session};
use crate::{
    Answer, App, Effects, Error, Once,
    calendar::{Expected, tell},
    once::Render,
};

struct Complete {
    owner: UserId,
    id: TaskId,
    force: bool,
    now: Instant,
    entropy: Arc<dyn Entropy>,
}

impl UseCase for Complete {
    type Out = (Task, Effects);
    type Error = Error;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Self::Out, Error> {
        locked(tx, self.owner).await?;
        let mut task = present(tx, self.owner, self.id, Expected::Any).await?;
        let (by, mut effects) = ((self.now, &*self.entropy), Effects::default());
        if task.completed_at.is_some() {
            return Ok((task, effects));
        }
        if !self.force {
            session::may_be_completed(tx, &task).await?;
        }
        let mut facts = Vec::new();
        session::complete(tx, &mut task, None, by, (&mut effects, &mut facts)).await?;
        tell(tx, (self.owner, self.now, &*self.entropy), facts, &mut effects).await?;
        Ok((task, effects))
    }
}

struct Reopen {
    owner: UserId,
    id: TaskId,
    now: Instant,
    entropy: Arc<dyn Entropy>,
}

impl UseCase for Reopen {
    type Out = (Task, Effects);
    type Error = Error;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Self::Out, Error> {
        locked(tx, self.owner).await?;
        let mut task = present(tx, self.owner, self.id, Expected::Any).await?;
        let (by, mut effects) = ((self.now, &*self.entropy), Effects::default());
        if task.completed_at.is_none() {
            return Ok((task, effects));
        }
        let mut facts = Vec::new();
        session::reopen(tx, &mut task, by, (&mut effects, &mut facts)).await?;
        tell(tx, (self.owner, self.now, &*self.entropy), facts, &mut effects).await?;
        Ok((task, effects))
    }
}

/// Completes a task of the caller; `force` also if something else comes first. Again changes nothing.
pub async fn complete(
    app: &App,
    caller: &Caller,
    (id, force): (TaskId, bool),
    once: Option<Once>,
    render: Render<Task>,
) -> Result<Answer, Error> {
    let case = Complete { owner: caller.user, id, force, now: app.now(), entropy: app.entropy() };
    app.commit_once(case, once, render).await
}

/// Makes a completed task of the caller one that is to be done. Again changes nothing.
pub async fn reopen(app: &App, caller: &Caller, id: TaskId, once: Option<Once>, render: Render<Task>) -> Result<Answer, Error> {
    let case = Reopen { owner: caller.user, id, now: app.now(), entropy: app.entropy() };
    app.commit_once(case, once, render).await
}
