//! Reminders as people see them, planned and past: one endpoint, one file.

mod dismiss;
mod list;
mod snooze;
mod view;

use app::domain::identity::Scope;
use utoipa_axum::routes;

use super::{Access, Routes};

pub(crate) use list::ReminderPage;
pub(crate) use view::{AlarmView, explained};

/// The routes of this folder.
pub(crate) fn routes() -> Routes {
    let (read, write) = (Access::Scoped(Scope::SchedulesRead), Access::Scoped(Scope::SchedulesWrite));
    Routes::new().add(read, routes!(list::list)).add(write, routes!(snooze::snooze)).add(write, routes!(dismiss::dismiss))
}
