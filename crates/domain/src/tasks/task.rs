//! A task.

use std::collections::BTreeSet;

use kernel::{Instant, ScheduleId, TaskId, UserId};

use super::Deadline;
use crate::{alarms::Reminder, calendar::labels::Labels};

/// Something to be done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Task {
    /// Its id.
    pub id: TaskId,
    /// Whose it is.
    pub owner: UserId,
    /// One line.
    pub title: String,
    /// Any number of lines, may be empty.
    pub description: String,
    /// What it is labelled with.
    pub labels: Labels,
    /// By when.
    pub deadline: Option<Deadline>,
    /// 1 to 9.
    pub importance: i64,
    /// 1, 2, 3, 5, 8, 13 or 21.
    pub difficulty: i64,
    /// How long it may take.
    pub estimate_seconds: Option<u32>,
    /// Of which task it is a part.
    pub parent: Option<TaskId>,
    /// What comes before it.
    pub depends_on: BTreeSet<TaskId>,
    /// What of that is open at the moment. Derived: it changes without this task.
    pub blocked_by: Vec<TaskId>,
    /// Whether a part of it is to be done. Derived as well.
    pub has_open_subtasks: bool,
    /// When it rings: first those before the deadline, in the order given, then the one at the deadline, see
    /// [`overdue_rule`](super::overdue_rule). Without a deadline there are none.
    pub reminders: Vec<Reminder>,
    /// When it was completed.
    pub completed_at: Option<Instant>,
    /// The session whose completion completed it, if one did.
    pub completed_by: Option<ScheduleId>,
    /// When it was put away.
    pub archived_at: Option<Instant>,
    /// Grows with every change; the ETag.
    pub version: i64,
    /// When it was made.
    pub created_at: Instant,
    /// When it last changed.
    pub updated_at: Instant,
}

/// Where a task stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TaskState {
    /// To be done.
    Open,
    /// Done.
    Completed,
}

impl TaskState {
    /// As shown.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Open => "OPEN",
            Self::Completed => "COMPLETED",
        }
    }
}

impl Task {
    /// Where it stands.
    pub const fn state(&self) -> TaskState {
        if self.completed_at.is_some() { TaskState::Completed } else { TaskState::Open }
    }

    /// Whether it is to be done: neither completed nor put away. Only such a task rings, and only for such a one others wait.
    pub const fn is_active(&self) -> bool {
        self.completed_at.is_none() && self.archived_at.is_none()
    }

    /// Whether it is what comes next: it waits neither for another task nor for its own parts.
    pub fn is_ready(&self) -> bool {
        self.is_active() && self.blocked_by.is_empty() && !self.has_open_subtasks
    }

    /// Whether its deadline has passed and it is still to be done.
    pub fn is_overdue(&self, now: Instant) -> bool {
        self.is_active() && self.deadline.as_ref().is_some_and(|deadline| deadline.at.instant <= now)
    }

    /// Notes that it changes.
    pub fn touch(&mut self, now: Instant) {
        self.version += 1;
        self.updated_at = now;
    }
}
