//! Time that is taken: what a caller wants done about it, and how it is refused.

use app::{
    calendar::OnConflict,
    domain::calendar::conflicts::{Busy, Conflict, ConflictError, Slot},
};
use kernel::{Instant, ScheduleId};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::http::Problem;

/// What becomes of a change whose time is taken.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum ConflictPolicy {
    /// It is refused.
    #[default]
    Reject,
    /// Both stand.
    Allow,
}

impl From<ConflictPolicy> for OnConflict {
    fn from(policy: ConflictPolicy) -> Self {
        match policy {
            ConflictPolicy::Reject => Self::Reject,
            ConflictPolicy::Allow => Self::Allow,
        }
    }
}

/// What to do if the time is taken.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Taken {
    /// `reject` unless given: 409 if some of the time is taken by what else is busy, or if the calendar holds more occurrences
    /// than are compared. Of a series what is over is not judged, and nothing beyond two years.
    #[param(inline)]
    pub(crate) on_conflict: Option<ConflictPolicy>,
}

/// A stretch of time that is free.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SlotView {
    #[schema(value_type = String, format = DateTime, example = "2026-11-20T01:00:00Z")]
    start: Instant,
    #[schema(value_type = String, format = DateTime, example = "2026-11-20T03:00:00Z")]
    end: Instant,
}

impl From<&Slot> for SlotView {
    fn from(slot: &Slot) -> Self {
        Self { start: slot.start, end: slot.end }
    }
}

/// What is there already, and which of the times that were asked for it meets.
#[derive(Serialize)]
struct ConflictView<'a> {
    /// Null for another occurrence of what was asked for itself.
    schedule_id: Option<ScheduleId>,
    recurrence_id: Option<String>,
    title: &'a str,
    start: Instant,
    end: Instant,
    meets: StretchView,
}

/// A time that was asked for.
#[derive(Serialize)]
struct StretchView {
    recurrence_id: Option<String>,
    start: Instant,
    end: Instant,
}

fn name(busy: &Busy, by_day: bool) -> Option<String> {
    busy.recurrence_id().map(|which| which.named(by_day))
}

fn view(conflict: &Conflict, by_day: bool) -> ConflictView<'_> {
    let Conflict { mine, other, schedule, title, by_day: other_by_day } = conflict;
    ConflictView {
        schedule_id: *schedule,
        recurrence_id: name(other, *other_by_day),
        title: title.as_deref().unwrap_or_default(),
        start: other.start,
        end: other.end,
        meets: StretchView { recurrence_id: name(mine, by_day), start: mine.start, end: mine.end },
    }
}

/// The refusal, with what is there already and what is free instead.
pub(crate) fn refused(error: app::Error) -> Problem {
    let Some(ConflictError { conflicts, truncated, free, by_day, .. }) = error.downcast_ref().cloned() else {
        return error.into();
    };
    let conflicts: Vec<_> = conflicts.iter().map(|conflict| view(conflict, by_day)).collect();
    let free: Vec<SlotView> = free.iter().map(SlotView::from).collect();
    Problem::from(error).with("conflicts", &conflicts).with("conflicts_truncated", &truncated).with("free_slots", &free)
}
