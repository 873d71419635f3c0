//! Making a schedule.

use std::sync::Arc;

use domain::{
    calendar::{CalendarError, Draft, Purpose, RecurrenceSet, Schedule, labels::Labels, progress::Progress},
    identity::Caller,
};
use kernel::{Entropy, Instant, ScheduleId, UserId};
use store::{Tx, UseCase};

use super::{
    OnConflict, What, arm,
    arm::{Rung, Why},
    conflicts::{self, Beside},
    fact, labels, quota, tell,
};
use crate::{Answer, App, Effects, Error, Once, once::Render};

/// Makes a schedule, also one that is planned for a task.
pub(crate) struct Create {
    pub(crate) owner: UserId,
    pub(crate) purpose: Purpose,
    pub(crate) draft: Draft,
    pub(crate) on_conflict: OnConflict,
    pub(crate) settings: quota::Settings,
    pub(crate) now: Instant,
    pub(crate) entropy: Arc<dyn Entropy>,
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
        let (_, lead) = self.on_conflict.defaults(tx, self.owner, self.draft.takes_time()).await?;
        let mut checked = self.draft.check(lead, self.now)?;
        let mut facts =
            labels::provide(tx, self.owner, (&mut checked.labels, &Labels::default()), CalendarError::Invalid, by).await?;
        let schedule = Schedule {
            id: ScheduleId::mint(self.now, &*self.entropy),
            owner: self.owner,
            purpose: self.purpose,
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
        if self.on_conflict == OnConflict::Reject {
            Beside::of(&set, None).refuse_all(tx, &set, self.now).await?;
        }
        store::calendar::insert(tx, &set).await?;
        quota::check(tx, self.owner, self.settings).await?;
        arm::arm(tx, &set, Rung::default(), Why::MOVED, by, &mut effects).await?;
        let schedule = set.schedule;
        facts.push(fact(&schedule, What::Created, &*self.entropy));
        tell(tx, (self.owner, self.now, &*self.entropy), facts, &mut effects).await?;
        Ok((schedule, effects))
    }
}

/// Makes a schedule and arms its alarms, unless its time is taken and that is not allowed.
pub async fn create(
    app: &App,
    caller: &Caller,
    draft: Draft,
    on_conflict: OnConflict,
    once: Option<Once>,
    render: Render<Schedule>,
) -> Result<Answer, Error> {
    let (owner, purpose, settings) = (caller.user, Purpose::Event, app.calendar());
    let case = Create { owner, purpose, draft, on_conflict, settings, now: app.now(), entropy: app.entropy() };
    conflicts::commit(app, case, once, render).await
}
