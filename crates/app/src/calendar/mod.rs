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
use kernel::{Entropy, EventId, Instant, ScheduleId, StreamId, UserId};
use serde::{Deserialize, Serialize};
use store::{StoreError, Tx, streams::Draft};

use crate::{
    Effects, notify,
    rooms::{self, Became},
};

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
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum What {
    Created,
    Updated,
    Deleted,
    Restored,
}

/// The kind of [`Changed`].
const CHANGED: &str = "schedule.changed";

/// What the owner of a schedule is told: ids and version only, whoever wants more reads it.
#[derive(Serialize, Deserialize)]
struct Changed {
    schedule_id: ScheduleId,
    version: i64,
    change: What,
}

/// `schedule.changed`.
pub(crate) fn fact(schedule: &Schedule, what: What, entropy: &dyn Entropy) -> Draft {
    let data = notify::json(&Changed { schedule_id: schedule.id, version: schedule.version, change: what });
    let (stream, id) = (StreamId::from(schedule.owner), EventId::mint(schedule.updated_at, entropy));
    Draft { stream, id, kind: CHANGED.into(), data }
}

/// What became of the schedules that `facts` are about, for the rooms they are shared with: that can be none of those that are new or were
/// restored, unless one of the others was divided.
fn written(facts: &[Draft]) -> Vec<(ScheduleId, Became)> {
    let read = |fact: &Draft| serde_json::from_str::<Changed>(&fact.data).ok();
    let changed: Vec<Changed> = facts.iter().filter(|fact| fact.kind == CHANGED).filter_map(read).collect();
    if changed.iter().all(|changed| matches!(changed.change, What::Created | What::Restored)) {
        return Vec::new();
    }
    let became = |changed: Changed| match changed.change {
        What::Created => (changed.schedule_id, Became::New),
        What::Updated | What::Restored => (changed.schedule_id, Became::Other),
        What::Deleted => (changed.schedule_id, Became::Gone),
    };
    changed.into_iter().map(became).collect()
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
    tell(tx, (first.owner, first.updated_at, entropy), facts, effects).await
}

/// Appends to the stream of `owner` what was done to schedules of theirs, and to what they are labelled with, and to those of rooms what
/// became of what is shared with them. From here on feeds of the owner are other than before. All of this is locked last: everything else
/// has been written.
pub(crate) async fn tell(
    tx: &mut Tx<'_>,
    (owner, at, entropy): (UserId, Instant, &dyn Entropy),
    mut facts: Vec<Draft>,
    effects: &mut Effects,
) -> Result<(), StoreError> {
    let written = written(&facts);
    let mut told = Vec::new();
    if !written.is_empty() {
        // On the heap: few schedules are shared.
        let (rooms, shared) = Box::pin(rooms::facts(tx, owner, &written, (at, entropy))).await?;
        facts.extend(shared);
        told = rooms;
    }
    store::calendar::revision::bump(tx, owner, at).await?;
    effects.append(tx, facts, at).await?;
    rooms::told(tx, owner, &told, effects).await
}
