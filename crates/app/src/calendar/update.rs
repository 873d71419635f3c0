//! Changing a schedule.

use std::sync::Arc;

use domain::{
    alarms::{AlarmState, Reason, Reminder, keeps_snooze},
    calendar::{CalendarError, Change, Patch, Schedule},
    identity::Caller,
};
use kernel::{Entropy, Instant, ReminderId, ScheduleId, UserId};
use store::{Tx, UseCase};

use super::{What, arm, changed};
use crate::{Answer, App, Effects, Error, Once, once::Render};

/// Which version somebody means to change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expected {
    /// They did not say.
    Unsaid,
    /// Whatever is there.
    Any,
    /// Exactly this one.
    Version(i64),
}

impl Expected {
    /// Refuses if the version does not fit; `needed` refuses also who did not say.
    pub(super) fn check(self, schedule: &Schedule, needed: bool) -> Result<(), CalendarError> {
        match self {
            Self::Unsaid if needed => Err(CalendarError::VersionRequired),
            Self::Version(version) if version != schedule.version => {
                Err(CalendarError::VersionMismatch { current: schedule.version })
            }
            _ => Ok(()),
        }
    }
}

struct Update {
    owner: UserId,
    id: ScheduleId,
    patch: Patch,
    expected: Expected,
    now: Instant,
    entropy: Arc<dyn Entropy>,
}

impl UseCase for Update {
    type Out = (Schedule, Effects);
    type Error = Error;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Self::Out, Error> {
        let found = store::calendar::lock(tx, self.owner, self.id).await?;
        let mut schedule = found.filter(|s| s.deleted_at.is_none()).ok_or(CalendarError::NotFound)?;
        self.expected.check(&schedule, true)?;
        let change = self.patch.apply(&schedule, self.now)?;
        let mut effects = Effects::default();
        if !change.any {
            return Ok((schedule, effects));
        }
        self.apply(tx, &mut schedule, change, &mut effects).await?;
        changed(tx, std::slice::from_ref(&schedule), What::Updated, &*self.entropy, &mut effects).await?;
        Ok((schedule, effects))
    }
}

impl Update {
    async fn apply(&self, tx: &mut Tx<'_>, schedule: &mut Schedule, change: Change, effects: &mut Effects) -> Result<(), Error> {
        let (kept, added, gone) = self.reminders(schedule, &change);
        schedule.text = change.text;
        schedule.span = change.span;
        schedule.version += 1;
        schedule.updated_at = self.now;
        schedule.generation += i64::from(change.moved);
        if change.rules_changed {
            store::calendar::retire_reminders(tx, &gone, self.now).await?;
            store::calendar::insert_reminders(tx, schedule.id, 0, &added).await?;
            schedule.reminders = in_order(&change.rules, &kept.iter().chain(&added));
            store::calendar::order_reminders(tx, &schedule.reminders).await?;
        }
        store::calendar::update(tx, schedule).await?;
        // What is planned anew: everything if the time moved, otherwise only what was added.
        if change.moved {
            return self.move_alarms(tx, schedule, effects).await;
        }
        let (state, reason) = (AlarmState::Superseded, Reason::RemindersChanged);
        store::alarms::settle_reminders(tx, &gone, state, reason, self.now).await?;
        let rang = store::alarms::rung_reminders(tx, schedule.id).await?;
        arm::arm(tx, schedule, &added, &rang, self.now, &*self.entropy, effects).await?;
        Ok(())
    }

    /// Ends what was planned for the old time and plans the new one. A waiting snooze ends too, unless nothing takes its place.
    async fn move_alarms(&self, tx: &mut Tx<'_>, schedule: &Schedule, effects: &mut Effects) -> Result<(), Error> {
        let (state, reason) = (AlarmState::Superseded, Reason::Rescheduled);
        store::alarms::settle_planned(tx, schedule.id, state, reason, self.now).await?;
        let snoozes = store::alarms::lock_snoozes(tx, schedule.id).await?;
        let rang = store::alarms::rung_reminders(tx, schedule.id).await?;
        let plans = arm::arm(tx, schedule, &schedule.reminders, &rang, self.now, &*self.entropy, effects).await?;
        for (snooze, reminder) in snoozes {
            if !keeps_snooze(&plans, reminder) {
                store::alarms::settle(tx, snooze, state, reason, self.now).await?;
            }
        }
        Ok(())
    }

    /// Which reminders stay, which are new, and which go. One with the same rule stays, with its id and its alarms.
    fn reminders(&self, schedule: &Schedule, change: &Change) -> (Vec<Reminder>, Vec<Reminder>, Vec<ReminderId>) {
        let (kept, gone): (Vec<Reminder>, Vec<Reminder>) =
            schedule.reminders.iter().copied().partition(|r| change.rules.contains(&r.rule));
        let new: Vec<_> = change.rules.iter().copied().filter(|rule| kept.iter().all(|r| r.rule != *rule)).collect();
        let added = arm::reminders(&new, self.now, &*self.entropy);
        (kept, added, gone.iter().map(|r| r.id).collect())
    }
}

fn in_order<'a>(
    rules: &[domain::alarms::ReminderRule],
    reminders: &(impl Iterator<Item = &'a Reminder> + Clone),
) -> Vec<Reminder> {
    rules.iter().filter_map(|rule| reminders.clone().find(|r| r.rule == *rule)).copied().collect()
}

/// Changes a schedule of the caller, and moves its alarms along.
pub async fn update(
    app: &App,
    caller: &Caller,
    (id, expected): (ScheduleId, Expected),
    patch: Patch,
    once: Option<Once>,
    render: Render<Schedule>,
) -> Result<Answer, Error> {
    let case = Update { owner: caller.user, id, patch, expected, now: app.now(), entropy: app.entropy() };
    app.commit_once(case, once, render).await
}
