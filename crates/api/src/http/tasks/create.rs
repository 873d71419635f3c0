//! `POST /api/v1/tasks`

use std::sync::Arc;

use app::{
    App, calendar,
    domain::{
        calendar::labels::LabelsDraft,
        tasks::{DeadlineDraft, Task, TaskDraft, TaskError},
    },
    tasks,
};
use axum::{extract::State as Extract, response::Response};
use kernel::{CategoryId, Length, TaskId, Zone};
use serde::Deserialize;
use utoipa::ToSchema;

use super::{
    refused,
    view::{TaskReminderDraft, TaskView, reminders},
};
use crate::http::{
    Caller, Problem, Write, answer, created, etag,
    schedules::{moment, parse},
};

/// A task that is asked for.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewTask {
    /// One visible line, at most 200 characters.
    #[schema(example = "Hand in the report")]
    title: String,
    /// At most 10,000 characters, line breaks allowed.
    #[serde(default)]
    description: String,
    /// By when: a date (the end of that day), a wall time in `time_zone`, or an instant. At most ten years ahead.
    #[schema(example = "2026-11-20")]
    deadline: Option<String>,
    /// IANA zone of the deadline; the caller's own unless given.
    #[schema(example = "Asia/Seoul")]
    time_zone: Option<String>,
    /// 1 to 9; 5 unless given.
    #[schema(minimum = 1, maximum = 9, example = 5)]
    importance: Option<i64>,
    /// 1, 2, 3, 5, 8, 13 or 21; 3 unless given.
    #[schema(minimum = 1, maximum = 21, example = 3)]
    difficulty: Option<i64>,
    /// How long it may take: ISO 8601, at most 366 days.
    #[schema(value_type = Option<String>, example = "PT2H")]
    estimate: Option<Length>,
    /// The task it is a part of; at most five levels.
    #[schema(value_type = Option<String>)]
    parent_id: Option<TaskId>,
    /// What comes before it, at most 100 of the caller's tasks.
    #[serde(default)]
    #[schema(value_type = Vec<String>, max_items = 100)]
    depends_on: Vec<TaskId>,
    /// Its category, if any.
    #[schema(value_type = Option<String>)]
    category_id: Option<CategoryId>,
    /// The names of its tags, at most 20; those that do not exist yet are made.
    #[serde(default)]
    #[schema(example = json!(["deep work"]))]
    tags: Vec<String>,
    /// When to ring before the deadline, at most 9. Not given: the caller's default lead. `[]`: not before it.
    reminders: Option<Vec<TaskReminderDraft>>,
    /// Whether to ring at the deadline if it is still to be done then; true unless given.
    #[serde(default = "yes")]
    remind_overdue: bool,
}

const fn yes() -> bool {
    true
}

impl NewTask {
    fn draft(self, own_zone: Option<Zone>) -> Result<TaskDraft, TaskError> {
        let mut errors = Vec::new();
        let zone = match &self.time_zone {
            Some(name) => parse::<Zone>("/time_zone", name, &mut errors),
            None => own_zone,
        };
        let moment = self.deadline.as_deref().and_then(|text| moment("/deadline", text, &mut errors));
        let reminders = reminders(self.reminders.as_deref(), &mut errors);
        if !errors.is_empty() {
            return Err(TaskError::Invalid(errors));
        }
        let deadline = moment.zip(zone).map(|(moment, zone)| DeadlineDraft { moment, zone });
        let Self { title, description, importance, difficulty, depends_on, remind_overdue, category_id, tags, .. } = self;
        let labels = LabelsDraft { category: category_id, tags };
        let (estimate, parent) = (self.estimate.map(Length::duration), self.parent_id);
        Ok(TaskDraft {
            title,
            description,
            labels,
            deadline,
            importance,
            difficulty,
            estimate,
            parent,
            depends_on,
            reminders,
            remind_overdue,
        })
    }
}

/// Make a task
///
/// The alarms of its deadline are armed in the same transaction. What it depends on comes before it: tasks that would wait for each
/// other in a circle are refused.
#[utoipa::path(
    post, path = "/api/v1/tasks", tag = "tasks", request_body = NewTask,
    responses(
        (status = 201, description = "Made", body = TaskView, headers(("location" = String), ("etag" = String))),
        (status = 409, description = "`task.too_many`: a person has at most 10,000 tasks"),
    )
)]
pub(crate) async fn create(Extract(app): Extract<App>, caller: Caller, request: Write<NewTask>) -> Result<Response, Problem> {
    // The caller's own zone is only looked up when it is needed.
    let needs_zone = request.body.deadline.is_some() && request.body.time_zone.is_none();
    let own_zone = if needs_zone { Some(calendar::own_zone(&app, &caller.0).await?) } else { None };
    let draft = request.body.draft(own_zone).map_err(app::Error::from)?;
    let now = app.now();
    let render = Arc::new(move |task: &Task| {
        created(&format!("/api/v1/tasks/{}", task.id), &etag(task.version), &TaskView::of(task, now))
    });
    Ok(answer(tasks::create(&app, &caller.0, draft, request.once, render).await.map_err(refused)?))
}
