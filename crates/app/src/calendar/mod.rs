//! # calendar: use cases of schedules
//!
//! Each of them plans, moves, cancels or restores the alarms of its schedule in its own transaction: there is no moment in
//! which a schedule and its alarms disagree.

pub(crate) mod arm;
mod as_far;
pub(crate) mod conflicts;
mod create;
mod delete;
pub mod icalendar;
pub mod labels;
mod list;
pub mod progress;
mod quota;
mod read;
mod refusal;
mod restore;
mod scope;
mod shift;
mod update;
pub mod zones;

use domain::calendar::Schedule;
use kernel::{Entropy, EventId, Instant, StreamId, UserId};
use store::{StoreError, Tx, streams::Draft};

use crate::Effects;

pub use conflicts::OnConflict;
pub(crate) use conflicts::commit;
pub(crate) use create::Create;
pub use create::create;
pub(crate) use delete::discard;
pub use delete::{MAX_BULK, delete, delete_many};
pub use list::{Listing, list};
pub use quota::{Settings, Share, Usage, usage};
pub use read::{Page, Range, get, list_deleted, own_zone, preview};
pub use restore::restore;
pub use scope::Scope;
pub(crate) use update::Unfit;
pub use update::{Expected, update};

/// What happened to a schedule, as its event says it.
#[derive(Clone, Copy, Debug)]
pub(crate) enum What {
    Created,
    Updated,
    Deleted,
    Restored,
}

/// `schedule.changed`: ids and version only, whoever wants more reads it.
pub(crate) fn fact(schedule: &Schedule, what: What, entropy: &dyn Entropy) -> Draft {
    let change = match what {
        What::Created => "created",
        What::Updated => "updated",
        What::Deleted => "deleted",
        What::Restored => "restored",
    };
    Draft {
        stream: StreamId::from(schedule.owner),
        id: EventId::mint(schedule.updated_at, entropy),
        kind: "schedule.changed".into(),
        data: format!(r#"{{"schedule_id":"{}","version":{},"change":"{change}"}}"#, schedule.id, schedule.version),
    }
}

/// Appends `schedule.changed` to the owner's stream; see [`tell`].
async fn changed(
    tx: &mut Tx<'_>,
    schedules: &[Schedule],
    what: What,
    entropy: &dyn Entropy,
    effects: &mut Effects,
) -> Result<(), StoreError> {
    let Some(first) = schedules.first() else { return Ok(()) };
    let facts = schedules.iter().map(|schedule| fact(schedule, what, entropy)).collect();
    tell(tx, (first.owner, first.updated_at), facts, effects).await
}

/// Appends to the stream of `owner` what was done to schedules of theirs, and to what they are labelled with. From here on feeds of
/// the owner are other than before. Both are locked last: everything else has been written.
pub(crate) async fn tell(
    tx: &mut Tx<'_>,
    (owner, at): (UserId, Instant),
    facts: Vec<Draft>,
    effects: &mut Effects,
) -> Result<(), StoreError> {
    store::calendar::revision::bump(tx, owner, at).await?;
    effects.append(tx, facts, at).await
}
