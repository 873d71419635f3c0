//! Planning: one endpoint, one file.

mod free_slots;

use app::domain::identity::Scope;
use utoipa_axum::routes;

use super::{Access, Routes};

/// The routes of this folder.
pub(crate) fn routes() -> Routes {
    Routes::new().add(Access::Scoped(Scope::SchedulesRead), routes!(free_slots::free_slots))
}
