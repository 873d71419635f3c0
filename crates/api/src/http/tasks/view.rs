//! A task as it goes over the wire, in and out.

use std::sync::Arc;

use app::{
    App, Render,
    domain::{
        alarms::{Anchor, ReminderRule, When},
        calendar::RemindersDraft,
        tasks::{Task, overdue_rule},
    },
};
use http::StatusCode;
use kernel::{CategoryId, FieldError, Instant, Length, ReminderId, Resolution, TaskId};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::http::{etag, rendered};

/// A task.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct TaskView {
    /// Its id.
    #[schema(value_type = String, example = "tsk_01jd2n9w3fkz8q4v6x0c5b7m1t")]
    id: TaskId,
    /// One line.
    #[schema(example = "Hand in the report")]
    title: String,
    /// Any number of lines, may be empty.
    description: String,
    /// `OPEN` or `COMPLETED`.
    #[schema(example = "OPEN")]
    state: &'static str,
    /// Whether it is what comes next: it is open, not put away, and neither what it depends on nor a subtask of it is open. Like
    /// `blocked_by` and `overdue` this follows from other things and changes without a new version.
    ready: bool,
    /// By when: a date, which means the end of that day, or what the clock on the wall shows. Null: whenever.
    #[schema(example = "2026-11-20")]
    deadline: Option<String>,
    /// The IANA zone the deadline is meant in.
    #[schema(example = "Asia/Seoul")]
    time_zone: Option<String>,
    /// The instant of the deadline, derived.
    #[schema(value_type = Option<String>, format = DateTime, example = "2026-11-20T15:00:00Z")]
    deadline_at: Option<Instant>,
    /// `gap`: the deadline is skipped by a change of clocks and was moved forward; `fold`: it comes twice, the first is meant.
    #[schema(value_type = Option<String>, example = "unique")]
    deadline_resolution: Option<Resolution>,
    /// Whether the deadline has passed and it is still to be done.
    overdue: bool,
    /// 1 to 9.
    #[schema(example = 5)]
    importance: i64,
    /// 1, 2, 3, 5, 8, 13 or 21.
    #[schema(example = 3)]
    difficulty: i64,
    /// How long it may take.
    #[schema(value_type = Option<String>, example = "PT2H")]
    estimate: Option<Length>,
    /// Of which task it is a part.
    #[schema(value_type = Option<String>)]
    parent_id: Option<TaskId>,
    /// What comes before it.
    #[schema(value_type = Vec<String>)]
    depends_on: Vec<TaskId>,
    /// What of that is open at the moment.
    #[schema(value_type = Vec<String>)]
    blocked_by: Vec<TaskId>,
    /// Its category.
    #[schema(value_type = Option<String>)]
    category_id: Option<CategoryId>,
    /// The names of its tags, in order.
    tags: Vec<String>,
    /// When it rings before the deadline.
    reminders: Vec<TaskReminderView>,
    /// Whether it rings at the deadline if it is still to be done then.
    remind_overdue: bool,
    /// When it was completed.
    #[schema(value_type = Option<String>, format = DateTime)]
    completed_at: Option<Instant>,
    /// When it was put away.
    #[schema(value_type = Option<String>, format = DateTime)]
    archived_at: Option<Instant>,
    /// Grows with every change; the ETag.
    version: i64,
    #[schema(value_type = String, format = DateTime)]
    created_at: Instant,
    #[schema(value_type = String, format = DateTime)]
    updated_at: Instant,
}

/// A reminder of a deadline.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct TaskReminderView {
    /// Its id.
    #[schema(value_type = String)]
    id: ReminderId,
    /// How long before, if it is relative.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, example = "PT30M")]
    before: Option<Length>,
    /// Before what, if it is relative.
    #[serde(skip_serializing_if = "Option::is_none")]
    relative_to: Option<TaskAnchor>,
    /// When, if it is absolute.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    at: Option<Instant>,
    /// Whether it rings in quiet hours as well.
    critical: bool,
}

/// What a reminder of a task looks at.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum TaskAnchor {
    Deadline,
}

/// A reminder that is asked for: either `before`, or `at`.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct TaskReminderDraft {
    /// ISO 8601, elapsed time: a day is 24 hours. More than nothing.
    #[schema(value_type = Option<String>, example = "PT30M")]
    before: Option<Length>,
    /// There is nothing else.
    relative_to: Option<TaskAnchor>,
    /// An instant, whatever the deadline.
    #[schema(value_type = Option<String>, format = DateTime)]
    at: Option<Instant>,
    /// Rings in quiet hours as well.
    critical: Option<bool>,
}

impl TaskReminderDraft {
    fn rule(&self, index: usize) -> Result<ReminderRule, FieldError> {
        let when = match (self.before, self.relative_to, self.at) {
            (None, None, Some(at)) => When::At(at),
            (Some(before), _, None) => {
                let lead_seconds = u32::try_from(before.seconds())
                    .map_err(|_| FieldError::new(format!("/reminders/{index}/before"), "at most 366 days before"))?;
                When::Before { lead_seconds, anchor: Anchor::Start }
            }
            _ => {
                return Err(FieldError::new(
                    format!("/reminders/{index}"),
                    "write either {\"before\": \"PT30M\"}, with relative_to deadline, or {\"at\": \"2026-11-20T00:00:00Z\"}",
                ));
            }
        };
        Ok(ReminderRule { when, critical: self.critical.unwrap_or(false) })
    }
}

/// The rules of a list of drafts; what is wrong is added to `errors`.
pub(super) fn rules(drafts: &[TaskReminderDraft], errors: &mut Vec<FieldError>) -> Vec<ReminderRule> {
    let rules = drafts.iter().enumerate().filter_map(|(index, draft)| draft.rule(index).map_err(|e| errors.push(e)).ok());
    rules.collect()
}

/// The reminders a new task asks for.
pub(super) fn reminders(drafts: Option<&[TaskReminderDraft]>, errors: &mut Vec<FieldError>) -> RemindersDraft {
    drafts.map_or(RemindersDraft::Default, |drafts| RemindersDraft::Given(rules(drafts, errors)))
}

impl TaskView {
    /// The task as it stands at `now`.
    pub(super) fn of(task: &Task, now: Instant) -> Self {
        let deadline = task.deadline.as_ref();
        let before = task.reminders.iter().filter(|reminder| reminder.rule != overdue_rule());
        Self {
            id: task.id,
            title: task.title.clone(),
            description: task.description.clone(),
            state: task.state().as_str(),
            ready: task.is_ready(),
            deadline: deadline.map(|deadline| deadline.by.to_string()),
            time_zone: deadline.map(|deadline| deadline.zone.name().to_owned()),
            deadline_at: deadline.map(|deadline| deadline.at.instant),
            deadline_resolution: deadline.map(|deadline| deadline.at.resolution),
            overdue: task.is_overdue(now),
            importance: task.importance,
            difficulty: task.difficulty,
            estimate: task.estimate_seconds.map(|seconds| Length::from_seconds(seconds.into())),
            parent_id: task.parent,
            depends_on: task.depends_on.iter().copied().collect(),
            blocked_by: task.blocked_by.clone(),
            category_id: task.labels.category,
            tags: task.labels.tags.iter().map(|tag| tag.as_str().to_owned()).collect(),
            reminders: before.map(|reminder| TaskReminderView::new(reminder.id, reminder.rule)).collect(),
            remind_overdue: task.reminders.iter().any(|reminder| reminder.rule == overdue_rule()),
            completed_at: task.completed_at,
            archived_at: task.archived_at,
            version: task.version,
            created_at: task.created_at,
            updated_at: task.updated_at,
        }
    }
}

impl TaskReminderView {
    fn new(id: ReminderId, rule: ReminderRule) -> Self {
        let critical = rule.critical;
        match rule.when {
            When::At(at) => Self { id, before: None, relative_to: None, at: Some(at), critical },
            When::Before { lead_seconds, .. } => {
                let before = Some(Length::from_seconds(lead_seconds.into()));
                Self { id, before, relative_to: Some(TaskAnchor::Deadline), at: None, critical }
            }
        }
    }
}

/// `200 OK` with a task as it is now.
pub(super) fn shown(app: &App) -> Render<Task> {
    let now = app.now();
    Arc::new(move |task: &Task| rendered(StatusCode::OK, None, Some(&etag(task.version)), &TaskView::of(task, now)))
}
