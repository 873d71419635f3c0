//! `PATCH /api/v1/tasks/{id}`

use app::{
    App,
    domain::{
        calendar::labels::{LabelsPatch, Wish},
        tasks::{TaskError, TaskPatch},
    },
    tasks,
};
use axum::{extract::State as Extract, response::Response};
use kernel::{CategoryId, Length, TaskId, Zone};
use serde::Deserialize;
use utoipa::ToSchema;

use super::{
    refused,
    view::{TaskReminderDraft, TaskView, rules, shown},
};
use crate::http::{
    Caller, IfMatch, Nullable, Path, Problem, Write, answer,
    schedules::{moment, parse},
};

/// What shall change; what is not given stays.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct TaskChange {
    /// One visible line.
    title: Option<String>,
    /// Any number of lines.
    description: Option<String>,
    /// By when; null: whenever, and nothing rings.
    #[serde(default)]
    #[schema(value_type = Option<String>, example = "2026-11-21")]
    deadline: Nullable<String>,
    /// The zone of the deadline. Alone it keeps what the wall shows.
    #[schema(example = "Asia/Seoul")]
    time_zone: Option<String>,
    /// 1 to 9.
    #[schema(minimum = 1, maximum = 9)]
    importance: Option<i64>,
    /// 1, 2, 3, 5, 8, 13 or 21.
    #[schema(minimum = 1, maximum = 21)]
    difficulty: Option<i64>,
    /// How long it may take; null: nobody knows.
    #[serde(default)]
    #[schema(value_type = Option<String>, example = "PT2H")]
    estimate: Nullable<Length>,
    /// The task it is a part of; null: none.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    parent_id: Nullable<TaskId>,
    /// Everything that comes before it. Only differences are written.
    #[schema(value_type = Option<Vec<String>>, max_items = 100)]
    depends_on: Option<Vec<TaskId>>,
    /// Its category; null: none any more.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    category_id: Nullable<CategoryId>,
    /// Replaces all its tags.
    tags: Option<Vec<String>>,
    /// Replaces all reminders before the deadline. One that stays the same keeps its id and its alarms.
    reminders: Option<Vec<TaskReminderDraft>>,
    /// Whether to ring at the deadline if it is still to be done then.
    remind_overdue: Option<bool>,
}

impl TaskChange {
    fn patch(self) -> Result<TaskPatch, TaskError> {
        let mut errors = Vec::new();
        let deadline = match self.deadline {
            Nullable::Unsaid => Wish::Keep,
            Nullable::Null => Wish::Clear,
            Nullable::Given(text) => moment("/deadline", &text, &mut errors).map_or(Wish::Keep, Wish::Set),
        };
        let estimate = match self.estimate {
            Nullable::Unsaid => Wish::Keep,
            Nullable::Null => Wish::Clear,
            Nullable::Given(length) => Wish::Set(length.duration()),
        };
        let patch = TaskPatch {
            deadline,
            estimate,
            zone: self.time_zone.as_deref().and_then(|text| parse::<Zone>("/time_zone", text, &mut errors)),
            reminders: self.reminders.as_deref().map(|drafts| rules(drafts, &mut errors)),
            title: self.title,
            description: self.description,
            importance: self.importance,
            difficulty: self.difficulty,
            parent: self.parent_id.into(),
            depends_on: self.depends_on,
            labels: LabelsPatch { category: self.category_id.into(), tags: self.tags },
            remind_overdue: self.remind_overdue,
        };
        if errors.is_empty() { Ok(patch) } else { Err(TaskError::Invalid(errors)) }
    }
}

/// Change a task
///
/// Needs `If-Match` with the ETag of the version that was changed, or `*`. The alarms of its deadline move along in the same
/// transaction, and sessions that were labelled as it was are labelled as it is. What makes no difference changes nothing, the version
/// included.
#[utoipa::path(
    patch, path = "/api/v1/tasks/{id}", tag = "tasks", request_body = TaskChange,
    params(("id" = String, Path, description = "Its id"), ("if-match" = Option<String>, Header, description = "ETag, or *")),
    responses(
        (status = 200, description = "As it is now", body = TaskView, headers(("etag" = String))),
        (status = 412, description = "`task.version_mismatch`: somebody else changed it"),
        (status = 422, description = "`task.invalid`, or `task.cycle`: `cycle` names tasks that would wait for each other in a circle"),
        (status = 428, description = "`task.version_required`: send If-Match"),
    )
)]
pub(crate) async fn update(
    Extract(app): Extract<App>,
    caller: Caller,
    Path(id): Path<TaskId>,
    if_match: IfMatch,
    request: Write<TaskChange>,
) -> Result<Response, Problem> {
    let patch = request.body.patch().map_err(app::Error::from)?;
    let target = (id, if_match.into());
    Ok(answer(tasks::update(&app, &caller.0, target, patch, request.once, shown(&app)).await.map_err(refused)?))
}
