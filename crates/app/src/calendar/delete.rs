//! Putting schedules into the trash.

use std::sync::Arc;

use domain::{
    alarms::{AlarmState, Reason},
    calendar::{
        CalendarError,
        progress::{ProgressError, State},
    },
    identity::Caller,
};
use kernel::{Entropy, FieldError, Instant, ScheduleId, UserId};
use store::{Tx, UseCase};

use super::{Expected, What, changed};
use crate::{Answer, App, Effects, Error, Once, once::Render};

/// Schedules deleted at once.
pub const MAX_BULK: usize = 100;

struct Delete {
    owner: UserId,
    ids: Vec<ScheduleId>,
    expected: Expected,
    now: Instant,
    entropy: Arc<dyn Entropy>,
}

impl UseCase for Delete {
    type Out = ((), Effects);
    type Error = Error;

    /// All or nothing: one that is not there refuses the whole.
    async fn run(&self, tx: &mut Tx<'_>) -> Result<Self::Out, Error> {
        let mut gone = Vec::with_capacity(self.ids.len());
        for id in &self.ids {
            let found = store::calendar::lock(tx, self.owner, *id).await?;
            let mut schedule = found.filter(|s| s.deleted_at.is_none()).ok_or(CalendarError::NotFound)?;
            self.expected.check(&schedule, false)?;
            if schedule.progress.state == State::InProgress {
                return Err(ProgressError::Running.into());
            }
            schedule.version += 1;
            schedule.updated_at = self.now;
            schedule.deleted_at = Some(self.now);
            store::calendar::update(tx, &schedule).await?;
            let (state, reason) = (AlarmState::Cancelled, Reason::ScheduleDeleted);
            store::alarms::settle_pending(tx, *id, state, reason, self.now).await?;
            gone.push(schedule);
        }
        let mut effects = Effects::default();
        changed(tx, &gone, What::Deleted, &*self.entropy, &mut effects).await?;
        Ok(((), effects))
    }
}

/// Puts a schedule of the caller into the trash and cancels its alarms.
pub async fn delete(app: &App, caller: &Caller, id: ScheduleId, expected: Expected) -> Result<(), Error> {
    app.commit(Delete { owner: caller.user, ids: vec![id], expected, now: app.now(), entropy: app.entropy() }).await
}

/// Puts several schedules of the caller into the trash, all or none.
pub async fn delete_many(
    app: &App,
    caller: &Caller,
    mut ids: Vec<ScheduleId>,
    once: Option<Once>,
    render: Render<()>,
) -> Result<Answer, Error> {
    // In one order, so that two such requests never wait for each other in a circle.
    ids.sort_unstable();
    ids.dedup();
    if ids.is_empty() || ids.len() > MAX_BULK {
        let error = FieldError::new("/ids", format!("name 1 to {MAX_BULK} schedules"));
        return Err(CalendarError::Invalid(vec![error]).into());
    }
    let case = Delete { owner: caller.user, ids, expected: Expected::Unsaid, now: app.now(), entropy: app.entropy() };
    app.commit_once(case, once, render).await
}
