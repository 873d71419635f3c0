//! # labels: use cases of categories and tags
//!
//! Whoever changes a category or a tag, or which of them something has, locks their owner first: so no two changes together make
//! a circle, and nothing is labelled with what is being deleted.

mod categories;
mod narrow;
mod tags;

use std::collections::{BTreeMap, BTreeSet};

use domain::calendar::{
    CalendarError, RecurrenceSet,
    labels::{Category, LabelError, LabelKind, LabelName, Labels, Tag},
};
use kernel::{CategoryId, Entropy, EventId, FieldError, Instant, StreamId, TagId, UserId};
use store::{StoreError, Tx, labels as rows, streams::Draft};

use super::{Expected, update::Unfit};
use crate::Error;

pub use categories::{Placed, categories, category, change_category, create_category, delete_category};
pub use narrow::Narrowing;
pub(crate) use narrow::look_up;
pub use store::labels::tags::{Counted, Uses};
pub use tags::{change_tag, create_tag, delete_tag, merge_tags, tag, tags};

/// Begins a change of what `owner` labels things with: one at a time.
pub(super) async fn lock(tx: &mut Tx<'_>, owner: UserId) -> Result<(), Error> {
    store::identity::users::lock(tx, owner).await?.ok_or(CalendarError::NotFound)?;
    Ok(())
}

/// Sees to it that what `labels` names is there, beyond what was `present`: a category is the owner's, a tag that does not exist is
/// made. Names are spelled as they are kept from then on. The owner is locked; `invalid` is how what has the labels is refused.
/// Answers what there is to tell of it: streams are locked last, so it is appended together with what happens to what has them.
pub(crate) async fn provide<E: Into<Error>>(
    tx: &mut Tx<'_>,
    owner: UserId,
    (labels, present): (&mut Labels, &Labels),
    invalid: fn(Vec<FieldError>) -> E,
    by: By<'_>,
) -> Result<Vec<Draft>, Error> {
    if let Some(category) = labels.category.filter(|category| Some(*category) != present.category)
        && !rows::categories::holds(tx, owner, category).await?
    {
        return Err(invalid(vec![FieldError::new("/category_id", "there is no such category")]).into());
    }
    let mut facts = Vec::new();
    for name in &mut labels.tags {
        *name = match present.tags.iter().find(|known| *known == name) {
            Some(known) => known.clone(),
            None => provide_tag(tx, owner, name, by, &mut facts).await?,
        };
    }
    Ok(facts)
}

/// The name of a tag as it is kept; the tag is made if it does not exist.
async fn provide_tag(
    tx: &mut Tx<'_>,
    owner: UserId,
    name: &LabelName,
    (now, entropy): By<'_>,
    facts: &mut Vec<Draft>,
) -> Result<LabelName, Error> {
    if let Some(tag) = rows::tags::named(tx, owner, name).await? {
        return Ok(tag.name);
    }
    let name = name.clone();
    let tag = Tag { id: TagId::mint(now, entropy), owner, name, colour: None, version: 1, created_at: now, updated_at: now };
    tags::insert(tx, &tag).await?;
    facts.push(tag_fact(&tag, "created", (now, entropy)));
    Ok(tag.name)
}

/// What the categories of schedules are called.
pub(super) async fn category_names<'a>(
    tx: &mut Tx<'_>,
    sets: impl IntoIterator<Item = &'a RecurrenceSet>,
) -> Result<BTreeMap<CategoryId, LabelName>, StoreError> {
    let ids: BTreeSet<CategoryId> = sets.into_iter().filter_map(|set| set.schedule.labels.category).collect();
    let names = rows::categories::names(tx, &Vec::from_iter(ids)).await?;
    Ok(names.into_iter().map(|(id, name)| (id, LabelName::kept(name))).collect())
}

/// Refuses one more than there may be.
fn has_room(kind: LabelKind, present: usize, most: usize) -> Result<(), LabelError> {
    if present < most { Ok(()) } else { Err(LabelError::TooMany(kind)) }
}

/// Refuses if another version is meant than `current`; `needed` refuses also who did not say.
fn check(expected: Expected, kind: LabelKind, current: i64, needed: bool) -> Result<(), LabelError> {
    expected.fits(current, needed).map_err(|unfit| match unfit {
        Unfit::Unsaid => LabelError::VersionRequired(kind),
        Unfit::Other => LabelError::VersionMismatch { kind, current },
    })
}

/// When something is done, and where ids come from.
type By<'a> = (Instant, &'a dyn Entropy);

/// `tag.changed`: id, version and what happened, no name.
fn tag_fact(tag: &Tag, change: &str, (now, entropy): By<'_>) -> Draft {
    let data = format!(r#"{{"tag_id":"{}","version":{},"change":"{change}"}}"#, tag.id, tag.version);
    Draft { stream: StreamId::from(tag.owner), id: EventId::mint(now, entropy), kind: "tag.changed".into(), data }
}

/// `category.changed`: id, version and what happened, no name.
fn category_fact(category: &Category, change: &str, (now, entropy): By<'_>) -> Draft {
    let data = format!(r#"{{"category_id":"{}","version":{},"change":"{change}"}}"#, category.id, category.version);
    Draft { stream: StreamId::from(category.owner), id: EventId::mint(now, entropy), kind: "category.changed".into(), data }
}
