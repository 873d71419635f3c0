//! Changing a task.

use std::sync::Arc;

use domain::{
    identity::Caller,
    tasks::{Task, TaskError, TaskPatch},
};
use kernel::{Entropy, Instant, TaskId, UserId};
use store::{Tx, UseCase};

use super::{
    add::{in_order, known},
    deadline, fact_of, locked, present, session,
};
use crate::{
    Answer, App, Effects, Error, Once,
    calendar::{Expected, labels::provide, tell},
    once::Render,
};

struct Update {
    owner: UserId,
    id: TaskId,
    patch: TaskPatch,
    expected: Expected,
    now: Instant,
    entropy: Arc<dyn Entropy>,
}

impl UseCase for Update {
    type Out = (Task, Effects);
    type Error = Error;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Self::Out, Error> {
        let user = locked(tx, self.owner).await?;
        let task = present(tx, self.owner, self.id, self.expected).await?;
        if self.expected == Expected::Unsaid {
            return Err(TaskError::VersionRequired.into());
        }
        let change = self.patch.apply(&task, (&user.time_zone, user.default_lead.as_seconds()), self.now)?;
        let mut effects = Effects::default();
        if !change.any {
            return Ok((task, effects));
        }
        let by = (self.now, &*self.entropy);
        let labels = task.labels;
        let mut task = change.task;
        if task.depends_on.contains(&self.id) || task.parent == Some(self.id) {
            return Err(TaskError::Cycle(vec![self.id]).into());
        }
        known(tx, self.owner, &change.added, task.parent.filter(|_| change.moved)).await?;
        let mut facts = provide(tx, self.owner, (&mut task.labels, &labels), TaskError::Invalid, by).await?;
        task.touch(self.now);
        store::tasks::update(tx, &task).await?;
        store::labels::tags::assign_task(tx, (self.owner, self.id), &task.labels.tags).await?;
        store::search::put_task(tx, &task).await?;
        store::tasks::release(tx, self.owner, self.id, &change.removed).await?;
        store::tasks::depend(tx, self.owner, self.id, &change.added).await?;
        if change.moved || !change.added.is_empty() {
            in_order(tx, self.owner, self.id).await?;
        }
        let relabelled = if task.labels == labels { Vec::new() } else { session::relabel(tx, &task, &labels, by).await? };
        deadline::keep(tx, &mut task, &change.rules, by, &mut effects).await?;
        facts.push(fact_of(&task, "updated", by));
        if relabelled.is_empty() {
            effects.append(tx, facts, self.now).await?;
        } else {
            facts.extend(relabelled);
            tell(tx, (self.owner, self.now, &*self.entropy), facts, &mut effects).await?;
        }
        Ok((present(tx, self.owner, self.id, Expected::Any).await?, effects))
    }
}

/// Changes a task of the caller, moves the alarms of its deadline along, and labels its sessions anew. What makes no difference changes nothing.
pub async fn update(
    app: &App,
    caller: &Caller,
    (id, expected): (TaskId, Expected),
    patch: TaskPatch,
    once: Option<Once>,
    render: Render<Task>,
) -> Result<Answer, Error> {
    let case = Update { owner: caller.user, id, patch, expected, now: app.now(), entropy: app.entropy() };
    app.commit_once(case, once, render).await
}
