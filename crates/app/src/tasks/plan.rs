//! Planning work on a task.

use std::{sync::Arc, time::Duration};

use domain::{
    calendar::{Draft, Purpose, Schedule, labels::LabelsPatch},
    identity::Caller,
    tasks::{MAX_SESSIONS, TaskError},
};
use kernel::{Entropy, Instant, TaskId, UserId};
use store::{Tx, UseCase};

use super::{locked, present};
use crate::{
    Answer, App, Effects, Error, Once,
    calendar::{self, Create, Expected, OnConflict, commit},
    once::Render,
};

/// A session that is asked for. What it does not say comes from its task.
#[derive(Clone, Debug)]
pub struct Plan {
    /// One line; the task's unless given.
    pub title: Option<String>,
    /// Any number of lines; the task's unless given.
    pub description: Option<String>,
    /// A short word; [`KIND`] unless given.
    pub kind: Option<String>,
    /// What it is labelled with; as the task unless given.
    pub labels: LabelsPatch,
    /// The rest. Without an end and a duration it lasts as long as the task may take.
    pub draft: Draft,
    /// What becomes of it if its time is taken.
    pub on_conflict: OnConflict,
}

/// What work on a task is, if nothing else is said.
const KIND: &str = "task";

/// Plans one, whoever asks for it: the owner, or a suggestion of theirs.
pub(crate) struct PlanSession {
    pub(crate) owner: UserId,
    pub(crate) task: TaskId,
    pub(crate) plan: Plan,
    pub(crate) settings: calendar::Settings,
    pub(crate) now: Instant,
    pub(crate) entropy: Arc<dyn Entropy>,
}

impl UseCase for PlanSession {
    type Out = (Schedule, Effects);
    type Error = Error;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Self::Out, Error> {
        locked(tx, self.owner).await?;
        let task = present(tx, self.owner, self.task, Expected::Any).await?;
        if !task.is_active() {
            return Err(TaskError::Closed.into());
        }
        room(tx, self.owner, self.task).await?;
        let Plan { title, description, kind, labels, mut draft, on_conflict } = self.plan.clone();
        draft.labels = labels.beside(&task.labels);
        draft.title = title.unwrap_or(task.title);
        draft.description = description.unwrap_or(task.description);
        draft.kind = kind.unwrap_or_else(|| KIND.to_owned());
        if draft.span.end.is_none() && draft.span.duration.is_none() && !draft.span.all_day {
            draft.span.duration = task.estimate_seconds.map(|seconds| Duration::from_secs(seconds.into()));
        }
        let (owner, purpose) = (self.owner, Purpose::Session(self.task));
        let (settings, now, entropy) = (self.settings, self.now, Arc::clone(&self.entropy));
        let create = Create { owner, purpose, draft, on_conflict, settings, now, entropy };
        create.run(tx).await
    }
}

/// Refuses one more session of a task than it may have.
async fn room(tx: &mut Tx<'_>, owner: UserId, task: TaskId) -> Result<(), Error> {
    let planned = store::calendar::sessions::count_of_task(tx, owner, task).await?;
    if planned >= i64::from(MAX_SESSIONS) {
        let detail = format!("a task has at most {MAX_SESSIONS} sessions: delete some that are over");
        return Err(TaskError::TooMany(detail).into());
    }
    Ok(())
}

/// Plans work on a task of the caller: a schedule that belongs to it.
pub async fn plan(
    app: &App,
    caller: &Caller,
    (task, plan): (TaskId, Plan),
    once: Option<Once>,
    render: Render<Schedule>,
) -> Result<Answer, Error> {
    let (owner, settings) = (caller.user, app.calendar());
    let case = PlanSession { owner, task, plan, settings, now: app.now(), entropy: app.entropy() };
    commit(app, case, once, render).await
}
