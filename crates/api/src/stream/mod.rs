//! Live streams: server-sent events. What is sent, and when, is decided in `hub`; here it is put on the wire.

mod me;
mod sse;

use app::domain::identity::Scope;
use utoipa_axum::routes;

use crate::http::{Access, Routes};

/// The routes of this folder.
pub(crate) fn routes() -> Routes {
    Routes::new().add(Access::Stream(Scope::NotificationsRead), routes!(me::me))
}
