//! Alarms: rows that are due.

use std::time::Duration;

use kernel::{AlarmId, Instant, ReminderId, ScheduleId, TaskId, UserId, WallTime};

use crate::calendar::Schedule;

/// A reminder of one occurrence, at one instant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Alarm {
    /// Its id.
    pub id: AlarmId,
    /// Whom it tells.
    pub owner: UserId,
    /// Of which schedule.
    pub schedule: ScheduleId,
    /// Of whose deadline that is, if the schedule stands for one.
    pub deadline_of: Option<TaskId>,
    /// By which reminder.
    pub reminder: ReminderId,
    /// The schedule's generation when it was planned.
    pub generation: i64,
    /// The occurrence: its wall start. With reminder, generation and snooze, the key of the fact.
    pub nominal: WallTime,
    /// 0 = the reminder's own alarm, n = its n-th snooze.
    pub snooze: i64,
    /// When it is to ring.
    pub due_at: Instant,
    /// Where it stands.
    pub state: AlarmState,
    /// Why it stands there, where that is not plain.
    pub reason: Option<Reason>,
    /// When it was planned.
    pub armed_at: Instant,
    /// So many occurrences after this one were missed as well and have no alarm of their own.
    pub left_out: i64,
    /// Until when it waits, or waited, because it was due in quiet hours.
    pub deferred_until: Option<Instant>,
    /// When it rang.
    pub fired_at: Option<Instant>,
    /// When it was dismissed after it rang.
    pub dismissed_at: Option<Instant>,
}

impl Alarm {
    /// The alarm of `reminder` for the occurrence `nominal` of `schedule` in its present generation, planned at `armed_at`.
    pub fn pending(
        id: AlarmId,
        schedule: &Schedule,
        (reminder, nominal): (ReminderId, WallTime),
        due_at: Instant,
        armed_at: Instant,
    ) -> Self {
        Self {
            id,
            owner: schedule.owner,
            schedule: schedule.id,
            deadline_of: schedule.purpose.deadline(),
            reminder,
            generation: schedule.generation,
            nominal,
            snooze: 0,
            due_at,
            state: AlarmState::Pending,
            reason: None,
            armed_at,
            left_out: 0,
            deferred_until: None,
            fired_at: None,
            dismissed_at: None,
        }
    }

    /// When it may ring.
    pub fn rings_at(&self) -> Instant {
        self.deferred_until.unwrap_or(self.due_at)
    }

    /// How late it rang: after it was due, or after it was armed if it was due before that, or after the quiet hours it waited for.
    pub fn lateness(&self) -> Option<Duration> {
        self.fired_at.map(|fired| fired.since(self.rings_at().max(self.armed_at)))
    }
}

/// An enum of words, as they are stored and shown.
macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($(#[$variant_doc:meta])* $variant:ident = $word:literal,)* }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum $name {
            $($(#[$variant_doc])* $variant,)*
        }

        impl $name {
            /// Every one.
            pub const ALL: &[Self] = &[$(Self::$variant),*];

            /// As stored and shown.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word,)* }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl std::str::FromStr for $name {
            type Err = ();
            fn from_str(text: &str) -> Result<Self, ()> {
                match text { $($word => Ok(Self::$variant),)* _ => Err(()) }
            }
        }
    };
}

pub(super) use words;

words! {
    /// Where an alarm stands. All but the first are final, unless an operator puts a failed one back.
    AlarmState {
        /// Will ring when due.
        Pending = "PENDING",
        /// Rang.
        Fired = "FIRED",
        /// Another alarm took its place.
        Superseded = "SUPERSEDED",
        /// Will not ring any more.
        Cancelled = "CANCELLED",
        /// Never rang: it was past when it was planned, and so was the item.
        Skipped = "SKIPPED",
        /// Was due and could not be rung; it was set aside so that it holds no other, and waits for a person.
        Failed = "FAILED",
    }
}

words! {
    /// Why an alarm stands where it stands.
    Reason {
        /// It was past when it was planned, but the item was still to come: rang at once.
        LateCreated = "late_created",
        /// It was past when it was planned.
        AlreadyPast = "already_past",
        /// The schedule moved.
        Rescheduled = "rescheduled",
        /// The reminder was taken off the schedule.
        RemindersChanged = "reminders_changed",
        /// The schedule was deleted.
        ScheduleDeleted = "schedule_deleted",
        /// It was dismissed before it rang.
        Dismissed = "dismissed",
        /// It was snoozed, or is the snooze of another.
        Snoozed = "snoozed",
        /// Ringing it failed, alone and again. The log says how.
        RingingFailed = "ringing_failed",
        /// Somebody began with the item.
        Started = "started",
        /// The item is done.
        Completed = "completed",
        /// Its task was put away.
        Archived = "archived",
        /// This occurrence was taken out of its series.
        OccurrenceCancelled = "occurrence_cancelled",
        /// It was found due too long after it was, and its schedule does not want it then.
        TooLate = "too_late",
        /// It was due in quiet hours, and waits or waited for their end.
        QuietHours = "quiet_hours",
        /// What it was about was over when the quiet hours ended.
        OverDuringQuietHours = "over_during_quiet_hours",
    }
}
