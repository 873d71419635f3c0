//! `POST /api/v1/tasks/{id}/schedules`

use std::sync::Arc;

use app::{
    App, calendar,
    domain::calendar::{Schedule, labels::LabelsPatch},
    tasks::{self, Plan},
};
use axum::{extract::State as Extract, response::Response};
use kernel::{CategoryId, TaskId, Zone};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::http::{
    Caller, Nullable, Path, Problem, Query, Write, answer, created, etag,
    schedules::{NewSchedule, ReminderDraft, ScheduleView, Taken, conflict_refused},
};

/// A session that is asked for: a schedule that happens once. What it does not say comes from the task.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewSession {
    /// One visible line; the task's title unless given.
    title: Option<String>,
    /// The task's description unless given.
    description: Option<String>,
    /// One line, at most 500 characters.
    #[serde(default)]
    location: String,
    /// When it starts: wall time in `time_zone`, an instant, or a date with `all_day`.
    #[schema(example = "2026-11-20T09:30:00")]
    start: String,
    /// When it ends, written as `start`.
    #[schema(example = "2026-11-20T10:00:00")]
    end: Option<String>,
    /// How long it takes, instead of `end`; the task's estimate unless given.
    #[schema(example = "PT1H")]
    duration: Option<String>,
    /// IANA zone; the caller's own unless given.
    #[schema(example = "Asia/Seoul")]
    time_zone: Option<String>,
    /// Whole days.
    #[serde(default)]
    all_day: bool,
    /// When to ring, at most 10. Not given: the caller's default lead before the start. `[]`: never.
    reminders: Option<Vec<ReminderDraft>>,
    /// A short lower-case word, `task` unless given.
    #[schema(example = "task")]
    kind: Option<String>,
    /// Whether the time counts as taken; true unless given.
    #[serde(default = "yes")]
    busy: bool,
    /// Its category; the task's unless given, null: none.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    category_id: Nullable<CategoryId>,
    /// The names of its tags, at most 20; those that do not exist yet are made. The task's unless given.
    tags: Option<Vec<String>>,
}

const fn yes() -> bool {
    true
}

/// Plan work on a task
///
/// Makes a schedule that belongs to the task, with a `task_id`. There may be several. It is worked on like any other schedule, and
/// the task goes along: see `docs/tasks.md`.
#[utoipa::path(
    post, path = "/api/v1/tasks/{id}/schedules", tag = "tasks", request_body = NewSession,
    params(("id" = String, Path, description = "The task's id"), Taken),
    responses(
        (status = 201, description = "Made", body = ScheduleView, headers(("location" = String), ("etag" = String))),
        (status = 409, description = "`task.closed`: it is completed or archived; `schedule.conflict`: the time is taken; `schedule.calendar_too_dense`: there is more to compare than is looked at"),
    )
)]
pub(crate) async fn plan(
    Extract(app): Extract<App>,
    caller: Caller,
    Path(id): Path<TaskId>,
    Query(Taken { on_conflict }): Query<Taken>,
    request: Write<NewSession>,
) -> Result<Response, Problem> {
    let NewSession { title, description, location, start, end, duration, time_zone, all_day, reminders, kind, busy, .. } =
        request.body;
    let labels = LabelsPatch { category: request.body.category_id.into(), tags: request.body.tags };
    let own_zone = match &time_zone {
        Some(_) => None,
        None => Some(calendar::own_zone(&app, &caller.0).await?),
    };
    let asked = NewSchedule::once(location, (start, end, duration), (time_zone, all_day), reminders, busy);
    let draft = asked.draft(|| own_zone.unwrap_or_else(Zone::utc)).map_err(app::Error::from)?;
    let plan = Plan { title, description, kind, labels, draft, on_conflict: on_conflict.unwrap_or_default().into() };
    let render = Arc::new(|schedule: &Schedule| {
        let location = format!("/api/v1/schedules/{}", schedule.id);
        created(&location, &etag(schedule.version), &ScheduleView::from(schedule))
    });
    Ok(answer(tasks::plan(&app, &caller.0, (id, plan), request.once, render).await.map_err(conflict_refused)?))
}
