//! A schedule.

use kernel::{Instant, ReminderId, ScheduleId, TaskId, UserId};

use super::{Span, labels::Labels, progress::Progress, recurrence::Series};
use crate::alarms::{LatePolicy, Reminder};

/// One item of somebody's calendar.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Schedule {
    /// Its id.
    pub id: ScheduleId,
    /// Whose it is.
    pub owner: UserId,
    /// What it is for.
    pub purpose: Purpose,
    /// What people read.
    pub text: ScheduleText,
    /// Its category and its tags.
    pub labels: Labels,
    /// From when to when; of a series, the first time.
    pub span: Span,
    /// How it repeats, from the start of the span on; `None`: it happens once.
    pub series: Option<Series>,
    /// What becomes of reminders that are found late.
    pub late: LatePolicy,
    /// When to ring, in the order given.
    pub reminders: Vec<Reminder>,
    /// How far it is, if it happens once.
    pub progress: Progress,
    /// Grows whenever its alarms are planned anew; part of the key of an alarm.
    pub generation: i64,
    /// Grows with every change; the ETag.
    pub version: i64,
    /// When it was made.
    pub created_at: Instant,
    /// When it last changed.
    pub updated_at: Instant,
    /// When it was deleted, if it is in the trash.
    pub deleted_at: Option<Instant>,
}

/// What a schedule is for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Purpose {
    /// For itself.
    #[default]
    Event,
    /// To work on a task.
    Session(TaskId),
    /// To carry the reminders of a task's deadline: it takes no time and is not shown among the schedules.
    Deadline(TaskId),
}

impl Purpose {
    /// The task it is planned for, if it is a session.
    pub const fn session(self) -> Option<TaskId> {
        if let Self::Session(task) = self { Some(task) } else { None }
    }

    /// The task whose deadline it stands for, if it does.
    pub const fn deadline(self) -> Option<TaskId> {
        if let Self::Deadline(task) = self { Some(task) } else { None }
    }
}

impl Schedule {
    /// The reminder `id`, if it is one of its present ones.
    pub fn reminder(&self, id: ReminderId) -> Option<&Reminder> {
        self.reminders.iter().find(|reminder| reminder.id == id)
    }

    /// Notes that it changes, and whether its alarms are planned anew by that.
    pub fn touch(&mut self, now: Instant, planned_anew: bool) {
        self.version += 1;
        self.generation += i64::from(planned_anew);
        self.updated_at = now;
    }
}

/// What people read of a schedule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScheduleText {
    /// One line.
    pub title: String,
    /// Any number of lines, may be empty.
    pub description: String,
    /// Where, may be empty.
    pub location: String,
    /// A short word, `event` unless given.
    pub kind: String,
    /// Whether the time counts as taken.
    pub busy: bool,
}
