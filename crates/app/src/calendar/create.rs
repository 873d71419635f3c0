//! Making a schedule.

use std::sync::Arc;

use domain::{
    alarms::Reason,
    calendar::{CalendarError, Draft, RecurrenceSet, Schedule, labels::Labels, progress::Progress},
    identity::Caller,
};
use kernel::{Entropy, Instant, ScheduleId, UserId};
use store::{Tx, UseCase};

use super::{What, arm, arm::Rung, changed, labels};
use crate::{Answer, App, Effects, Error, Once, once::Render};

struct Create {
    owner: UserId,
    draft: Draft,
    now: Instant,
    entropy: Arc<dyn Entropy>,
}

impl UseCase for Create {
    type Out = (Schedule, Effects);
    type Error = Error;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Self::Out, Error> {
        let mut effects = Effects::default();
        let by = (self.now, &*self.entropy);
        if !self.draft.labels.is_empty() {
            labels::lock(tx, self.owner).await?;
        }
        let (_, lead) = store::calendar::defaults(tx, self.owner).await?.ok_or(CalendarError::NotFound)?;
        let mut checked = self.draft.check(lead, self.now)?;
        labels::provide(tx, self.owner, (&mut checked.labels, &Labels::default()), by, &mut effects).await?;
        let schedule = Schedule {
            id: ScheduleId::mint(self.now, &*self.entropy),
            owner: self.owner,
            text: checked.text,
            labels: checked.labels,
            span: checked.span,
            series: checked.series,
            late: self.draft.late,
            reminders: arm::reminders(&checked.rules, self.now, &*self.entropy),
            progress: Progress::default(),
            generation: 1,
            version: 1,
            created_at: self.now,
            updated_at: self.now,
            deleted_at: None,
        };
        let set = RecurrenceSet::new(schedule, []);
        store::calendar::insert(tx, &set).await?;
        arm::arm(tx, &set, Rung::default(), Reason::Rescheduled, by, &mut effects).await?;
        let schedule = set.schedule;
        changed(tx, std::slice::from_ref(&schedule), What::Created, &*self.entropy, &mut effects).await?;
        Ok((schedule, effects))
    }
}

/// Makes a schedule and arms its alarms.
pub async fn create(
    app: &App,
    caller: &Caller,
    draft: Draft,
    once: Option<Once>,
    render: Render<Schedule>,
) -> Result<Answer, Error> {
    let case = Create { owner: caller.user, draft, now: app.now(), entropy: app.entropy() };
    app.commit_once(case, once, render).await
}
