//! `GET /api/v1/tasks/{id}/reminders`

use app::{App, tasks};
use axum::{extract::State as Extract, response::Response};
use http::StatusCode;
use kernel::TaskId;

use crate::http::{
    Caller, Path, Problem, Query, json,
    page::Part,
    reminders::{AlarmView, ReminderPage},
};

/// The reminders of a task
///
/// Every planned and past one of its deadline, the one due first before the others: when it is due, where it stands and why, when it
/// rang and how late. Those of its sessions are with each of them.
#[utoipa::path(
    get, path = "/api/v1/tasks/{id}/reminders", tag = "reminders",
    params(("id" = String, Path, description = "The task's id"), Part),
    responses((status = 200, description = "A page", body = ReminderPage))
)]
pub(crate) async fn of_task(
    Extract(app): Extract<App>,
    caller: Caller,
    Path(id): Path<TaskId>,
    Query(part): Query<Part>,
) -> Result<Response, Problem> {
    let scope = format!("reminders of {id} of {}", caller.0.user);
    let (after, limit) = part.of(&scope)?;
    let page = tasks::reminders(&app, &caller.0, id, after, limit).await?;
    let next_cursor = page.next.map(|next| next.encode(&scope));
    Ok(json(StatusCode::OK, &ReminderPage { items: page.items.iter().map(AlarmView::from).collect(), next_cursor }))
}
