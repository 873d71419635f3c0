//! Dismissing: seen, done with.

use std::sync::Arc;

use domain::{
    alarms::{Alarm, AlarmState, Reason},
    identity::Caller,
};
use kernel::{AlarmId, Entropy, Instant, UserId};
use store::{Tx, UseCase};

use super::{
    chain::advance,
    changed,
    snooze::{active, locked},
};
use crate::{Answer, App, Effects, Error, Once, once::Render};

struct Dismiss {
    owner: UserId,
    id: AlarmId,
    now: Instant,
    entropy: Arc<dyn Entropy>,
}

impl UseCase for Dismiss {
    type Out = (Alarm, Effects);
    type Error = Error;

    /// A pending alarm will not ring, a fired or failed one is closed, and a snooze of it that still waits is cancelled. Doing it again
    /// changes nothing.
    async fn run(&self, tx: &mut Tx<'_>) -> Result<Self::Out, Error> {
        let mut effects = Effects::default();
        let mut alarm = locked(tx, self.owner, self.id).await?;
        let (state, reason) = (AlarmState::Cancelled, Reason::Dismissed);
        if alarm.reason == Some(reason) {
            return Ok((alarm, effects));
        }
        if alarm.dismissed_at.is_some() {
            // Closed before, if by putting it off: then that is what is not wanted any more.
            let (ended, _) = store::alarms::end_snoozes(tx, &alarm, state, reason, self.now).await?;
            if ended > 0 {
                changed(tx, &alarm, "dismissed", self.now, &*self.entropy, &mut effects).await?;
            }
            return Ok((alarm, effects));
        }
        active(&alarm)?;
        advance(tx, &alarm, (self.now, &*self.entropy), &mut effects).await?;
        if alarm.state == AlarmState::Pending {
            store::alarms::settle(tx, alarm.id, state, reason, self.now).await?;
            (alarm.state, alarm.reason) = (state, Some(reason));
        } else {
            store::alarms::dismiss(tx, alarm.id, self.now).await?;
            store::alarms::end_snoozes(tx, &alarm, state, reason, self.now).await?;
            alarm.dismissed_at = Some(self.now);
        }
        changed(tx, &alarm, "dismissed", self.now, &*self.entropy, &mut effects).await?;
        Ok((alarm, effects))
    }
}

/// Closes an alarm of the caller.
pub async fn dismiss(
    app: &App,
    caller: &Caller,
    id: AlarmId,
    once: Option<Once>,
    render: Render<Alarm>,
) -> Result<Answer, Error> {
    let case = Dismiss { owner: caller.user, id, now: app.now(), entropy: app.entropy() };
    app.commit_once(case, once, render).await
}
