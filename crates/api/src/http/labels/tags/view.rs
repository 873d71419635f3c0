//! A tag as it goes over the wire.

use app::{
    Rendered,
    calendar::labels::{Counted, Uses},
};
use http::StatusCode;
use kernel::{Instant, TagId};
use serde::Serialize;
use utoipa::ToSchema;

use crate::http::{etag, rendered};

/// A tag.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct TagView {
    /// Its id.
    #[schema(value_type = String, example = "tag_01jd2n9w3fkz8q4v6x0c5b7m1t")]
    id: TagId,
    /// What it is called; no other tag of its owner is, in any case.
    #[schema(example = "deep work")]
    name: String,
    /// How it looks; null: as its owner's program likes.
    #[schema(example = "#1e90ff")]
    colour: Option<String>,
    /// How many schedules have it, without the trash; a series counts once.
    schedules: i64,
    /// How many tasks have it, those that are put away too.
    tasks: i64,
    /// Grows with every change of the tag itself; the ETag.
    version: i64,
    #[schema(value_type = String, format = DateTime)]
    created_at: Instant,
    #[schema(value_type = String, format = DateTime)]
    updated_at: Instant,
}

impl From<&Counted> for TagView {
    fn from((tag, uses): &Counted) -> Self {
        let Uses { schedules, tasks } = *uses;
        Self {
            id: tag.id,
            name: tag.name.as_str().to_owned(),
            colour: tag.colour.as_ref().map(ToString::to_string),
            schedules,
            tasks,
            version: tag.version,
            created_at: tag.created_at,
            updated_at: tag.updated_at,
        }
    }
}

/// `200 OK` with the tag as it is now.
pub(super) fn shown(tag: &Counted) -> Rendered {
    rendered(StatusCode::OK, None, Some(&etag(tag.0.version)), &TagView::from(tag))
}
