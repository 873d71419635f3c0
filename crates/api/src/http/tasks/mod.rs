//! Tasks: one endpoint, one file.

mod archive;
mod complete;
mod create;
mod delete;
mod get;
mod list;
mod plan;
mod reminders;
mod reopen;
mod sessions;
mod split;
mod unarchive;
mod update;
mod view;

use app::domain::{identity::Scope, tasks::TaskError};
use utoipa_axum::routes;

use super::{Access, Problem, Routes};

/// The routes of this folder.
pub(crate) fn routes() -> Routes {
    let (read, write) = (Access::Scoped(Scope::SchedulesRead), Access::Scoped(Scope::SchedulesWrite));
    Routes::new()
        .add(write, routes!(create::create))
        .add(read, routes!(list::list))
        .add(read, routes!(get::get))
        .add(write, routes!(update::update))
        .add(write, routes!(delete::delete))
        .add(write, routes!(complete::complete))
        .add(write, routes!(reopen::reopen))
        .add(write, routes!(archive::archive))
        .add(write, routes!(unarchive::unarchive))
        .add(write, routes!(plan::plan))
        .add(read, routes!(sessions::sessions))
        .add(write, routes!(split::split))
        .add(read, routes!(reminders::of_task))
}

/// The refusal, with the tasks it is about.
pub(crate) fn refused(error: app::Error) -> Problem {
    match error.downcast_ref().cloned() {
        Some(TaskError::Cycle(circle)) => Problem::from(error).with("cycle", &circle),
        Some(TaskError::Blocked(by)) => Problem::from(error).with("blocked_by", &by),
        Some(TaskError::OpenSubtasks(open)) => Problem::from(error).with("open_subtasks", &open),
        _ => error.into(),
    }
}
