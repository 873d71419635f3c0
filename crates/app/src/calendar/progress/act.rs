//! Starting, suspending, completing and cancelling.

use std::sync::Arc;

use domain::{
    alarms::{AlarmState, Reason},
    calendar::{
        CalendarError, Occurrence, RecurrenceSet, Schedule,
        progress::{Action, Around, Ask, Decision, Item, Refusal, Step, decide},
    },
    identity::Caller,
};
use kernel::{Entropy, EventId, Instant, ScheduleId, StreamId, UserId};
use store::{Tx, UseCase};

use super::super::arm::{self, Rung};
use crate::{Answer, App, Effects, Error, Once, once::Render};

struct Act {
    owner: UserId,
    item: Item,
    ask: Ask,
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
        let (mut schedule, mut other) = self.lock(tx, running.as_ref().map(|(item, _)| item)).await?;
        if schedule.series.is_some() {
            return Err(CalendarError::field("/recurrence_id", "the occurrences of a series keep no progress yet").into());
        }
        if !self.item.recurrence_id.is_empty() {
            return Err(CalendarError::field("/recurrence_id", "this schedule happens once: leave it out").into());
        }
        let around = Around { running, worked_until: store::progress::worked_until(tx, self.owner).await? };
        let mut effects = Effects::default();
        let (suspend, step) = match decide(&self.item, &schedule.progress, self.ask, &around, self.now).map_err(refused)? {
            Decision::Already => return Ok((Occurrence::only(schedule), effects)),
            Decision::Change { suspend, step } => (suspend, step),
        };
        let mut events = Vec::new();
        if let (Some(step), Some((item, _)), Some(other)) = (suspend, &around.running, &mut other) {
            self.take(tx, other, item, &step, &mut effects).await?;
            events.push(self.event(other, item));
        }
        self.take(tx, &mut schedule, &self.item, &step, &mut effects).await?;
        events.push(self.event(&schedule, &self.item));
        effects.events.extend(store::streams::append(tx, events, self.now).await?);
        Ok((Occurrence::only(schedule), effects))
    }
}

impl Act {
    /// Locks the schedule that is asked about, and the one in progress if it is another: lowest id first, as everybody does.
    async fn lock(&self, tx: &mut Tx<'_>, running: Option<&Item>) -> Result<(Schedule, Option<Schedule>), Error> {
        let asked = self.item.schedule;
        let other = running.map(|item| item.schedule).filter(|other| *other != asked && self.ask.auto_suspend);
        let mut ids: Vec<ScheduleId> = other.into_iter().chain([asked]).collect();
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
        Ok((schedule, found_other))
    }

    /// Writes one step, and what it means for the alarms.
    async fn take(
        &self,
        tx: &mut Tx<'_>,
        schedule: &mut Schedule,
        item: &Item,
        step: &Step,
        effects: &mut Effects,
    ) -> Result<(), Error> {
        store::progress::record(tx, self.owner, item, step, self.now).await?;
        schedule.progress = step.after;
        schedule.touch(self.now, step.entry.action == Action::Cancel);
        let set = RecurrenceSet::new(schedule.clone(), []);
        store::calendar::update(tx, &set).await?;
        let settled = match step.entry.action {
            Action::Start => Reason::Started,
            Action::Complete => Reason::Completed,
            Action::Suspend => return Ok(()),
            Action::Cancel => return self.arm_again(tx, &set, effects).await,
        };
        store::alarms::settle_pending(tx, schedule.id, AlarmState::Cancelled, settled, self.now).await?;
        Ok(())
    }

    /// Arms what is still ahead, in a generation of its own. What is past is recorded and silent: whoever takes something back has
    /// it before their eyes.
    async fn arm_again(&self, tx: &mut Tx<'_>, set: &RecurrenceSet, effects: &mut Effects) -> Result<(), Error> {
        let by = (self.now, &*self.entropy);
        arm::arm(tx, set, Rung::all_of(set), Reason::Rescheduled, by, effects).await?;
        Ok(())
    }

    /// `progress.changed`: ids, version and state.
    fn event(&self, schedule: &Schedule, item: &Item) -> store::streams::Draft {
        let (id, version, progress) = (schedule.id, schedule.version, schedule.progress);
        let (occurrence, state, run) = (&item.recurrence_id, progress.state, progress.run);
        store::streams::Draft {
            stream: StreamId::from(self.owner),
            id: EventId::mint(self.now, &*self.entropy),
            kind: "progress.changed",
            data: format!(
                r#"{{"schedule_id":"{id}","recurrence_id":"{occurrence}","version":{version},"state":"{state}","run":{run}}}"#
            ),
        }
    }
}

fn refused(refusal: Refusal) -> Error {
    match refusal {
        Refusal::Progress(error) => error.into(),
        Refusal::Field(error) => error.into(),
    }
}

/// Takes a step with an item of the caller; one that was taken already changes nothing.
pub async fn act(
    app: &App,
    caller: &Caller,
    item: Item,
    ask: Ask,
    once: Option<Once>,
    render: Render<Occurrence>,
) -> Result<Answer, Error> {
    let case = Act { owner: caller.user, item, ask, now: app.now(), entropy: app.entropy() };
    app.commit_once(case, once, render).await
}
