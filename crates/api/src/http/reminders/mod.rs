//! The HTTP endpoints of reminders, one file each.

use super::Routes;

/// The routes of this folder.
pub(crate) fn routes() -> Routes {
    Routes::new()
}
