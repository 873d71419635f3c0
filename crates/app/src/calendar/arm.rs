//! Planning the alarms of a schedule inside the transaction that changes it.

use domain::{
    alarms::{Alarm, AlarmState, Plan, Reason, Reminder, ReminderRule, Verdict, plan},
    calendar::Schedule,
};
use kernel::{AlarmId, Entropy, Instant, ReminderId};
use store::{StoreError, Tx};

use crate::Effects;

/// Gives each rule an id.
pub(super) fn reminders(rules: &[ReminderRule], now: Instant, entropy: &dyn Entropy) -> Vec<Reminder> {
    rules.iter().map(|rule| Reminder { id: ReminderId::mint(now, entropy), rule: *rule }).collect()
}

/// Arms one alarm for each of `reminders`, which belong to `schedule`, in its present generation; answers what was planned. What is in
/// progress or done needs none.
pub(super) async fn arm(
    tx: &mut Tx<'_>,
    schedule: &Schedule,
    reminders: &[Reminder],
    rang: &[ReminderId],
    now: Instant,
    entropy: &dyn Entropy,
    effects: &mut Effects,
) -> Result<Vec<Plan>, StoreError> {
    if schedule.progress.state.is_silent() {
        return Ok(Vec::new());
    }
    let plans = plan(&schedule.span, reminders, now, |reminder| rang.contains(&reminder));
    let mut alarms = Vec::with_capacity(plans.len());
    for plan in &plans {
        let (state, reason) = match plan.verdict {
            Verdict::Ring => (AlarmState::Pending, None),
            Verdict::RingLate => (AlarmState::Pending, Some(Reason::LateCreated)),
            Verdict::Skip => (AlarmState::Skipped, Some(Reason::AlreadyPast)),
        };
        if state == AlarmState::Pending {
            effects.armed(plan.due_at);
        }
        alarms.push(Alarm {
            id: AlarmId::mint(now, entropy),
            owner: schedule.owner,
            schedule: schedule.id,
            reminder: plan.reminder,
            generation: schedule.generation,
            nominal: schedule.span.start,
            snooze: 0,
            due_at: plan.due_at,
            state,
            reason,
            armed_at: now,
            fired_at: None,
            dismissed_at: None,
        });
    }
    store::alarms::insert(tx, &alarms).await?;
    Ok(plans)
}
