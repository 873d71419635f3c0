//! `POST /api/v1/tasks/{id}/split`

use std::sync::Arc;

use app::{
    App,
    domain::tasks::{Part, PartDraft, SplitAsk, TaskError},
    tasks::{self, Made},
};
use axum::{extract::State as Extract, response::Response};
use http::StatusCode;
use kernel::{Instant, Length, TaskId};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::refused;
use crate::http::{Caller, Path, Problem, Query, Write, answer, rendered};

/// Into what: either `parts`, or `template` and `count`.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Split {
    /// 2 to 20 parts, in order.
    parts: Option<Vec<NewPart>>,
    /// `equal`: parts of the same size. `milestones`: goals on the way, without a size.
    template: Option<Template>,
    /// How many, 2 to 20.
    #[schema(minimum = 2, maximum = 20, example = 3)]
    count: Option<i64>,
}

/// A way to split.
#[derive(Clone, Copy, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Template {
    Equal,
    Milestones,
}

/// A part that is asked for.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewPart {
    /// One visible line.
    #[schema(example = "Outline")]
    title: String,
    /// How long it may take; by these the time up to the deadline is divided, if every part has one.
    #[schema(value_type = Option<String>, example = "PT2H")]
    estimate: Option<Length>,
}

/// What to do with it.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Options {
    /// Only show what would be made.
    dry_run: Option<bool>,
}

/// The parts of a task.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SplitView {
    /// Whether they are only shown.
    dry_run: bool,
    /// In order: each depends on the one before it.
    parts: Vec<PartView>,
}

/// A part of a task.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PartView {
    /// Its id; null if it was not made.
    #[schema(value_type = Option<String>)]
    id: Option<TaskId>,
    /// One line.
    title: String,
    /// How long it may take.
    #[schema(value_type = Option<String>)]
    estimate: Option<Length>,
    /// By when, written as that of the whole.
    deadline: Option<String>,
    /// The instant of that.
    #[schema(value_type = Option<String>, format = DateTime)]
    deadline_at: Option<Instant>,
}

impl PartView {
    fn new(id: Option<TaskId>, part: &Part) -> Self {
        Self {
            id,
            title: part.title.clone(),
            estimate: part.estimate_seconds.map(|seconds| Length::from_seconds(seconds.into())),
            deadline: part.deadline.as_ref().map(|deadline| deadline.by.to_string()),
            deadline_at: part.deadline.as_ref().map(|deadline| deadline.at.instant),
        }
    }
}

impl Split {
    fn ask(self) -> Result<SplitAsk, TaskError> {
        let count = |count: i64| usize::try_from(count).unwrap_or(0);
        match (self.parts, self.template, self.count) {
            (Some(parts), None, None) => {
                let part = |part: NewPart| PartDraft { title: part.title, estimate: part.estimate.map(Length::duration) };
                Ok(SplitAsk::Parts(parts.into_iter().map(part).collect()))
            }
            (None, Some(Template::Equal), Some(n)) => Ok(SplitAsk::Equal(count(n))),
            (None, Some(Template::Milestones), Some(n)) => Ok(SplitAsk::Milestones(count(n))),
            _ => Err(TaskError::field("", "give either parts, or template and count")),
        }
    }
}

/// Split a task
///
/// Into subtasks that come one after the other; the first comes after what the whole depends on. Their deadlines are spread over the
/// time up to that of the whole, and the last has it. Importance and difficulty are those of the whole. With `dry_run` nothing is
/// made, and the answer shows what would be.
#[utoipa::path(
    post, path = "/api/v1/tasks/{id}/split", tag = "tasks", request_body = Split,
    params(("id" = String, Path, description = "Its id"), Options),
    responses(
        (status = 200, description = "What would be made", body = SplitView),
        (status = 201, description = "Made", body = SplitView),
        (status = 409, description = "`task.closed`: it is completed or archived; `task.too_many`"),
    )
)]
pub(crate) async fn split(
    Extract(app): Extract<App>,
    caller: Caller,
    Path(id): Path<TaskId>,
    Query(Options { dry_run }): Query<Options>,
    request: Write<Split>,
) -> Result<Response, Problem> {
    let dry_run = dry_run.unwrap_or(false);
    let ask = request.body.ask().map_err(app::Error::from)?;
    let render = Arc::new(move |made: &Made| {
        let parts = made.iter().map(|(id, part)| PartView::new(*id, part)).collect();
        let status = if dry_run { StatusCode::OK } else { StatusCode::CREATED };
        rendered(status, None, None, &SplitView { dry_run, parts })
    });
    Ok(answer(tasks::split(&app, &caller.0, (id, ask, dry_run), request.once, render).await.map_err(refused)?))
}
