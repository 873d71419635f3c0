//! Live streams: server-sent events and sockets. What is sent, and when, is decided in `hub`; here it is put on the wire.

mod last_seen;
mod many;
mod me;
mod places;
mod room;
mod socket;
mod sse;

use app::domain::identity::Scope;
use utoipa_axum::routes;

use crate::http::{Access, Routes};

/// For connections that may read both: which of them is asked for each stream.
const EITHER: &[Scope] = &[Scope::NotificationsRead, Scope::RoomsRead];

/// The routes of this folder.
pub(crate) fn routes() -> Routes {
    Routes::new()
        .add(Access::Stream(&[Scope::NotificationsRead]), routes!(me::me))
        .add(Access::Stream(EITHER), routes!(many::many))
        .add(Access::Stream(EITHER), routes!(socket::socket))
        .add(Access::Stream(&[Scope::RoomsRead]), routes!(room::room))
}
