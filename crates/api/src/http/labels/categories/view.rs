//! A category as it goes over the wire.

use app::{Rendered, calendar::labels::Placed};
use http::StatusCode;
use kernel::{CategoryId, Instant};
use serde::Serialize;
use utoipa::ToSchema;

use crate::http::{etag, rendered};

/// A category.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CategoryView {
    /// Its id.
    #[schema(value_type = String, example = "cat_01jd2n9w3fkz8q4v6x0c5b7m1t")]
    id: CategoryId,
    /// Below which it lies; null: at the top.
    #[schema(value_type = Option<String>)]
    parent_id: Option<CategoryId>,
    /// What it is called; none of its siblings is.
    #[schema(example = "Work")]
    name: String,
    /// How it looks; null: as its owner's program likes.
    #[schema(example = "#1e90ff")]
    colour: Option<String>,
    /// Where it stands among its siblings: lowest first, equals by name.
    position: u32,
    /// How deep it lies: 1 at the top.
    #[schema(minimum = 1, maximum = 8)]
    depth: usize,
    /// Grows with every change; the ETag.
    version: i64,
    #[schema(value_type = String, format = DateTime)]
    created_at: Instant,
    #[schema(value_type = String, format = DateTime)]
    updated_at: Instant,
}

impl From<&Placed> for CategoryView {
    fn from(Placed { category, depth }: &Placed) -> Self {
        Self {
            id: category.id,
            parent_id: category.parent,
            name: category.name.as_str().to_owned(),
            colour: category.colour.as_ref().map(ToString::to_string),
            position: category.position,
            depth: *depth,
            version: category.version,
            created_at: category.created_at,
            updated_at: category.updated_at,
        }
    }
}

/// `200 OK` with the category as it is now.
pub(super) fn shown(placed: &Placed) -> Rendered {
    rendered(StatusCode::OK, None, Some(&etag(placed.category.version)), &CategoryView::from(placed))
}
