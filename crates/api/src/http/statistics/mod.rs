//! Statistics: one endpoint, one file.

mod read;

use app::domain::identity::Scope;
use utoipa_axum::routes;

use super::{Access, Routes};

/// The routes of this folder.
pub(crate) fn routes() -> Routes {
    Routes::new().add(Access::Scoped(Scope::SchedulesRead), routes!(read::statistics))
}
