//! Making a task.

use std::sync::Arc;

use domain::{
    calendar::labels::Labels,
    identity::Caller,
    tasks::{Task, TaskDraft, TaskError},
};
use kernel::{Entropy, Instant, TaskId, UserId};
use store::{Tx, UseCase};

use super::{
    add::{add, in_order, known, room},
    fact_of, locked,
};
use crate::{Answer, App, Effects, Error, Once, calendar::labels::provide, once::Render};

struct Create {
    owner: UserId,
    draft: TaskDraft,
    now: Instant,
    entropy: Arc<dyn Entropy>,
}

impl UseCase for Create {
    type Out = (Task, Effects);
    type Error = Error;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Self::Out, Error> {
        let user = locked(tx, self.owner).await?;
        let mut checked = self.draft.check(user.default_lead.as_seconds(), self.now)?;
        let parent = self.draft.parent;
        room(tx, self.owner, 1).await?;
        known(tx, self.owner, &checked.depends_on, parent).await?;
        let by = (self.now, &*self.entropy);
        let mut facts = provide(tx, self.owner, (&mut checked.labels, &Labels::default()), TaskError::Invalid, by).await?;
        let task = Task {
            id: TaskId::mint(self.now, &*self.entropy),
            owner: self.owner,
            title: checked.title,
            description: checked.description,
            labels: checked.labels,
            deadline: checked.deadline,
            importance: checked.importance,
            difficulty: checked.difficulty,
            estimate_seconds: checked.estimate_seconds,
            parent,
            depends_on: checked.depends_on,
            blocked_by: Vec::new(),
            has_open_subtasks: false,
            reminders: Vec::new(),
            completed_at: None,
            completed_by: None,
            archived_at: None,
            version: 1,
            created_at: self.now,
            updated_at: self.now,
        };
        let mut effects = Effects::default();
        let task = add(tx, task, &checked.rules, by, &mut effects).await?;
        if parent.is_some() {
            in_order(tx, self.owner, task.id).await?;
        }
        facts.push(fact_of(&task, "created", by));
        effects.append(tx, facts, self.now).await?;
        let task = super::present(tx, self.owner, task.id, crate::calendar::Expected::Any).await?;
        Ok((task, effects))
    }
}

/// Makes a task and arms the alarms of its deadline.
pub async fn create(
    app: &App,
    caller: &Caller,
    draft: TaskDraft,
    once: Option<Once>,
    render: Render<Task>,
) -> Result<Answer, Error> {
    let case = Create { owner: caller.user, draft, now: app.now(), entropy: app.entropy() };
    app.commit_once(case, once, render).await
}
