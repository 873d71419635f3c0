//! # labels: use cases of categories and tags
//!
//! Whoever changes a category or a tag, or which of them a schedule has, locks their owner first: so no two changes together make
//! a circle, and nothing is labelled with what is being deleted.

mod categories;
mod tags;

use domain::calendar::{
    CalendarError,
    labels::{LabelError, LabelKind, LabelName, Labels, Tag},
};
use kernel::{Entropy, EventId, Instant, StreamId, TagId, UserId};
use store::{Tx, labels as rows, streams::Draft};

use super::{Expected, tell};
use crate::{Effects, Error};

pub use categories::{Placed, categories, category, change_category, create_category, delete_category};
pub use tags::{change_tag, create_tag, delete_tag, merge_tags, tag, tags};

/// Begins a change of what `owner` labels things with: one at a time.
pub(super) async fn lock(tx: &mut Tx<'_>, owner: UserId) -> Result<(), Error> {
    store::identity::users::lock(tx, owner).await?.ok_or(CalendarError::NotFound)?;
    Ok(())
}

/// Sees to it that what `labels` names is there, beyond what was `present`: a category is the owner's, a tag that does not exist is
/// made. Names are spelled as they are kept from then on. The owner is locked. Answers what there is to tell of it: streams are
/// locked last, so it is appended together with what happens to the schedule.
pub(super) async fn provide(
    tx: &mut Tx<'_>,
    owner: UserId,
    (labels, present): (&mut Labels, &Labels),
    by: (Instant, &dyn Entropy),
) -> Result<Vec<Draft>, Error> {
    if let Some(category) = labels.category.filter(|category| Some(*category) != present.category)
        && !rows::categories::holds(tx, owner, category).await?
    {
        return Err(CalendarError::field("/category_id", "there is no such category").into());
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
    (now, entropy): (Instant, &dyn Entropy),
    facts: &mut Vec<Draft>,
) -> Result<LabelName, Error> {
    if let Some(tag) = rows::tags::named(tx, owner, name).await? {
        return Ok(tag.name);
    }
    let name = name.clone();
    let tag = Tag { id: TagId::mint(now, entropy), owner, name, colour: None, version: 1, created_at: now, updated_at: now };
    tags::insert(tx, &tag).await?;
    facts.push(Fact::tag(&tag, "created").draft(owner, (now, entropy)));
    Ok(tag.name)
}

/// Refuses one more than there may be.
fn has_room(kind: LabelKind, present: usize, most: usize) -> Result<(), LabelError> {
    if present < most { Ok(()) } else { Err(LabelError::TooMany(kind)) }
}

/// Refuses if another version is meant than `current`; `needed` refuses also who did not say.
fn check(expected: Expected, kind: LabelKind, current: i64, needed: bool) -> Result<(), LabelError> {
    match expected {
        Expected::Unsaid if needed => Err(LabelError::VersionRequired(kind)),
        Expected::Version(version) if version != current => Err(LabelError::VersionMismatch { kind, current }),
        _ => Ok(()),
    }
}

/// What happened to a label, as its event says it.
struct Fact {
    kind: &'static str,
    data: String,
}

impl Fact {
    fn tag(tag: &Tag, change: &str) -> Self {
        let data = format!(r#"{{"tag_id":"{}","version":{},"change":"{change}"}}"#, tag.id, tag.version);
        Self { kind: "tag.changed", data }
    }

    fn category(category: &domain::calendar::labels::Category, change: &str) -> Self {
        let data = format!(r#"{{"category_id":"{}","version":{},"change":"{change}"}}"#, category.id, category.version);
        Self { kind: "category.changed", data }
    }

    fn draft(self, owner: UserId, (now, entropy): (Instant, &dyn Entropy)) -> Draft {
        Draft { stream: StreamId::from(owner), id: EventId::mint(now, entropy), kind: self.kind, data: self.data }
    }
}

/// Appends what happened to the owner's stream, where schedules have a new version for it: so have feeds.
async fn announce_touched(
    tx: &mut Tx<'_>,
    owner: UserId,
    facts: Vec<Fact>,
    by: (Instant, &dyn Entropy),
    effects: &mut Effects,
) -> Result<(), Error> {
    let drafts = facts.into_iter().map(|fact| fact.draft(owner, by)).collect();
    Ok(tell(tx, (owner, by.0), drafts, effects).await?)
}

/// Appends what happened to the owner's stream: ids and versions, no names.
async fn announce(
    tx: &mut Tx<'_>,
    owner: UserId,
    facts: Vec<Fact>,
    by: (Instant, &dyn Entropy),
    effects: &mut Effects,
) -> Result<(), Error> {
    let drafts = facts.into_iter().map(|fact| fact.draft(owner, by)).collect();
    effects.events.extend(store::streams::append(tx, drafts, by.0).await?);
    Ok(())
}
