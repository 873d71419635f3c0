//! Taking a schedule out of the trash.

use std::sync::Arc;

use domain::{
    alarms::Reason,
    calendar::{CalendarError, Occurrence},
    identity::Caller,
};
use kernel::{Entropy, Instant, ScheduleId, UserId};
use store::{Tx, UseCase};

use super::{What, arm, arm::Rung, changed};
use crate::{Answer, App, Effects, Error, Once, once::Render};

struct Restore {
    owner: UserId,
    id: ScheduleId,
    now: Instant,
    entropy: Arc<dyn Entropy>,
}

impl UseCase for Restore {
    type Out = (Occurrence, Effects);
    type Error = Error;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Self::Out, Error> {
        let mut schedule = store::calendar::lock(tx, self.owner, self.id).await?.ok_or(CalendarError::NotFound)?;
        if schedule.deleted_at.take().is_none() {
            return Err(CalendarError::NotDeleted.into());
        }
        schedule.touch(self.now, true);
        let set = store::calendar::set_of(tx, schedule).await?;
        let mut effects = Effects::default();
        arm::save(tx, &set, Rung::default(), Reason::Rescheduled, (self.now, &*self.entropy), &mut effects).await?;
        changed(tx, std::slice::from_ref(&set.schedule), What::Restored, &*self.entropy, &mut effects).await?;
        Ok((Occurrence::only(set.schedule), effects))
    }
}

/// Takes a schedule of the caller out of the trash and plans its alarms anew.
pub async fn restore(
    app: &App,
    caller: &Caller,
    id: ScheduleId,
    once: Option<Once>,
    render: Render<Occurrence>,
) -> Result<Answer, Error> {
    let case = Restore { owner: caller.user, id, now: app.now(), entropy: app.entropy() };
    app.commit_once(case, once, render).await
}
