//! The alarms of a deadline: a schedule of no length that stands for it carries them, and the engine of schedules does the rest.

use domain::{
    alarms::{AlarmState, LatePolicy, Reason, ReminderRule},
    calendar::{Purpose, RecurrenceSet, Schedule, ScheduleText, labels::Labels, progress::Progress},
    tasks::{Deadline, Task},
};
use kernel::{ScheduleId, TaskId, UserId};
use store::Tx;

use super::{By, fact_of, present};
use crate::{
    Effects, Error,
    calendar::{
        Expected,
        arm::{self, Rung, Why},
    },
};

/// Makes the schedule of a task's deadline what the task says, its reminders those of `rules`, and its alarms what they need. What is
/// done or put away rings no more and is armed when it is opened again.
pub(super) async fn keep(
    tx: &mut Tx<'_>,
    task: &mut Task,
    rules: &[ReminderRule],
    by: By<'_>,
    effects: &mut Effects,
) -> Result<(), Error> {
    let found = store::calendar::sessions::deadline(tx, task.owner, task.id).await?;
    let schedule = match (found, &task.deadline) {
        (None, None) => return Ok(()),
        (None, Some(deadline)) => {
            let schedule = standing_for(task, rules, deadline.span(), by);
            store::calendar::insert(tx, &RecurrenceSet::new(schedule.clone(), [])).await?;
            schedule
        }
        (Some(mut schedule), deadline) => {
            let span = deadline.as_ref().map_or_else(|| schedule.span.clone(), domain::tasks::Deadline::span);
            let moved = span != schedule.span;
            schedule.span = span;
            schedule.text.title.clone_from(&task.title);
            schedule.touch(by.0, moved);
            arm::renew(&schedule.reminders, rules, by).write(tx, &mut schedule, by.0).await?;
            store::calendar::update(tx, &RecurrenceSet::new(schedule.clone(), [])).await?;
            schedule
        }
    };
    task.reminders.clone_from(&schedule.reminders);
    if task.is_active() {
        let set = RecurrenceSet::new(schedule, []);
        arm::arm(tx, &set, Rung::default(), Why::MOVED, by, effects).await?;
    }
    Ok(())
}

fn standing_for(task: &Task, rules: &[ReminderRule], span: domain::calendar::Span, (now, entropy): By<'_>) -> Schedule {
    Schedule {
        id: ScheduleId::mint(now, entropy),
        owner: task.owner,
        purpose: Purpose::Deadline(task.id),
        text: ScheduleText {
            title: task.title.clone(),
            description: String::new(),
            location: String::new(),
            kind: "deadline".to_owned(),
            busy: false,
        },
        labels: Labels::default(),
        span,
        series: None,
        late: LatePolicy::default(),
        reminders: arm::reminders(rules, now, entropy),
        progress: Progress::default(),
        generation: 1,
        version: 1,
        created_at: now,
        updated_at: now,
        deleted_at: None,
    }
}

/// Derives a deadline anew from what was written, with its alarms, when its zone has other rules than before. The owner is locked.
pub(crate) async fn derive_anew(
    tx: &mut Tx<'_>,
    (owner, id): (UserId, TaskId),
    by: By<'_>,
    effects: &mut Effects,
) -> Result<(), Error> {
    let mut task = present(tx, owner, id, Expected::Any).await?;
    task.deadline = task.deadline.map(|deadline| Deadline::new(deadline.by, deadline.zone));
    task.touch(by.0);
    store::tasks::update(tx, &task).await?;
    let rules: Vec<_> = task.reminders.iter().map(|reminder| reminder.rule).collect();
    keep(tx, &mut task, &rules, by, effects).await?;
    effects.append(tx, vec![fact_of(&task, "updated", by)], by.0).await?;
    Ok(())
}

/// Ends the alarms of a task that is done or put away.
pub(super) async fn silence(tx: &mut Tx<'_>, task: &Task, reason: Reason, by: By<'_>) -> Result<(), Error> {
    if let Some(schedule) = store::calendar::sessions::deadline(tx, task.owner, task.id).await? {
        store::alarms::settle_pending(tx, schedule.id, AlarmState::Cancelled, reason, by.0).await?;
    }
    Ok(())
}

/// Arms the alarms of a task that is to be done again, as far as they are still ahead. What is past is recorded and silent: whoever
/// opens a task again has it before their eyes.
pub(super) async fn ring_again(tx: &mut Tx<'_>, task: &Task, by: By<'_>, effects: &mut Effects) -> Result<(), Error> {
    if let Some(mut schedule) = store::calendar::sessions::deadline(tx, task.owner, task.id).await?
        && task.is_active()
        && task.deadline.is_some()
    {
        schedule.touch(by.0, true);
        let set = RecurrenceSet::new(schedule, []);
        let told = Rung::all_of(&set, set.schedule.span.start);
        arm::save(tx, &set, told, Why::MOVED, by, effects).await?;
    }
    Ok(())
}
