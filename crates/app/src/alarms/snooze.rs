//! Snoozing: the same reminder rings again later.

use std::sync::Arc;

use domain::{
    alarms::{Alarm, AlarmError, AlarmState, Reason, Until, snooze_until},
    identity::Caller,
};
use kernel::{AlarmId, Entropy, Instant, UserId};
use store::{Tx, UseCase};

use super::{chain::advance, changed};
use crate::{Answer, App, Effects, Error, Once, once::Render};

struct Snooze {
    owner: UserId,
    id: AlarmId,
    until: Until,
    now: Instant,
    entropy: Arc<dyn Entropy>,
}

impl UseCase for Snooze {
    type Out = (Alarm, Effects);
    type Error = Error;

    /// A pending alarm is moved, a fired or failed one rings again; a snooze that still waits is replaced. Either way the answer is the
    /// new alarm, with a key of its own.
    async fn run(&self, tx: &mut Tx<'_>) -> Result<Self::Out, Error> {
        let due_at = snooze_until(self.until, self.now)?;
        let alarm = locked(tx, self.owner, self.id).await?;
        active(&alarm)?;
        let (state, reason) = (AlarmState::Superseded, Reason::Snoozed);
        if alarm.state == AlarmState::Pending {
            store::alarms::settle(tx, alarm.id, state, reason, self.now).await?;
        } else {
            store::alarms::dismiss(tx, alarm.id, self.now).await?;
        }
        let mut effects = Effects::default();
        advance(tx, &alarm, (self.now, &*self.entropy), &mut effects).await?;
        let (_, last) = store::alarms::end_snoozes(tx, &alarm, state, reason, self.now).await?;
        let snoozed = Alarm {
            id: AlarmId::mint(self.now, &*self.entropy),
            snooze: last + 1,
            due_at,
            state: AlarmState::Pending,
            reason: Some(reason),
            armed_at: self.now,
            left_out: 0,
            deferred_until: None,
            fired_at: None,
            dismissed_at: None,
            ..alarm
        };
        store::alarms::insert(tx, std::slice::from_ref(&snoozed)).await?;
        effects.armed(due_at);
        changed(tx, &snoozed, "snoozed", self.now, &*self.entropy, &mut effects).await?;
        Ok((snoozed, effects))
    }
}

/// The alarm, locked after its schedule, as everybody does who touches alarms.
pub(super) async fn locked(tx: &mut Tx<'_>, owner: UserId, id: AlarmId) -> Result<Alarm, Error> {
    let schedule = store::alarms::schedule_of(tx, owner, id).await?.ok_or(AlarmError::NotFound)?;
    let schedule = store::calendar::lock_any(tx, owner, schedule).await?;
    if schedule.is_none_or(|s| s.deleted_at.is_some()) {
        return Err(AlarmError::NotFound.into());
    }
    store::alarms::lock(tx, owner, id).await?.ok_or_else(|| AlarmError::NotFound.into())
}

/// Whether something can still be done with it.
pub(super) fn active(alarm: &Alarm) -> Result<(), AlarmError> {
    match alarm.state {
        AlarmState::Pending | AlarmState::Fired | AlarmState::Failed => Ok(()),
        state => Err(AlarmError::NotActive(state)),
    }
}

/// Lets an alarm of the caller ring (again) later.
pub async fn snooze(
    app: &App,
    caller: &Caller,
    (id, until): (AlarmId, Until),
    once: Option<Once>,
    render: Render<Alarm>,
) -> Result<Answer, Error> {
    let case = Snooze { owner: caller.user, id, until, now: app.now(), entropy: app.entropy() };
    app.commit_once(case, once, render).await
}
