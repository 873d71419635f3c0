//! A reminder of one occurrence, as it goes over the wire.

use app::{
    Rendered,
    alarms::Shown,
    domain::alarms::{Alarm, AlarmState, Reason},
};
use http::StatusCode;
use kernel::{AlarmId, Instant, ReminderId, ScheduleId, TaskId, WallTime, Zone};
use serde::Serialize;
use utoipa::ToSchema;

use crate::http::rendered;

/// A reminder of one occurrence, planned or past.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AlarmView {
    /// Its id, for snooze and dismiss.
    #[schema(value_type = String, example = "alm_01jd2n9w3fkz8q4v6x0c5b7m1t")]
    id: AlarmId,
    /// Of which schedule; null for the deadline of a task.
    #[schema(value_type = Option<String>)]
    schedule_id: Option<ScheduleId>,
    /// Of which task's deadline; null for a schedule.
    #[schema(value_type = Option<String>, example = json!(null))]
    task_id: Option<TaskId>,
    /// By which of its reminders.
    #[schema(value_type = String)]
    reminder_id: ReminderId,
    /// Of which occurrence: its start in wall time; of a deadline, when it is over.
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
    /// `occurrence_cancelled`, `too_late`, `quiet_hours`, `over_during_quiet_hours`, `schedule_deleted`, `started`, `completed`,
    /// `archived`, `dismissed`, `snoozed` or `ringing_failed`.
    reason: Option<&'static str>,
    /// Until when it waits, or waited, because it was due in quiet hours; of a pending one that is not due yet, until when it would by
    /// the quiet hours of now.
    #[schema(value_type = Option<String>, format = DateTime)]
    deferred_until: Option<Instant>,
    /// The same in words, in the zone of the profile, where there is something to explain.
    #[schema(example = "not told: quiet hours until 07:00")]
    explanation: Option<String>,
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
            schedule_id: alarm.deadline_of.is_none().then_some(alarm.schedule),
            task_id: alarm.deadline_of,
            reminder_id: alarm.reminder,
            occurrence: alarm.nominal,
            snooze: alarm.snooze,
            due_at: alarm.due_at,
            state: alarm.state.as_str(),
            reason: alarm.reason.map(Reason::as_str),
            deferred_until: alarm.deferred_until,
            explanation: None,
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

/// A page of reminders, explained in the words of their owner's zone.
pub(crate) fn explained(shown: &Shown) -> Vec<AlarmView> {
    shown.page.items.iter().map(|alarm| AlarmView { explanation: explanation(alarm, &shown.zone), ..alarm.into() }).collect()
}

fn explanation(alarm: &Alarm, zone: &Zone) -> Option<String> {
    let until = alarm.deferred_until?;
    let clock = zone.wall_at(until).datetime().strftime("%H:%M");
    match (alarm.state, alarm.reason) {
        (AlarmState::Pending, Some(Reason::QuietHours)) => Some(format!("not told: quiet hours until {clock}")),
        (AlarmState::Pending, _) => Some(format!("will not be told at once: quiet hours until {clock}")),
        (AlarmState::Fired, _) => Some(format!("told later: quiet hours until {clock}")),
        (AlarmState::Skipped, Some(Reason::OverDuringQuietHours)) => {
            Some(format!("not told: it was over when the quiet hours ended at {clock}"))
        }
        _ => None,
    }
}
