//! What a task and the sessions planned for it mean to each other.
//!
//! ```text
//!   session                                   task
//!   start                                ──►  must not be blocked; a completed one is to be done again
//!   complete, and no other is open       ──►  is completed as well, if nothing stands against it
//!   cancel what completed the task       ──►  is to be done again
//!   ends; what has not begun is dropped  ◄──  complete
//!   what has not begun is dropped        ◄──  archive
//!   what was dropped comes back          ◄──  reopen, unarchive
//! ```

use domain::{
    alarms::{AlarmState, Reason},
    calendar::{
        RecurrenceSet, Schedule,
        labels::Labels,
        progress::{Action, Around, Ask, Decision, Item, Refusal, State, decide},
    },
    tasks::{Task, TaskError},
};
use kernel::{Instant, ScheduleId};
use store::{Tx, streams::Draft};

use super::{By, deadline, fact_of};
use crate::{
    Effects, Error,
    calendar::{
        What,
        arm::{self, Rung, Why},
        discard, fact,
        progress::take,
    },
};

/// What a request about a session says of its task.
#[derive(Clone, Copy, Debug, Default)]
pub struct ForTask {
    /// Start although the task is blocked.
    pub force: bool,
    /// Whether completing the session completes the task; `None`: if no other session is open, and nothing stands against it.
    pub complete: Option<bool>,
}

/// What a transaction has done and will tell.
pub(super) type Told<'a> = (&'a mut Effects, &'a mut Vec<Draft>);

/// The task a schedule is planned for. Its owner is locked.
pub(crate) async fn task(tx: &mut Tx<'_>, schedule: &Schedule) -> Result<Option<Task>, Error> {
    match schedule.purpose.session() {
        Some(task) => Ok(store::tasks::find(tx, schedule.owner, task).await?),
        None => Ok(None),
    }
}

/// Refuses to begin with what must wait.
pub(crate) fn may_start(task: &Task, asked: ForTask) -> Result<(), TaskError> {
    let free = asked.force || task.blocked_by.is_empty();
    if free { Ok(()) } else { Err(TaskError::Blocked(task.blocked_by.clone())) }
}

/// Lets the task go along with what was done with one of its sessions.
pub(crate) async fn follow(
    tx: &mut Tx<'_>,
    mut task: Task,
    (session, action, asked): (ScheduleId, Action, ForTask),
    by: By<'_>,
    told: Told<'_>,
) -> Result<(), Error> {
    match action {
        Action::Start if task.completed_at.is_some() => reopen(tx, &mut task, by, told).await,
        Action::Cancel if task.completed_by == Some(session) => reopen(tx, &mut task, by, told).await,
        Action::Complete if task.completed_at.is_none() && completes(tx, &task, asked).await? => {
            complete(tx, &mut task, Some(session), by, told).await
        }
        Action::Start | Action::Suspend | Action::Complete | Action::Cancel => Ok(()),
    }
}

/// Whether a session that was completed completes its task.
async fn completes(tx: &mut Tx<'_>, task: &Task, asked: ForTask) -> Result<bool, Error> {
    match asked.complete {
        Some(false) => Ok(false),
        Some(true) => may_be_completed(tx, task).await.map(|()| true),
        None => {
            let last = store::calendar::sessions::open_of_task(tx, task.owner, task.id).await?.is_empty();
            Ok(last && task.is_ready())
        }
    }
}

/// Refuses if something comes first: what the task depends on, or its own subtasks.
pub(super) async fn may_be_completed(tx: &mut Tx<'_>, task: &Task) -> Result<(), Error> {
    if !task.blocked_by.is_empty() {
        return Err(TaskError::Blocked(task.blocked_by.clone()).into());
    }
    let open = store::tasks::subtasks(tx, task.owner, &[task.id], true).await?;
    if open.is_empty() { Ok(()) } else { Err(TaskError::OpenSubtasks(open).into()) }
}

/// Completes a task: its alarms are cancelled, sessions that have begun end with it, and those that have not are dropped. `session` is
/// the one that completed it.
pub(super) async fn complete(
    tx: &mut Tx<'_>,
    task: &mut Task,
    session: Option<ScheduleId>,
    by: By<'_>,
    (effects, facts): Told<'_>,
) -> Result<(), Error> {
    task.completed_at = Some(by.0);
    task.completed_by = session;
    task.touch(by.0);
    store::tasks::update(tx, task).await?;
    for schedule in held(tx, task).await? {
        if schedule.deleted_at.is_none() && Some(schedule.id) != session {
            facts.extend(end(tx, schedule, by, effects).await?);
        }
    }
    deadline::silence(tx, task, Reason::Completed, by).await?;
    facts.push(fact_of(task, "completed", by));
    Ok(())
}

/// Whether a session is still ahead, so that it can be dropped with nothing lost.
fn is_ahead(schedule: &Schedule, now: Instant) -> bool {
    schedule.deleted_at.is_none() && schedule.progress.state == State::NotStarted && schedule.span.start_at.instant > now
}

async fn drop_ahead(tx: &mut Tx<'_>, schedule: Schedule, reason: Reason, by: By<'_>) -> Result<Draft, Error> {
    let dropped = discard(tx, schedule, reason, by.0).await?;
    Ok(fact(&dropped, What::Deleted, by.1))
}

/// Takes the sessions of a task that is put away out of the calendar, as far as they are ahead.
pub(super) async fn put_away(tx: &mut Tx<'_>, task: &Task, by: By<'_>) -> Result<Vec<Draft>, Error> {
    let mut facts = Vec::new();
    for schedule in held(tx, task).await?.into_iter().filter(|schedule| is_ahead(schedule, by.0)) {
        facts.push(drop_ahead(tx, schedule, Reason::Archived, by).await?);
    }
    Ok(facts)
}

/// Brings back the sessions that left the calendar with their task, at `dropped_at`.
pub(super) async fn take_out(
    tx: &mut Tx<'_>,
    task: &Task,
    dropped_at: Option<Instant>,
    by: By<'_>,
    effects: &mut Effects,
) -> Result<Vec<Draft>, Error> {
    let mut facts = Vec::new();
    let dropped = |schedule: &Schedule| schedule.deleted_at.is_some() && schedule.deleted_at == dropped_at;
    for mut schedule in held(tx, task).await?.into_iter().filter(dropped) {
        schedule.deleted_at = None;
        schedule.touch(by.0, true);
        let set = store::calendar::set_of(tx, schedule).await?;
        arm::save(tx, &set, Rung::default(), Why::MOVED, by, effects).await?;
        facts.push(fact(&set.schedule, What::Restored, by.1));
    }
    Ok(facts)
}

/// What becomes of a session whose task is completed. What is still ahead leaves the calendar; what was not kept stays as it is.
async fn end(tx: &mut Tx<'_>, schedule: Schedule, by: By<'_>, effects: &mut Effects) -> Result<Option<Draft>, Error> {
    match schedule.progress.state {
        State::Completed => Ok(None),
        State::InProgress | State::Suspended => act(tx, schedule, Action::Complete, by, effects).await,
        State::NotStarted if is_ahead(&schedule, by.0) => drop_ahead(tx, schedule, Reason::Completed, by).await.map(Some),
        State::NotStarted => {
            let now = by.0;
            store::alarms::settle_pending(tx, schedule.id, AlarmState::Cancelled, Reason::Completed, now).await?;
            Ok(None)
        }
    }
}

/// Makes a completed task one that is to be done: alarms that are still ahead are armed, sessions that were dropped come back, and a
/// session that was only ticked off to complete it is open again. Work stays counted.
pub(super) async fn reopen(tx: &mut Tx<'_>, task: &mut Task, by: By<'_>, (effects, facts): Told<'_>) -> Result<(), Error> {
    let (dropped_at, session) = (task.completed_at.take(), task.completed_by.take());
    task.touch(by.0);
    store::tasks::update(tx, task).await?;
    for schedule in held(tx, task).await? {
        let progress = schedule.progress;
        if Some(schedule.id) == session && progress.state == State::Completed && progress.worked_seconds == 0 {
            facts.extend(act(tx, schedule, Action::Cancel, by, effects).await?);
        }
    }
    facts.extend(take_out(tx, task, dropped_at, by, effects).await?);
    deadline::ring_again(tx, task, by, effects).await?;
    facts.push(fact_of(task, "reopened", by));
    Ok(())
}

/// Takes a step with a session on behalf of its task.
async fn act(
    tx: &mut Tx<'_>,
    schedule: Schedule,
    action: Action,
    by: By<'_>,
    effects: &mut Effects,
) -> Result<Option<Draft>, Error> {
    let item = Item::once(schedule.id);
    let ask = Ask { action, at: None, auto_suspend: false };
    let around = Around { running: None, worked_until: None };
    let refused = |refusal| match refusal {
        Refusal::Progress(error) => Error::from(error),
        Refusal::Field(error) => Error::from(error),
    };
    match decide(&item, &schedule.progress, ask, &around, by.0).map_err(refused)? {
        Decision::Already => Ok(None),
        Decision::Change { step, .. } => {
            let mut set = RecurrenceSet::new(schedule, []);
            take(tx, &mut set, &item, &step, by, effects).await.map(Some)
        }
    }
}

/// Every session of a task, in the trash or not, locked.
pub(super) async fn held(tx: &mut Tx<'_>, task: &Task) -> Result<Vec<Schedule>, Error> {
    let ids = store::calendar::sessions::ids_of_task(tx, task.owner, task.id).await?;
    store::calendar::sessions::hold(tx, task.owner, &ids).await?;
    let mut held = Vec::with_capacity(ids.len());
    for id in ids {
        held.extend(store::calendar::lock(tx, task.owner, id).await?);
    }
    Ok(held)
}

/// Labels the sessions of a task as the task is now, those in the trash too. One that has another category than the task had, or other
/// tags, keeps them: somebody wanted it so.
pub(super) async fn relabel(tx: &mut Tx<'_>, task: &Task, before: &Labels, by: By<'_>) -> Result<Vec<Draft>, Error> {
    let mut facts = Vec::new();
    for mut schedule in held(tx, task).await? {
        let Labels { category, tags } = schedule.labels.clone();
        let goes_along = Labels {
            category: if category == before.category { task.labels.category } else { category },
            tags: if tags == before.tags { task.labels.tags.clone() } else { tags },
        };
        if goes_along == schedule.labels {
            continue;
        }
        schedule.labels = goes_along;
        schedule.touch(by.0, false);
        let set = store::calendar::set_of(tx, schedule).await?;
        store::calendar::update(tx, &set).await?;
        store::labels::tags::assign(tx, (task.owner, set.schedule.id), &set.schedule.labels.tags).await?;
        store::search::put(tx, &set).await?;
        facts.push(fact(&set.schedule, What::Updated, by.1));
    }
    Ok(facts)
}

/// Lets go of the sessions of a task that is deleted; `discarded`: they go into the trash.
pub(super) async fn release(tx: &mut Tx<'_>, task: &Task, discarded: bool, by: By<'_>) -> Result<Vec<Draft>, Error> {
    let mut facts = Vec::new();
    for mut schedule in held(tx, task).await? {
        schedule.purpose = domain::calendar::Purpose::Event;
        let what = if discarded && schedule.deleted_at.is_none() {
            schedule = discard(tx, schedule, Reason::ScheduleDeleted, by.0).await?;
            What::Deleted
        } else {
            schedule.touch(by.0, false);
            let set = store::calendar::set_of(tx, schedule).await?;
            store::calendar::update(tx, &set).await?;
            schedule = set.schedule;
            What::Updated
        };
        facts.push(fact(&schedule, what, by.1));
    }
    Ok(facts)
}
