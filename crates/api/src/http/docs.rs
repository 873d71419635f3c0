//! The reference for people: `/docs`, `/docs/errors`, `/openapi.json`.

use super::Routes;

/// The routes of this file.
pub(crate) fn routes() -> Routes {
    Routes::new()
}
