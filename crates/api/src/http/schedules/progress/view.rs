//! Progress as it goes over the wire.

use app::domain::calendar::progress::{Item, Progress, State};
use kernel::{Instant, ScheduleId, WallTime};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Where a schedule stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(crate) enum ProgressState {
    NotStarted,
    InProgress,
    Suspended,
    Completed,
}

impl From<ProgressState> for State {
    fn from(state: ProgressState) -> Self {
        match state {
            ProgressState::NotStarted => Self::NotStarted,
            ProgressState::InProgress => Self::InProgress,
            ProgressState::Suspended => Self::Suspended,
            ProgressState::Completed => Self::Completed,
        }
    }
}

/// How far a schedule is.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ProgressView {
    /// `NOT_STARTED`, `IN_PROGRESS`, `SUSPENDED` or `COMPLETED`.
    #[schema(example = "IN_PROGRESS")]
    state: &'static str,
    /// Which run this is, or was: 0 before the first; cancelling ends one, and the next action begins another.
    #[schema(example = 1)]
    run: i64,
    /// Since when it is so; null if nothing was ever done.
    #[schema(value_type = Option<String>, format = DateTime)]
    since: Option<Instant>,
    /// Seconds of the finished stretches of work of this run. While it is in progress, the time since `since` comes on top.
    #[schema(example = 1_500)]
    worked_seconds: i64,
}

impl From<&Progress> for ProgressView {
    fn from(progress: &Progress) -> Self {
        let Progress { state, run, since, worked_seconds, .. } = *progress;
        Self { state: state.as_str(), run, since, worked_seconds }
    }
}

/// What is in progress instead.
#[derive(Debug, Serialize)]
pub(super) struct RunningView {
    schedule_id: ScheduleId,
    #[serde(skip_serializing_if = "Option::is_none")]
    recurrence_id: Option<WallTime>,
}

impl From<Item> for RunningView {
    fn from(Item { schedule, recurrence_id }: Item) -> Self {
        Self { schedule_id: schedule, recurrence_id }
    }
}
