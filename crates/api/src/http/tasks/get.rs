//! `GET /api/v1/tasks/{id}`

use app::{App, tasks};
use axum::{
    extract::State as Extract,
    response::{IntoResponse as _, Response},
};
use http::{StatusCode, header};
use kernel::TaskId;

use super::view::TaskView;
use crate::http::{Caller, Path, Problem, etag, json};

/// Read a task
#[utoipa::path(
    get, path = "/api/v1/tasks/{id}", tag = "tasks", params(("id" = String, Path, description = "Its id")),
    responses((status = 200, description = "The task", body = TaskView, headers(("etag" = String))))
)]
pub(crate) async fn get(Extract(app): Extract<App>, caller: Caller, Path(id): Path<TaskId>) -> Result<Response, Problem> {
    let task = tasks::get(&app, &caller.0, id).await?;
    let view = json(StatusCode::OK, &TaskView::of(&task, app.now()));
    Ok(([(header::ETAG, etag(task.version))], view).into_response())
}
