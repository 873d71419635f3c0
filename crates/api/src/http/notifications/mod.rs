//! The inbox: one endpoint, one file.

mod delete;
mod get;
mod list;
mod mark;
mod mark_up_to;
mod unread;
mod view;

use app::domain::identity::Scope;
use utoipa_axum::routes;

use super::{Access, Routes};

/// The routes of this folder.
pub(crate) fn routes() -> Routes {
    let (read, write) = (Access::Scoped(Scope::NotificationsRead), Access::Scoped(Scope::NotificationsWrite));
    Routes::new()
        .add(read, routes!(list::list))
        .add(read, routes!(unread::unread))
        .add(read, routes!(get::get))
        .add(write, routes!(delete::delete))
        .add(write, routes!(mark::mark))
        .add(write, routes!(mark_up_to::mark_up_to))
}
