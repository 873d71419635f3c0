//! Completing and reopening a task.

use std::sync::Arc;

use domain::{
    alarms::Reason,
    identity::Caller,
    tasks::{Task, TaskError},
};
use kernel::{Entropy, Instant, TaskId, UserId};
use store::{Tx, UseCase};

use super::{deadline, fact_of, locked, present};
use crate::{Answer, App, Effects, Error, Once, calendar::Expected, once::Render};

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
            may_be_completed(tx, &task).await?;
        }
        task.completed_at = Some(self.now);
        task.touch(self.now);
        store::tasks::update(tx, &task).await?;
        deadline::silence(tx, &task, Reason::Completed, by).await?;
        effects.events.extend(store::streams::append(tx, vec![fact_of(&task, "completed", by)], self.now).await?);
        Ok((task, effects))
    }
}

/// Refuses if something comes first: what the task depends on, or its own subtasks.
async fn may_be_completed(tx: &mut Tx<'_>, task: &Task) -> Result<(), Error> {
    if !task.blocked_by.is_empty() {
        return Err(TaskError::Blocked(task.blocked_by.clone()).into());
    }
    let open = store::tasks::subtasks(tx, task.owner, &[task.id], true).await?;
    if open.is_empty() { Ok(()) } else { Err(TaskError::OpenSubtasks(open).into()) }
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
        if task.completed_at.take().is_none() {
            return Ok((task, effects));
        }
        task.completed_by = None;
        task.touch(self.now);
        store::tasks::update(tx, &task).await?;
        deadline::ring_again(tx, &task, by, &mut effects).await?;
        effects.events.extend(store::streams::append(tx, vec![fact_of(&task, "reopened", by)], self.now).await?);
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
