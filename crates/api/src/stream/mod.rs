//! Live streams: server-sent events.

use crate::http::Routes;

/// The routes of this folder.
pub(crate) fn routes() -> Routes {
    Routes::new()
}
