//! Putting a task away, and taking it out again.

use std::sync::Arc;

use domain::{alarms::Reason, identity::Caller, tasks::Task};
use kernel::{Entropy, Instant, TaskId, UserId};
use store::{Tx, UseCase};

use super::{deadline, fact_of, locked, present, session};
use crate::{
    Answer, App, Effects, Error, Once,
    calendar::{Expected, tell},
    once::Render,
};

struct Archive {
    owner: UserId,
    id: TaskId,
    away: bool,
    now: Instant,
    entropy: Arc<dyn Entropy>,
}

impl UseCase for Archive {
    type Out = (Task, Effects);
    type Error = Error;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Self::Out, Error> {
        locked(tx, self.owner).await?;
        let mut task = present(tx, self.owner, self.id, Expected::Any).await?;
        let (by, mut effects) = ((self.now, &*self.entropy), Effects::default());
        if task.archived_at.is_some() == self.away {
            return Ok((task, effects));
        }
        let dropped_at = task.archived_at;
        task.archived_at = self.away.then_some(self.now);
        task.touch(self.now);
        store::tasks::update(tx, &task).await?;
        let (change, mut facts) = if self.away {
            let facts = session::put_away(tx, &task, by).await?;
            deadline::silence(tx, &task, Reason::Archived, by).await?;
            ("archived", facts)
        } else {
            let facts = session::take_out(tx, &task, dropped_at, by, &mut effects).await?;
            deadline::ring_again(tx, &task, by, &mut effects).await?;
            ("unarchived", facts)
        };
        facts.push(fact_of(&task, change, by));
        tell(tx, (self.owner, self.now, &*self.entropy), facts, &mut effects).await?;
        Ok((task, effects))
    }
}

/// Puts a task of the caller away: it rings no more, its sessions leave the calendar as far as they are ahead, and nothing waits for
/// it. Again changes nothing.
pub async fn archive(app: &App, caller: &Caller, id: TaskId, once: Option<Once>, render: Render<Task>) -> Result<Answer, Error> {
    let case = Archive { owner: caller.user, id, away: true, now: app.now(), entropy: app.entropy() };
    app.commit_once(case, once, render).await
}

/// Takes a task of the caller out again, and the sessions that left the calendar with it. Again changes nothing.
pub async fn unarchive(
    app: &App,
    caller: &Caller,
    id: TaskId,
    once: Option<Once>,
    render: Render<Task>,
) -> Result<Answer, Error> {
    let case = Archive { owner: caller.user, id, away: false, now: app.now(), entropy: app.entropy() };
    app.commit_once(case, once, render).await
}
