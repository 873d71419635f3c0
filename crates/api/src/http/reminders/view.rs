//! A reminder of one occurrence, as it goes over the wire.

use app::Rendered;
use app::domain::alarms::Alarm;
use http::StatusCode;
use kernel::{AlarmId, Instant, ReminderId, ScheduleId, WallTime};
use serde::Serialize;
use utoipa::ToSchema;

use crate::http::rendered;

/// A reminder of one occurrence, planned or past.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AlarmView {
    /// Its id, for snooze and dismiss.
    #[schema(value_type = String, example = "alm_01jd2n9w3fkz8q4v6x0c5b7m1t")]
    id: AlarmId,
    /// Of which schedule.
    #[schema(value_type = String)]
    schedule_id: ScheduleId,
    /// By which of its reminders.
    #[schema(value_type = String)]
    reminder_id: ReminderId,
    /// Of which occurrence: its start in wall time.
    #[schema(value_type = String, example = "2026-11-20T09:30:00")]
    occurrence: WallTime,
    /// 0: the reminder itself; n: its n-th snooze.
    snooze: i64,
    /// When it is, or was, to ring.
    #[schema(value_type = String, format = DateTime)]
    due_at: Instant,
    /// `PENDING`, `FIRED`, `SUPERSEDED`, `CANCELLED`, `SKIPPED` or `FAILED`.
    #[schema(example = "FIRED")]
    state: &'static str,
    /// Why it stands there, where that is not plain: `late_created`, `already_past`, `rescheduled`, `reminders_changed`,
    /// `occurrence_cancelled`, `too_late`, `schedule_deleted`, `dismissed`, `snoozed` or `ringing_failed`.
    reason: Option<&'static str>,
    /// When it was planned.
    #[schema(value_type = String, format = DateTime)]
    armed_at: Instant,
    /// So many occurrences after this one were missed as well, and have no reminder of their own.
    left_out: i64,
    /// When it rang.
    #[schema(value_type = Option<String>, format = DateTime)]
    fired_at: Option<Instant>,
    /// How late it rang, in milliseconds: after it was due, or after it was planned if it was due before that.
    lateness_ms: Option<u64>,
    /// When it was dismissed or snoozed after it rang.
    #[schema(value_type = Option<String>, format = DateTime)]
    dismissed_at: Option<Instant>,
}

impl From<&Alarm> for AlarmView {
    fn from(alarm: &Alarm) -> Self {
        Self {
            id: alarm.id,
            schedule_id: alarm.schedule,
            reminder_id: alarm.reminder,
            occurrence: alarm.nominal,
            snooze: alarm.snooze,
            due_at: alarm.due_at,
            state: alarm.state.as_str(),
            reason: alarm.reason.map(app::domain::alarms::Reason::as_str),
            armed_at: alarm.armed_at,
            left_out: alarm.left_out,
            fired_at: alarm.fired_at,
            lateness_ms: alarm.lateness().map(|late| u64::try_from(late.as_millis()).unwrap_or(u64::MAX)),
            dismissed_at: alarm.dismissed_at,
        }
    }
}

/// `200 OK` with the reminder as it is now.
pub(super) fn shown(alarm: &Alarm) -> Rendered {
    rendered(StatusCode::OK, None, None, &AlarmView::from(alarm))
}
