//! Taking a schedule out of the trash.

use std::sync::Arc;

use domain::{
    calendar::{CalendarError, Occurrence},
    identity::Caller,
};
use kernel::{Entropy, Instant, ScheduleId, UserId};
use store::{Tx, UseCase};

use super::{
    OnConflict, What, arm,
    arm::{Rung, Why},
    changed,
    conflicts::{self, Beside},
    quota,
};
use crate::{Answer, App, Effects, Error, Once, once::Render};

struct Restore {
    owner: UserId,
    id: ScheduleId,
    on_conflict: OnConflict,
    settings: quota::Settings,
    now: Instant,
    entropy: Arc<dyn Entropy>,
}

impl UseCase for Restore {
    type Out = (Occurrence, Effects);
    type Error = Error;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Self::Out, Error> {
        let judged = self.on_conflict.judges(tx, self.owner, true).await?;
        let mut schedule = store::calendar::lock(tx, self.owner, self.id).await?.ok_or(CalendarError::NotFound)?;
        if schedule.deleted_at.take().is_none() {
            return Err(CalendarError::NotDeleted.into());
        }
        schedule.touch(self.now, true);
        let set = store::calendar::set_of(tx, schedule).await?;
        if judged {
            Beside::of(&set, Some(self.id)).refuse_all(tx, &set, self.now).await?;
        }
        let mut effects = Effects::default();
        arm::save(tx, &set, Rung::default(), Why::MOVED, (self.now, &*self.entropy), &mut effects).await?;
        quota::check(tx, self.owner, self.settings).await?;
        changed(tx, std::slice::from_ref(&set.schedule), What::Restored, &*self.entropy, &mut effects).await?;
        Ok((Occurrence::only(set.schedule), effects))
    }
}

/// Takes a schedule of the caller out of the trash and plans its alarms anew, unless its time is taken by now and that is not
/// allowed.
pub async fn restore(
    app: &App,
    caller: &Caller,
    id: ScheduleId,
    on_conflict: OnConflict,
    once: Option<Once>,
    render: Render<Occurrence>,
) -> Result<Answer, Error> {
    let case = Restore { owner: caller.user, id, on_conflict, settings: app.calendar(), now: app.now(), entropy: app.entropy() };
    conflicts::commit(app, case, once, render).await
}
