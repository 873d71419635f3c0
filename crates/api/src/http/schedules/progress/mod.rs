//! Doing something with a schedule: one endpoint, one file.

mod cancel;
mod complete;
mod history;
mod start;
mod suspend;
mod view;

use std::sync::Arc;

use app::{
    App,
    calendar::progress::act,
    domain::calendar::progress::{Ask, Item, ProgressError},
    tasks::ForTask,
};
use axum::response::Response;
use kernel::{Instant, ScheduleId};
use serde::Deserialize;
use utoipa::ToSchema;
use utoipa_axum::routes;

use super::{recurrence::recurrence_id, view::shown};
use crate::http::{Access, Caller, OrEmpty, Problem, Routes, Write, answer, tasks};

pub(crate) use view::{ProgressState, ProgressView};

/// The routes of this folder.
pub(super) fn routes(read: Access, write: Access) -> Routes {
    Routes::new()
        .add(write, routes!(start::start))
        .add(write, routes!(suspend::suspend))
        .add(write, routes!(complete::complete))
        .add(write, routes!(cancel::cancel))
        .add(read, routes!(history::history))
}

/// When it happened, and to which occurrence.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Happening {
    /// When it happened, if not now: at most five minutes back, and not before what is recorded. Counted in whole seconds.
    #[schema(value_type = Option<String>, format = DateTime, example = "2026-11-20T00:30:00Z")]
    at: Option<Instant>,
    /// Which occurrence of a series: `recurrence_id` as the list shows it. Not for a schedule that happens once.
    #[schema(example = "2026-11-20T09:30:00", max_length = 32)]
    recurrence_id: Option<String>,
}

/// The schedule, or one occurrence of it.
fn item(schedule: ScheduleId, which: Option<&str>) -> Result<Item, Problem> {
    let recurrence_id = which.map(recurrence_id).transpose().map_err(app::Error::from)?;
    Ok(Item { schedule, recurrence_id })
}

/// Takes the step, and shows the schedule as it is then.
async fn take(
    app: &App,
    caller: &Caller,
    id: ScheduleId,
    request: Write<OrEmpty<Happening>>,
    for_task: ForTask,
    ask: impl FnOnce(Option<Instant>) -> Ask,
) -> Result<Response, Problem> {
    let Write { body: OrEmpty(Happening { at, recurrence_id }), once } = request;
    let item = item(id, recurrence_id.as_deref())?;
    Ok(answer(act(app, &caller.0, (item, for_task), ask(at), once, Arc::new(shown)).await.map_err(refused)?))
}

/// The refusal, with what its receiver can do instead.
fn refused(error: app::Error) -> Problem {
    match error.downcast_ref().cloned() {
        Some(ProgressError::Illegal { state, allowed, .. }) => {
            let allowed: Vec<&str> = allowed.iter().map(|action| action.as_str()).collect();
            Problem::from(error).with("state", &state.as_str()).with("allowed", &allowed)
        }
        Some(ProgressError::AnotherRunning(item)) => Problem::from(error).with("running", &view::RunningView::from(item)),
        _ => tasks::refused(error),
    }
}
