//! Tags.

mod change;
mod create;
mod delete;
mod get;
mod list;
mod merge;
mod view;

use app::domain::identity::Scope;
use utoipa_axum::routes;

use crate::http::{Access, Routes};

/// The routes of this folder.
pub(super) fn routes() -> Routes {
    let (read, write) = (Access::Scoped(Scope::SchedulesRead), Access::Scoped(Scope::SchedulesWrite));
    Routes::new()
        .add(write, routes!(create::create_tag))
        .add(read, routes!(list::list_tags))
        .add(read, routes!(get::get_tag))
        .add(write, routes!(change::change_tag))
        .add(write, routes!(merge::merge_tags))
        .add(write, routes!(delete::delete_tag))
}
