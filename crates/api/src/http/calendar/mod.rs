//! The calendar as other programs read it: one endpoint, one file.

mod create_feed;
mod export;
mod import;
mod list_feeds;
mod read_feed;
mod revoke_feed;
mod text;
mod view;

use app::domain::identity::Scope;
use utoipa_axum::routes;

use super::{Access, Routes};

/// The routes of this folder.
pub(crate) fn routes() -> Routes {
    Routes::new()
        .add(Access::Public, routes!(read_feed::read_feed))
        .add(Access::User, routes!(create_feed::create_feed))
        .add(Access::User, routes!(list_feeds::list_feeds))
        .add(Access::User, routes!(revoke_feed::revoke_feed))
        .add(Access::Scoped(Scope::SchedulesRead), routes!(export::export))
        .add(Access::Scoped(Scope::SchedulesWrite), routes!(import::import))
}
