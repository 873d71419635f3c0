//! Categories and tags: one endpoint, one file.

mod categories;
mod tags;

use app::{
    calendar::labels::Narrowing,
    domain::calendar::{
        labels::{LabelError, LabelName},
        search,
    },
};
use kernel::CategoryId;

use super::{Problem, Routes, page};

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

/// What a list is narrowed to, from the parameters `category`, `tag` and `q`.
pub(crate) fn narrowing(category: Option<CategoryId>, tag: Option<&str>, q: Option<&str>) -> Result<Narrowing, Problem> {
    let tag = tag.map(|tag| LabelName::parse("/tag", tag)).transpose();
    let query = q.map(search::Query::parse).transpose();
    Ok(Narrowing {
        category,
        tag: tag.map_err(|error| page::invalid(&error.pointer, error.detail))?,
        query: query.map_err(|error| page::invalid("/q", error.to_string()))?,
    })
}

/// The refusal of a list: the category it is narrowed to is a parameter of it.
pub(crate) fn unlisted(error: app::Error) -> Problem {
    match error.code() {
        "category.not_found" => page::invalid("/category", "there is no such category"),
        _ => error.into(),
    }
}
