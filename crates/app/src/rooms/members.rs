//! Who is in a room: list, say what somebody is there, take somebody out, leave.

use std::sync::Arc;

use domain::{
    identity::Caller,
    rooms::{Deed, Member, RoomError, Standing, may_go},
};
use kernel::{Cursor, Entropy, Instant, RoomId, UserId};
use store::{
    Tx, UseCase,
    rooms::{members as rows, shares},
};

use super::{enter, event, look, tell};
use crate::{Answer, App, Effects, Error, Once, calendar::Page, once::Render};

struct List {
    user: UserId,
    room: RoomId,
    after: Option<Cursor>,
    limit: u32,
}

impl UseCase for List {
    type Out = Vec<Member>;
    type Error = Error;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Self::Out, Error> {
        look(tx, self.user, self.room, Deed::Read).await?;
        Ok(rows::page(tx, self.room, self.after, self.limit + 1).await?)
    }
}

/// A page of those in a room the caller is in, who has been there for longest first.
pub async fn members(
    app: &App,
    caller: &Caller,
    room: RoomId,
    (after, limit): (Option<Cursor>, u32),
) -> Result<Page<Member>, Error> {
    let items = app.store().read(List { user: caller.user, room, after, limit }).await?;
    Ok(Page::cut(items, limit, |member| Cursor::new(member.joined_at, member.user.uuid())))
}

struct Change {
    user: UserId,
    room: RoomId,
    member: UserId,
    standing: Standing,
    now: Instant,
    entropy: Arc<dyn Entropy>,
}

impl UseCase for Change {
    type Out = (Member, Effects);
    type Error = Error;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Self::Out, Error> {
        enter(tx, self.user, self.room, Deed::Manage).await?;
        let mut member = rows::find(tx, self.room, self.member).await?.ok_or(RoomError::MemberNotFound)?;
        let mut effects = Effects::default();
        if member.standing != self.standing {
            may_go(member.standing, Some(self.standing), rows::owners(tx, self.room).await?)?;
            member.standing = self.standing;
            rows::change(tx, self.room, (self.member, self.standing)).await?;
            if self.standing != Standing::Owner {
                store::rooms::invitations::delete_of(tx, self.room, self.member).await?;
            }
            let by = (self.now, &*self.entropy);
            let facts = vec![
                event::member(self.room, "member.changed", (self.member, self.standing), self.user, by),
                event::told(self.member, self.room, "role", by),
            ];
            tell(tx, &mut effects, facts, (self.room, self.user), self.now).await?;
        }
        Ok((member, effects))
    }
}

/// Says what somebody is in a room of which the caller is an owner.
pub async fn change_member(
    app: &App,
    caller: &Caller,
    (room, member): (RoomId, UserId),
    standing: Standing,
    once: Option<Once>,
    render: Render<Member>,
) -> Result<Answer, Error> {
    let case = Change { user: caller.user, room, member, standing, now: app.now(), entropy: app.entropy() };
    app.commit_once(case, once, render).await
}

struct Remove {
    user: UserId,
    room: RoomId,
    member: UserId,
    now: Instant,
    entropy: Arc<dyn Entropy>,
}

impl UseCase for Remove {
    type Out = ((), Effects);
    type Error = Error;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Self::Out, Error> {
        let itself = self.user == self.member;
        // Everybody may go; to take out somebody else one has to be an owner.
        enter(tx, self.user, self.room, if itself { Deed::Read } else { Deed::Manage }).await?;
        let standing = rows::standing(tx, self.room, self.member).await?.ok_or(RoomError::MemberNotFound)?;
        may_go(standing, None, rows::owners(tx, self.room).await?)?;
        let shared = shares::of_member(tx, self.room, self.member).await?;
        // With the place go the shares: whoever changes one holds both, the place first.
        rows::delete(tx, self.room, self.member).await?;
        shares::delete(tx, self.room, &shared).await?;
        store::rooms::forget_key(tx, self.room, self.member).await?;
        // Nobody comes back by a link of their own.
        store::rooms::invitations::delete_of(tx, self.room, self.member).await?;
        let by = (self.now, &*self.entropy);
        let ended = |schedule| event::unshared((self.room, schedule), self.member, self.user, by);
        let mut facts: Vec<_> = shared.into_iter().map(ended).collect();
        facts.extend([
            event::member_left(self.room, self.member, self.user, by),
            event::told(self.member, self.room, if itself { "left" } else { "removed" }, by),
        ]);
        let mut effects = Effects { left: vec![(self.member, self.room)], ..Effects::default() };
        tell(tx, &mut effects, facts, (self.room, self.user), self.now).await?;
        Ok(((), effects))
    }
}

/// Takes somebody out of a room: the caller an owner, or it is themselves.
pub async fn remove_member(app: &App, caller: &Caller, (room, member): (RoomId, UserId)) -> Result<(), Error> {
    app.commit(Remove { user: caller.user, room, member, now: app.now(), entropy: app.entropy() }).await
}

/// Takes the caller out of a room.
pub async fn leave(app: &App, caller: &Caller, room: RoomId, once: Option<Once>, render: Render<()>) -> Result<Answer, Error> {
    let case = Remove { user: caller.user, room, member: caller.user, now: app.now(), entropy: app.entropy() };
    app.commit_once(case, once, render).await
}
