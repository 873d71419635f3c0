//! Planning: one endpoint, one file.

mod free_slots;
mod habits;
mod suggest;

use app::domain::identity::Scope;
use utoipa_axum::routes;

use super::{Access, Routes};

/// The routes of this folder.
pub(crate) fn routes() -> Routes {
    let (read, write) = (Access::Scoped(Scope::SchedulesRead), Access::Scoped(Scope::SchedulesWrite));
    Routes::new()
        .add(read, routes!(free_slots::free_slots))
        .add(read, routes!(habits::habits))
        .add(write, routes!(habits::forget_habits))
        .add(write, routes!(suggest::suggest))
}
