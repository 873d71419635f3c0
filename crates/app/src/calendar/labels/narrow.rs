//! What a list is narrowed to by labels and words.

use std::collections::BTreeSet;

use domain::calendar::{
    labels::{LabelError, LabelKind, LabelName},
    search::Query,
};
use kernel::{CategoryId, UserId};
use store::{Tx, calendar::filtered::Narrow};

use crate::Error;

/// What somebody wants to see only; what is `None` narrows nothing.
#[derive(Clone, Debug, Default)]
pub struct Narrowing {
    /// In this category or below it.
    pub category: Option<CategoryId>,
    /// With this tag.
    pub tag: Option<LabelName>,
    /// Which say this.
    pub query: Option<Query>,
}

/// Looks up what `owner` has of it, and the categories it comes to. `None`: nothing can be like that, because there is no such tag.
pub(crate) async fn look_up(
    tx: &mut Tx<'_>,
    owner: UserId,
    narrowing: &Narrowing,
) -> Result<Option<(Narrow, Option<BTreeSet<CategoryId>>)>, Error> {
    let Narrowing { category, tag, query } = narrowing;
    let mut categories = None;
    if let Some(category) = category {
        let below: BTreeSet<_> = store::labels::categories::below(tx, owner, *category).await?.into_iter().collect();
        if below.is_empty() {
            return Err(LabelError::NotFound(LabelKind::Category).into());
        }
        categories = Some(below);
    }
    let tag = match tag {
        None => None,
        Some(name) => match store::labels::tags::named(tx, owner, name).await? {
            Some(found) => Some(found.id),
            None => return Ok(None),
        },
    };
    Ok(Some((Narrow { category: *category, tag, query: query.clone() }, categories)))
}
