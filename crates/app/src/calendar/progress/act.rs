//! Starting, suspending, completing and cancelling.

use std::sync::Arc;

use domain::{
    alarms::{AlarmState, Reason},
    calendar::{
        CalendarError, Occurrence, RecurrenceSet, Schedule,
        progress::{Action, Around, Ask, Decision, Item, Progress, Refusal, Step, decide},
    },
    identity::Caller,
    tasks::Task,
};
use kernel::{Entropy, EventId, Instant, ScheduleId, StreamId, UserId};
use store::{Tx, UseCase, streams::Draft};

use super::super::{
    arm::{self, Rung, Why},
    tell,
};
use crate::{
    Answer, App, Effects, Error, Once,
    once::Render,
    tasks::session::{self, ForTask},
};

struct Act {
    owner: UserId,
    item: Item,
    ask: Ask,
    for_task: ForTask,
    now: Instant,
    entropy: Arc<dyn Entropy>,
}

impl UseCase for Act {
    type Out = (Occurrence, Effects);
    type Error = Error;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Self::Out, Error> {
        // One at a time for each owner: what else is in progress decides.
        store::identity::users::lock(tx, self.owner).await?.ok_or(CalendarError::NotFound)?;
        let running = store::progress::running(tx, self.owner).await?;
        let (mut set, mut other) = self.lock(tx, running.as_ref().map(|(item, _)| item)).await?;
        self.meant(&set)?;
        let around = Around { running, worked_until: store::progress::worked_until(tx, self.owner).await? };
        let mut effects = Effects::default();
        let (suspend, step) =
            match decide(&self.item, &set.progress_of(self.item.recurrence_id), self.ask, &around, self.now).map_err(refused)? {
                Decision::Already => (None, None),
                Decision::Change { suspend, step } => (suspend, Some(step)),
            };
        let by = (self.now, &*self.entropy);
        let task = session::task(tx, &set.schedule).await?;
        let Some(step) = step else {
            self.already(tx, task, &mut effects).await?;
            return Ok((self.shown(set)?, effects));
        };
        if let Some(task) = task.as_ref().filter(|_| self.ask.action == Action::Start) {
            session::may_start(task, self.for_task)?;
        }
        let mut events = Vec::new();
        if let (Some(step), Some((item, _))) = (suspend, &around.running) {
            // It may be another occurrence of the same series.
            let other = other.as_mut().unwrap_or(&mut set);
            events.push(take(tx, other, item, &step, by, &mut effects).await?);
        }
        events.push(take(tx, &mut set, &self.item, &step, by, &mut effects).await?);
        if let Some(task) = task {
            let done = (self.item.schedule, self.ask.action, self.for_task);
            // On the heap: few schedules are planned for a task.
            Box::pin(session::follow(tx, task, done, by, (&mut effects, &mut events))).await?;
        }
        tell(tx, (self.owner, self.now, &*self.entropy), events, &mut effects).await?;
        Ok((self.shown(set)?, effects))
    }
}

impl Act {
    /// A session that was completed before is none the less asked to complete its task.
    async fn already(&self, tx: &mut Tx<'_>, task: Option<Task>, effects: &mut Effects) -> Result<(), Error> {
        let Some(task) = task.filter(|_| self.for_task.complete == Some(true)) else { return Ok(()) };
        let (by, mut events) = ((self.now, &*self.entropy), Vec::new());
        let done = (self.item.schedule, self.ask.action, self.for_task);
        Box::pin(session::follow(tx, task, done, by, (effects, &mut events))).await?;
        if !events.is_empty() {
            tell(tx, (self.owner, self.now, &*self.entropy), events, effects).await?;
        }
        Ok(())
    }

    /// Locks the schedule that is asked about, and the one in progress if it is another: lowest id first, as everybody does.
    async fn lock(&self, tx: &mut Tx<'_>, running: Option<&Item>) -> Result<(RecurrenceSet, Option<RecurrenceSet>), Error> {
        let asked = self.item.schedule;
        let other = running.map(|item| item.schedule).filter(|other| *other != asked && self.ask.auto_suspend);
        let mut ids: Vec<ScheduleId> = other.into_iter().chain([asked]).collect();
        if let Some(task) = store::calendar::sessions::task_of(tx, self.owner, asked).await? {
            // What is done with one session of a task may concern the others.
            let mut all = store::calendar::sessions::ids_of_task(tx, self.owner, task).await?;
            all.extend(&ids);
            store::calendar::sessions::hold(tx, self.owner, &all).await?;
        }
        ids.sort_unstable();
        let (mut schedule, mut found_other) = (None, None);
        for id in ids {
            let found = store::calendar::lock(tx, self.owner, id).await?;
            if id == asked {
                schedule = found;
            } else {
                found_other = found;
            }
        }
        let schedule = schedule.filter(|schedule| schedule.deleted_at.is_none()).ok_or(CalendarError::NotFound)?;
        let set = store::calendar::set_of(tx, schedule).await?;
        let other = match found_other {
            Some(other) => Some(store::calendar::set_of(tx, other).await?),
            None => None,
        };
        Ok((set, other))
    }

    /// Refuses what leaves open which occurrence is meant, or means none.
    fn meant(&self, set: &RecurrenceSet) -> Result<(), CalendarError> {
        let repeats = set.schedule.series.is_some();
        match self.item.recurrence_id {
            None if repeats => {
                Err(CalendarError::field("/recurrence_id", "this schedule repeats: say which occurrence is meant"))
            }
            Some(_) if !repeats => Err(CalendarError::field("/recurrence_id", "this schedule happens once: leave it out")),
            Some(which) if set.occurrence(which).is_none() => Err(CalendarError::NoOccurrence(which)),
            None | Some(_) => Ok(()),
        }
    }

    /// The answer: the schedule, or the occurrence, as it is then.
    fn shown(&self, set: RecurrenceSet) -> Result<Occurrence, CalendarError> {
        match self.item.recurrence_id {
            None => Ok(Occurrence::only(set.schedule)),
            Some(which) => set.occurrence(which).ok_or(CalendarError::NoOccurrence(which)),
        }
    }
}

/// Writes one step, and what it means for the alarms; answers what it is to be told as.
pub(crate) async fn take(
    tx: &mut Tx<'_>,
    set: &mut RecurrenceSet,
    item: &Item,
    step: &Step,
    (now, entropy): (Instant, &dyn Entropy),
    effects: &mut Effects,
) -> Result<Draft, Error> {
    store::progress::record(tx, set.schedule.owner, item, step, now).await?;
    set.note_progress(item.recurrence_id, step.after);
    set.schedule.touch(now, step.entry.action == Action::Cancel);
    store::calendar::update(tx, set).await?;
    let settled = match step.entry.action {
        Action::Start => Some(Reason::Started),
        Action::Complete => Some(Reason::Completed),
        Action::Suspend | Action::Cancel => None,
    };
    if let Some(reason) = settled {
        settle(tx, set, item, reason, (now, entropy), effects).await?;
    } else if step.entry.action == Action::Cancel {
        arm_again(tx, set, item, (now, entropy), effects).await?;
    }
    Ok(event(set, item, (now, entropy)))
}

/// Cancels the alarms of an item. Its series goes on without it.
async fn settle(
    tx: &mut Tx<'_>,
    set: &RecurrenceSet,
    item: &Item,
    reason: Reason,
    by: (Instant, &dyn Entropy),
    effects: &mut Effects,
) -> Result<(), Error> {
    let Some(which) = item.recurrence_id else {
        store::alarms::settle_pending(tx, set.schedule.id, AlarmState::Cancelled, reason, by.0).await?;
        return Ok(());
    };
    arm::silence(tx, set, which, reason, by.0).await?;
    arm::arm(tx, set, Rung::default(), Why::PASSED, by, effects).await?;
    Ok(())
}

/// Arms what is still ahead, in a generation of its own. What is past is silent, and recorded where it happens once: whoever
/// takes something back has it before their eyes.
async fn arm_again(
    tx: &mut Tx<'_>,
    set: &RecurrenceSet,
    item: &Item,
    by: (Instant, &dyn Entropy),
    effects: &mut Effects,
) -> Result<(), Error> {
    let nominal = item.recurrence_id.unwrap_or(set.schedule.span.start);
    arm::arm(tx, set, Rung::all_of(set, nominal), Why::PASSED, by, effects).await?;
    Ok(())
}

/// `progress.changed`: ids, version and state.
fn event(set: &RecurrenceSet, item: &Item, (now, entropy): (Instant, &dyn Entropy)) -> Draft {
    let Schedule { id, owner, version, span, .. } = &set.schedule;
    let Progress { state, run, .. } = set.progress_of(item.recurrence_id);
    let occurrence = item.recurrence_id.map(|which| which.named(span.all_day)).unwrap_or_default();
    Draft {
        stream: StreamId::from(*owner),
        id: EventId::mint(now, entropy),
        kind: "progress.changed".into(),
        data: format!(
            r#"{{"schedule_id":"{id}","recurrence_id":"{occurrence}","version":{version},"state":"{state}","run":{run}}}"#
        ),
    }
}

fn refused(refusal: Refusal) -> Error {
    match refusal {
        Refusal::Progress(error) => error.into(),
        Refusal::Field(error) => error.into(),
    }
}

/// Takes a step with an item of the caller; one that was taken already changes nothing. If the item is a session of a task, the task
/// goes along as `for_task` says.
pub async fn act(
    app: &App,
    caller: &Caller,
    (item, for_task): (Item, ForTask),
    ask: Ask,
    once: Option<Once>,
    render: Render<Occurrence>,
) -> Result<Answer, Error> {
    let case = Act { owner: caller.user, item, ask, for_task, now: app.now(), entropy: app.entropy() };
    app.commit_once(case, once, render).await
}
