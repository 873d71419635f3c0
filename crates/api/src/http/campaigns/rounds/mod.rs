//! Restock rounds of a product: one endpoint, or two that belong together, one file.

mod export;
mod ledger;
mod list;
mod restock;
mod steer;
mod view;

use app::domain::identity::Scope;
use utoipa_axum::routes;

use crate::http::{Access, Routes};

pub(super) use view::RoundStatus;

/// The routes of this folder.
pub(super) fn routes(read: Access, write: Access) -> Routes {
    let admin = Access::Scoped(Scope::CampaignsAdmin);
    Routes::new()
        .add(read, routes!(list::list_rounds))
        .add(read, routes!(list::get_round))
        .add(read, routes!(ledger::list_round_recipients))
        .add(read, routes!(export::export_round))
        .add(write, routes!(restock::restock))
        .add(admin, routes!(steer::resume_round))
        .add(admin, routes!(steer::pause_round))
        .add(admin, routes!(steer::cancel_round))
}
