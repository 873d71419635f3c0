//! Categories and tags: one endpoint, one file.

mod categories;
mod tags;

use app::domain::calendar::labels::LabelError;

use super::{Problem, Routes};

/// The routes of this folder.
pub(crate) fn routes() -> Routes {
    Routes::new().merge(categories::routes()).merge(tags::routes())
}

/// The refusal, with what its receiver can do about it.
fn refused(error: app::Error) -> Problem {
    match error.downcast_ref().cloned() {
        Some(LabelError::NameTaken { by, .. }) => Problem::from(error).with("taken_by", &by),
        Some(LabelError::Cycle { path }) => Problem::from(error).with("cycle", &path),
        _ => error.into(),
    }
}
