//! Rooms: make, list, rename, delete.

use std::sync::Arc;

use domain::{
    identity::{Caller, IdentityError},
    rooms::{Deed, RoomError, Standing, name},
};
use kernel::{Cursor, Entropy, Instant, RoomId, UserId};
use store::{
    Tx, UseCase,
    rooms::{self as rows, Entered, members as member_rows},
};

use super::{Settings, begin, enter, event, look, tell, tell_newcomer};
use crate::{
    Answer, App, Effects, Error, Once,
    calendar::{Expected, Page, Unfit},
    once::Render,
};

struct Create {
    user: UserId,
    name: String,
    settings: Settings,
    now: Instant,
    entropy: Arc<dyn Entropy>,
}

impl UseCase for Create {
    type Out = (Entered, Effects);
    type Error = Error;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Self::Out, Error> {
        let (user, now, name) = (self.user, self.now, name(&self.name)?);
        // Locked, so that two requests at once cannot both be the last that fits.
        store::identity::users::lock(tx, user).await?.ok_or(IdentityError::Unauthenticated)?;
        let (room, facts) = begin(tx, user, name, self.settings, (now, &*self.entropy)).await?;
        let mut effects = Effects::default();
        tell_newcomer(tx, &mut effects, facts.into(), (room.id, user), now).await?;
        Ok((Entered { room, standing: Standing::Owner, joined_at: now, unread: 0 }, effects))
    }
}

/// Makes a room of which the caller is the owner.
pub async fn create(
    app: &App,
    caller: &Caller,
    name: String,
    once: Option<Once>,
    render: Render<Entered>,
) -> Result<Answer, Error> {
    let case = Create { user: caller.user, name, settings: app.rooms(), now: app.now(), entropy: app.entropy() };
    app.commit_once(case, once, render).await
}

struct Get(UserId, RoomId);

impl UseCase for Get {
    type Out = Entered;
    type Error = Error;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Entered, Error> {
        look(tx, self.0, self.1, Deed::Read).await
    }
}

/// A room the caller is in.
pub async fn get(app: &App, caller: &Caller, id: RoomId) -> Result<Entered, Error> {
    app.store().read(Get(caller.user, id)).await
}

struct List(UserId, Option<Cursor>, u32);

impl UseCase for List {
    type Out = Vec<Entered>;
    type Error = Error;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Self::Out, Error> {
        Ok(rows::page(tx, self.0, self.1, self.2 + 1).await?)
    }
}

/// A page of the rooms the caller is in, the one they joined last first.
pub async fn list(app: &App, caller: &Caller, before: Option<Cursor>, limit: u32) -> Result<Page<Entered>, Error> {
    let items = app.store().read(List(caller.user, before, limit)).await?;
    Ok(Page::cut(items, limit, |entered| Cursor::new(entered.joined_at, entered.room.id.uuid())))
}

struct Rename {
    user: UserId,
    id: RoomId,
    name: Option<String>,
    expected: Expected,
    now: Instant,
    entropy: Arc<dyn Entropy>,
}

impl UseCase for Rename {
    type Out = (Entered, Effects);
    type Error = Error;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Self::Out, Error> {
        let (mut room, _) = enter(tx, self.user, self.id, Deed::Manage).await?;
        let current = room.version;
        self.expected.fits(current, true).map_err(|unfit| match unfit {
            Unfit::Unsaid => RoomError::VersionRequired,
            Unfit::Other => RoomError::VersionMismatch { current },
        })?;
        let mut effects = Effects::default();
        if let Some(name) = &self.name
            && room.rename(name, self.now)?
        {
            rows::update(tx, &room).await?;
            let facts = vec![event::room(&room, "room.updated", self.user, (self.now, &*self.entropy))];
            tell(tx, &mut effects, facts, (self.id, self.user), self.now).await?;
        }
        Ok((look(tx, self.user, self.id, Deed::Manage).await?, effects))
    }
}

/// Gives a room of which the caller is an owner another name.
pub async fn rename(
    app: &App,
    caller: &Caller,
    (id, expected): (RoomId, Expected),
    name: Option<String>,
    once: Option<Once>,
    render: Render<Entered>,
) -> Result<Answer, Error> {
    let case = Rename { user: caller.user, id, name, expected, now: app.now(), entropy: app.entropy() };
    app.commit_once(case, once, render).await
}

struct Delete {
    user: UserId,
    id: RoomId,
    now: Instant,
    entropy: Arc<dyn Entropy>,
}

impl UseCase for Delete {
    type Out = ((), Effects);
    type Error = Error;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Self::Out, Error> {
        enter(tx, self.user, self.id, Deed::Manage).await?;
        let by = (self.now, &*self.entropy);
        let mut facts = vec![event::room_deleted(self.id, self.user, by)];
        let members = member_rows::users(tx, self.id).await?;
        facts.extend(members.into_iter().map(|member| event::told(member, self.id, "deleted", by)));
        rows::discard(tx, self.id, self.now).await?;
        let mut effects = Effects { ended: vec![self.id], ..Effects::default() };
        effects.append(tx, facts, self.now).await?;
        Ok(((), effects))
    }
}

/// Ends a room of which the caller is an owner, for everybody and for good. What happened in it is forgotten by housekeeping.
pub async fn delete(app: &App, caller: &Caller, id: RoomId) -> Result<(), Error> {
    app.commit(Delete { user: caller.user, id, now: app.now(), entropy: app.entropy() }).await
}
