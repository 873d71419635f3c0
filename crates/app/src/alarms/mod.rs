//! # alarms: firing them, and what people do with them

mod chain;
mod dismiss;
mod fire;
mod meters;
mod read;
mod snooze;

pub use dismiss::dismiss;
pub use fire::AlarmLane;
pub use meters::{Backlog, Meters, backlog};
pub use read::{Upcoming, list, of_schedule};
pub use snooze::snooze;

use domain::alarms::Alarm;
use kernel::{Entropy, EventId, Instant, StreamId};
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
    let draft = store::streams::Draft {
        stream: StreamId::from(alarm.owner),
        id: EventId::mint(now, entropy),
        kind: "reminder.changed",
        data: format!(r#"{{"reminder_id":"{}","schedule_id":"{}","change":"{what}"}}"#, alarm.id, alarm.schedule),
    };
    effects.events.extend(store::streams::append(tx, vec![draft], now).await?);
    Ok(())
}
