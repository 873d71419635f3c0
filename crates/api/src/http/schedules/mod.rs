//! Schedules: one endpoint, one file.

mod bulk_delete;
mod conflicts;
mod create;
mod delete;
mod get;
mod list;
mod preview;
mod progress;
mod recurrence;
mod reminders;
mod restore;
mod update;
mod view;

pub(crate) use conflicts::SlotView;

use app::domain::identity::Scope;
use utoipa_axum::routes;

use super::{Access, Routes};

pub(crate) use conflicts::{Taken, refused as conflict_refused};
pub(crate) use create::NewSchedule;
pub(crate) use view::{ReminderDraft, ScheduleView, moment, parse};

/// The routes of this folder.
pub(crate) fn routes() -> Routes {
    let (read, write) = (Access::Scoped(Scope::SchedulesRead), Access::Scoped(Scope::SchedulesWrite));
    Routes::new()
        .add(write, routes!(create::create))
        .add(read, routes!(list::list))
        .add(write, routes!(bulk_delete::bulk_delete))
        .add(read, routes!(preview::preview))
        .add(read, routes!(get::get))
        .add(write, routes!(update::update))
        .add(write, routes!(delete::delete))
        .add(write, routes!(restore::restore))
        .add(read, routes!(reminders::reminders))
        .merge(progress::routes(read, write))
}
