//! Splitting a task into subtasks that come one after the other.

use std::{collections::BTreeSet, sync::Arc};

use domain::{
    alarms::ReminderRule,
    identity::Caller,
    tasks::{Part, SplitAsk, Task, TaskError, deadline_rules, split as parts_of},
};
use kernel::{Entropy, Instant, TaskId, UserId};
use store::{Tx, UseCase, streams::Draft};

use super::{
    By,
    add::{add, in_order, room},
    fact_of, locked, present,
};
use crate::{Answer, App, Effects, Error, Once, calendar::Expected, once::Render};

struct Split {
    owner: UserId,
    id: TaskId,
    ask: SplitAsk,
    dry_run: bool,
    now: Instant,
    entropy: Arc<dyn Entropy>,
}

/// The parts, each with its id if it was made.
pub type Made = Vec<(Option<TaskId>, Part)>;

impl UseCase for Split {
    type Out = (Made, Effects);
    type Error = Error;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Self::Out, Error> {
        let user = locked(tx, self.owner).await?;
        let whole = present(tx, self.owner, self.id, Expected::Any).await?;
        if !whole.is_active() {
            return Err(TaskError::Closed.into());
        }
        let parts = parts_of(&whole, &self.ask, self.now)?;
        let mut effects = Effects::default();
        if self.dry_run {
            return Ok((parts.into_iter().map(|part| (None, part)).collect(), effects));
        }
        room(tx, self.owner, parts.len()).await?;
        let lead = user.default_lead.as_seconds();
        let leads = Vec::from_iter((lead > 0).then(|| ReminderRule::before_start(lead)));
        let by = (self.now, &*self.entropy);
        let (mut made, mut facts): (Made, Vec<Draft>) = (Vec::with_capacity(parts.len()), Vec::new());
        // The first part comes after what the whole comes after, each other after the one before.
        let mut depends_on = whole.depends_on.clone();
        for part in parts {
            let task = self.task(&whole, &part, depends_on, by);
            let rules = if part.deadline.is_some() { deadline_rules(leads.clone(), true) } else { Vec::new() };
            let task = add(tx, task, &rules, by, &mut effects).await?;
            depends_on = BTreeSet::from([task.id]);
            facts.push(fact_of(&task, "created", by));
            made.push((Some(task.id), part));
        }
        in_order(tx, self.owner, self.id).await?;
        effects.append(tx, facts, self.now).await?;
        Ok((made, effects))
    }
}

impl Split {
    fn task(&self, whole: &Task, part: &Part, depends_on: BTreeSet<TaskId>, (now, entropy): By<'_>) -> Task {
        Task {
            id: TaskId::mint(now, entropy),
            owner: self.owner,
            title: part.title.clone(),
            description: String::new(),
            labels: whole.labels.clone(),
            deadline: part.deadline.clone(),
            importance: whole.importance,
            difficulty: whole.difficulty,
            estimate_seconds: part.estimate_seconds,
            parent: Some(self.id),
            depends_on,
            blocked_by: Vec::new(),
            has_open_subtasks: false,
            reminders: Vec::new(),
            completed_at: None,
            completed_by: None,
            archived_at: None,
            version: 1,
            created_at: now,
            updated_at: now,
        }
    }
}

/// Splits a task of the caller into subtasks; `dry_run`: only shows them.
pub async fn split(
    app: &App,
    caller: &Caller,
    (id, ask, dry_run): (TaskId, SplitAsk, bool),
    once: Option<Once>,
    render: Render<Made>,
) -> Result<Answer, Error> {
    let case = Split { owner: caller.user, id, ask, dry_run, now: app.now(), entropy: app.entropy() };
    app.commit_once(case, once, render).await
}
