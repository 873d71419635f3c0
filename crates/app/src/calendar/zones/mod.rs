//! # zones: when the database of time zones is another one, what moves is planned anew, and nothing else
//!
//! Wall time and zone are what is kept; instants are derived from them ([ADR 0007]). By a newer database half past nine may be another
//! instant than before. By which one all was derived is recorded; when it is not the one in use, every schedule that is not over is
//! looked at, and each of which something comes out otherwise is derived anew in a transaction of its own, with its alarms and its
//! event. All others are left alone, so that doing it twice, or on two nodes at once, changes nothing; and because the version is
//! recorded last, a process that is killed before that begins again at its next start.
//!
//! ```text
//!   start ─► same version, alone with its file? ─► nothing to do
//!        └─► page by page: look (on a snapshot) ─► what moves: lock, look again, derive, arm, tell ─► … ─► record the version
//! ```
//!
//! [ADR 0007]: ../../../../../docs/adr/0007-wall-time-and-zone-are-the-truth.md

mod keep_up;
mod look;
mod replan;

use kernel::{Instant, ScheduleId, TaskId, UserId};
use store::{Store, StoreError, Tx, UseCase, calendar::zones as rows};

pub use keep_up::{Done, Pass, is_due, keep_up};
pub use look::{MAX_TOLD, Survey, survey};
pub use store::calendar::zones::Recorded;

/// Schedules that are looked at on one snapshot.
pub const PAGE: u32 = 200;

/// A schedule of which something is another instant by the database in use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Moved {
    /// Which.
    pub schedule: ScheduleId,
    /// Whose it is.
    pub owner: UserId,
    /// The task whose deadline it stands for, if it does.
    pub deadline_of: Option<TaskId>,
    /// When its start was; where that stays, an end, an occurrence that was moved, or an alarm.
    pub from: Instant,
    /// When that is by the database in use.
    pub to: Instant,
}

struct ReadRecorded;

impl UseCase for ReadRecorded {
    type Out = Option<Recorded>;
    type Error = StoreError;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Self::Out, StoreError> {
        rows::recorded(tx).await
    }
}

/// By which database everything was derived; `None` before that was recorded for the first time.
pub async fn recorded(store: &Store) -> Result<Option<Recorded>, StoreError> {
    store.read(ReadRecorded).await
}
