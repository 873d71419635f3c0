//! The tree of categories.

mod change;
mod create;
mod delete;
mod get;
mod list;
mod view;

use app::domain::identity::Scope;
use utoipa_axum::routes;

use crate::http::{Access, Routes};

/// The routes of this folder.
pub(super) fn routes() -> Routes {
    let (read, write) = (Access::Scoped(Scope::SchedulesRead), Access::Scoped(Scope::SchedulesWrite));
    Routes::new()
        .add(write, routes!(create::create_category))
        .add(read, routes!(list::list_categories))
        .add(read, routes!(get::get_category))
        .add(write, routes!(change::change_category))
        .add(write, routes!(delete::delete_category))
}
