//! # alarms: firing them, and what people do with them

mod chain;
mod dismiss;
mod fire;
mod meters;
mod quiet;
mod read;
mod snooze;

pub use dismiss::dismiss;
pub use fire::AlarmLane;
pub use meters::{Backlog, Meters, backlog};
pub use read::{Shown, Upcoming, list, of_schedule};
pub use snooze::snooze;

use domain::alarms::Alarm;
use kernel::{AlarmId, Entropy, EventId, Instant, ScheduleId, StreamId, TaskId, UserId};
use store::{StoreError, Tx};

use crate::Effects;

/// Appends `reminder.changed` to the owner's stream.
async fn changed(
    tx: &mut Tx<'_>,
    alarm: &Alarm,
    what: &str,
    now: Instant,
    entropy: &dyn Entropy,
    effects: &mut Effects,
) -> Result<(), StoreError> {
    let draft = changed_event((alarm.owner, alarm.id), (alarm.schedule, alarm.deadline_of), what, now, entropy);
    effects.append(tx, vec![draft], now).await
}

/// `reminder.changed`: ids and what happened.
fn changed_event(
    (owner, alarm): (UserId, AlarmId),
    (schedule, deadline_of): (ScheduleId, Option<TaskId>),
    what: &str,
    now: Instant,
    entropy: &dyn Entropy,
) -> store::streams::Draft {
    let of = match deadline_of {
        Some(task) => format!(r#""task_id":"{task}""#),
        None => format!(r#""schedule_id":"{schedule}""#),
    };
    store::streams::Draft {
        stream: StreamId::from(owner),
        id: EventId::mint(now, entropy),
        kind: "reminder.changed".into(),
        data: format!(r#"{{"reminder_id":"{alarm}",{of},"change":"{what}"}}"#),
    }
}
