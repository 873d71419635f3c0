//! Tags: make, list, change, merge, delete.

use std::sync::Arc;

use domain::{
    calendar::labels::{LabelError, LabelKind, MAX_TAGS, Tag, TagChange, TagDraft},
    identity::Caller,
};
use kernel::{Entropy, FieldError, Instant, TagId, UserId};
use store::{
    Tx, UseCase,
    labels::tags::{self as rows, Counted, Uses},
};

use super::{
    super::{Expected, tell},
    check, has_room, lock, tag_fact,
};
use crate::{Answer, App, Effects, Error, Once, once::Render};

const KIND: LabelKind = LabelKind::Tag;

/// Writes a new tag, if there is room for it.
pub(super) async fn insert(tx: &mut Tx<'_>, tag: &Tag) -> Result<(), Error> {
    let present = rows::count(tx, tag.owner).await?;
    has_room(KIND, usize::try_from(present).unwrap_or(usize::MAX), MAX_TAGS)?;
    rows::insert(tx, tag).await?;
    Ok(())
}

/// Refuses a name that another tag has.
async fn is_free(tx: &mut Tx<'_>, tag: &Tag) -> Result<(), Error> {
    match rows::named(tx, tag.owner, &tag.name).await?.filter(|other| other.id != tag.id) {
        Some(other) => Err(LabelError::NameTaken { kind: KIND, by: other.id.to_string() }.into()),
        None => Ok(()),
    }
}

async fn present(tx: &mut Tx<'_>, owner: UserId, id: TagId) -> Result<Counted, Error> {
    Ok(rows::find(tx, owner, id).await?.ok_or(LabelError::NotFound(KIND))?)
}

struct Create {
    owner: UserId,
    draft: TagDraft,
    now: Instant,
    entropy: Arc<dyn Entropy>,
}

impl UseCase for Create {
    type Out = (Counted, Effects);
    type Error = Error;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Self::Out, Error> {
        lock(tx, self.owner).await?;
        let (name, colour) = self.draft.check()?;
        let (owner, now) = (self.owner, self.now);
        let id = TagId::mint(now, &*self.entropy);
        let tag = Tag { id, owner, name, colour, version: 1, created_at: now, updated_at: now };
        is_free(tx, &tag).await?;
        insert(tx, &tag).await?;
        let mut effects = Effects::default();
        effects.append(tx, vec![tag_fact(&tag, "created", (now, &*self.entropy))], now).await?;
        Ok(((tag, Uses::default()), effects))
    }
}

/// Makes a tag.
pub async fn create_tag(
    app: &App,
    caller: &Caller,
    draft: TagDraft,
    once: Option<Once>,
    render: Render<Counted>,
) -> Result<Answer, Error> {
    let case = Create { owner: caller.user, draft, now: app.now(), entropy: app.entropy() };
    app.commit_once(case, once, render).await
}

struct Change {
    owner: UserId,
    id: TagId,
    wish: TagChange,
    expected: Expected,
    now: Instant,
    entropy: Arc<dyn Entropy>,
}

impl UseCase for Change {
    type Out = (Counted, Effects);
    type Error = Error;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Self::Out, Error> {
        lock(tx, self.owner).await?;
        let (mut tag, count) = present(tx, self.owner, self.id).await?;
        check(self.expected, KIND, tag.version, true)?;
        let before = tag.name.as_str().to_owned();
        let mut effects = Effects::default();
        if self.wish.apply(&mut tag, self.now)? {
            is_free(tx, &tag).await?;
            rows::update(tx, &tag).await?;
            let facts = vec![tag_fact(&tag, "updated", (self.now, &*self.entropy))];
            if tag.name.as_str() == before {
                effects.append(tx, facts, self.now).await?;
            } else {
                rows::touch(tx, self.owner, self.id, self.now).await?;
                tell(tx, (self.owner, self.now, &*self.entropy), facts, &mut effects).await?;
            }
        }
        Ok(((tag, count), effects))
    }
}

/// Renames or recolours a tag of the caller. The tasks and schedules that have it show the new name, in a new version.
pub async fn change_tag(
    app: &App,
    caller: &Caller,
    (id, expected): (TagId, Expected),
    change: TagChange,
    once: Option<Once>,
    render: Render<Counted>,
) -> Result<Answer, Error> {
    let case = Change { owner: caller.user, id, wish: change, expected, now: app.now(), entropy: app.entropy() };
    app.commit_once(case, once, render).await
}

struct Merge {
    owner: UserId,
    from: TagId,
    into: TagId,
    now: Instant,
    entropy: Arc<dyn Entropy>,
}

impl UseCase for Merge {
    type Out = (Counted, Effects);
    type Error = Error;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Self::Out, Error> {
        lock(tx, self.owner).await?;
        if self.from == self.into {
            return Err(LabelError::Invalid(KIND, vec![FieldError::new("/into", "name another tag than this one")]).into());
        }
        let (mut from, _) = present(tx, self.owner, self.from).await?;
        let (mut into, _) = present(tx, self.owner, self.into).await?;
        rows::touch(tx, self.owner, self.from, self.now).await?;
        rows::merge(tx, self.owner, self.from, self.into).await?;
        from.version += 1;
        into.version += 1;
        into.updated_at = self.now;
        rows::update(tx, &into).await?;
        let by = (self.now, &*self.entropy);
        let facts = vec![tag_fact(&from, "deleted", by), tag_fact(&into, "updated", by)];
        let mut effects = Effects::default();
        tell(tx, (self.owner, self.now, &*self.entropy), facts, &mut effects).await?;
        Ok((present(tx, self.owner, self.into).await?, effects))
    }
}

/// Makes two tags of the caller one: what has the first has the second from then on, and the first is no more.
pub async fn merge_tags(
    app: &App,
    caller: &Caller,
    (from, into): (TagId, TagId),
    once: Option<Once>,
    render: Render<Counted>,
) -> Result<Answer, Error> {
    let case = Merge { owner: caller.user, from, into, now: app.now(), entropy: app.entropy() };
    app.commit_once(case, once, render).await
}

struct Delete {
    owner: UserId,
    id: TagId,
    expected: Expected,
    now: Instant,
    entropy: Arc<dyn Entropy>,
}

impl UseCase for Delete {
    type Out = ((), Effects);
    type Error = Error;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Self::Out, Error> {
        lock(tx, self.owner).await?;
        let (mut tag, _) = present(tx, self.owner, self.id).await?;
        check(self.expected, KIND, tag.version, false)?;
        rows::touch(tx, self.owner, self.id, self.now).await?;
        rows::delete(tx, self.owner, self.id).await?;
        tag.version += 1;
        let mut effects = Effects::default();
        let facts = vec![tag_fact(&tag, "deleted", (self.now, &*self.entropy))];
        tell(tx, (self.owner, self.now, &*self.entropy), facts, &mut effects).await?;
        Ok(((), effects))
    }
}

/// Deletes a tag of the caller, for good; tasks and schedules lose it.
pub async fn delete_tag(app: &App, caller: &Caller, id: TagId, expected: Expected) -> Result<(), Error> {
    app.commit(Delete { owner: caller.user, id, expected, now: app.now(), entropy: app.entropy() }).await
}

struct All(UserId);

impl UseCase for All {
    type Out = Vec<Counted>;
    type Error = Error;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Self::Out, Error> {
        Ok(rows::all(tx, self.0).await?)
    }
}

/// All tags of the caller, by name, each with how much has it.
pub async fn tags(app: &App, caller: &Caller) -> Result<Vec<Counted>, Error> {
    let mut tags = app.store().read(All(caller.user)).await?;
    tags.sort_by(|(a, _), (b, _)| a.name.cmp(&b.name));
    Ok(tags)
}

struct One(UserId, TagId);

impl UseCase for One {
    type Out = Counted;
    type Error = Error;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Self::Out, Error> {
        present(tx, self.0, self.1).await
    }
}

/// One tag of the caller.
pub async fn tag(app: &App, caller: &Caller, id: TagId) -> Result<Counted, Error> {
    app.store().read(One(caller.user, id)).await
}
