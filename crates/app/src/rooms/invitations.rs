//! Links that let people into a room: made, listed and revoked by owners, accepted by whoever has one.

use std::{fmt, sync::Arc};

use domain::{
    identity::{Caller, IdentityError},
    rooms::{Deed, INVITATION_LIFETIME, Invitation, RoomError, Standing},
};
use kernel::{Entropy, Instant, InvitationId, RoomId, UserId};
use store::{
    Tx, UseCase,
    rooms::{self as room_rows, Entered, invitations as rows, members as member_rows},
};

use super::{Settings, enter, event, has_place, look, tell_newcomer};
use crate::{
    Answer, App, Effects, Error, Once,
    identity::{Opaque, sha256},
    once::Render,
};

/// An invitation that was just made.
#[derive(Clone)]
pub struct NewInvitation {
    /// The invitation.
    pub invitation: Invitation,
    /// Its secret, shown this once.
    pub secret: String,
}

impl fmt::Debug for NewInvitation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NewInvitation").field("invitation", &self.invitation).finish_non_exhaustive()
    }
}

struct Invite {
    user: UserId,
    new: NewInvitation,
    settings: Settings,
}

impl UseCase for Invite {
    type Out = (NewInvitation, Effects);
    type Error = Error;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Self::Out, Error> {
        let NewInvitation { invitation, secret } = &self.new;
        enter(tx, self.user, invitation.room, Deed::Manage).await?;
        let most = self.settings.invitations_per_room;
        if rows::count(tx, invitation.room, invitation.created_at).await? >= i64::from(most) {
            return Err(RoomError::TooManyInvitations { most }.into());
        }
        rows::insert(tx, invitation, &sha256(secret.as_bytes())).await?;
        Ok((self.new.clone(), Effects::default()))
    }
}

/// Makes an invitation into a room of which the caller is an owner. The answer carries its secret, so it is kept sealed.
pub async fn invite(
    app: &App,
    caller: &Caller,
    (room, standing): (RoomId, Standing),
    once: Option<Once>,
    render: Render<NewInvitation>,
) -> Result<Answer, Error> {
    let (now, entropy) = (app.now(), app.entropy());
    let id = InvitationId::mint(now, &*entropy);
    let invited_by = Some(caller.user);
    let invitation =
        Invitation { id, room, standing, invited_by, accepted: 0, created_at: now, expires_at: now + INVITATION_LIFETIME };
    let new = NewInvitation { invitation, secret: Opaque::Invitation.text(&entropy.bytes32()) };
    let case = Invite { user: caller.user, new, settings: app.rooms() };
    let answer = app.commit_once(case, once.map(Once::sealed), render).await?;
    if !answer.replayed {
        tracing::info!(security = "invitation.created", user_id = %caller.user, room_id = %room, invitation_id = %id);
    }
    Ok(answer)
}

struct List {
    user: UserId,
    room: RoomId,
    now: Instant,
}

impl UseCase for List {
    type Out = Vec<Invitation>;
    type Error = Error;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Self::Out, Error> {
        look(tx, self.user, self.room, Deed::Manage).await?;
        Ok(rows::of(tx, self.room, self.now).await?)
    }
}

/// The invitations into a room of which the caller is an owner that let people in, oldest first: all of them.
pub async fn invitations(app: &App, caller: &Caller, room: RoomId) -> Result<Vec<Invitation>, Error> {
    app.store().read(List { user: caller.user, room, now: app.now() }).await
}

struct Revoke {
    user: UserId,
    room: RoomId,
    id: InvitationId,
}

impl UseCase for Revoke {
    type Out = ();
    type Error = Error;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<(), Error> {
        enter(tx, self.user, self.room, Deed::Manage).await?;
        if rows::delete(tx, self.room, self.id).await? { Ok(()) } else { Err(RoomError::InvitationNotFound.into()) }
    }
}

/// Revokes an invitation into a room of which the caller is an owner: nobody comes in by it any more.
pub async fn revoke(app: &App, caller: &Caller, (room, id): (RoomId, InvitationId)) -> Result<(), Error> {
    app.store().write(Revoke { user: caller.user, room, id }).await?;
    tracing::info!(security = "invitation.revoked", user_id = %caller.user, room_id = %room, invitation_id = %id);
    Ok(())
}

/// What came of accepting an invitation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Joined {
    /// The room, and what the caller is in it.
    pub entered: Entered,
    /// Whether they came in by this; otherwise they were there already, and are what they were.
    pub joined: bool,
}

struct Accept {
    user: UserId,
    hash: [u8; 32],
    settings: Settings,
    now: Instant,
    entropy: Arc<dyn Entropy>,
}

impl Accept {
    /// The invitation, if it is good.
    async fn found(&self, tx: &mut Tx<'_>) -> Result<Invitation, Error> {
        Ok(rows::by_hash(tx, &self.hash, self.now).await?.ok_or(RoomError::InvitationNotFound)?)
    }
}

impl UseCase for Accept {
    type Out = (Joined, Effects);
    type Error = Error;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Self::Out, Error> {
        let (user, now) = (self.user, self.now);
        let Invitation { room: id, .. } = self.found(tx).await?;
        store::identity::users::lock(tx, user).await?.ok_or(IdentityError::Unauthenticated)?;
        let room = room_rows::lock(tx, id).await?.ok_or(RoomError::InvitationNotFound)?;
        // Again, now that nobody can revoke it.
        let invitation = self.found(tx).await?;
        if let Some(entered) = room_rows::find(tx, user, id).await? {
            return Ok((Joined { entered, joined: false }, Effects::default()));
        }
        has_place(tx, user, self.settings).await?;
        let most = self.settings.members_per_room;
        if room.members >= i64::from(most) {
            return Err(RoomError::Full { most }.into());
        }
        member_rows::insert(tx, id, (user, invitation.standing), now).await?;
        rows::accepted(tx, invitation.id).await?;
        let by = (now, &*self.entropy);
        let facts =
            vec![event::member(id, "member.joined", (user, invitation.standing), user, by), event::told(user, id, "joined", by)];
        let mut effects = Effects::default();
        tell_newcomer(tx, &mut effects, facts, (id, user), now).await?;
        Ok((Joined { entered: look(tx, user, id, Deed::Read).await?, joined: true }, effects))
    }
}

/// Takes the caller into the room that the secret of an invitation leads to. The request carries the secret, so nothing of it is kept
/// readable.
pub async fn accept(
    app: &App,
    caller: &Caller,
    secret: &str,
    once: Option<Once>,
    render: Render<Joined>,
) -> Result<Answer, Error> {
    let hash = Opaque::Invitation.hash(secret).ok_or(RoomError::InvitationNotFound)?;
    let case = Accept { user: caller.user, hash, settings: app.rooms(), now: app.now(), entropy: app.entropy() };
    app.commit_once(case, once.map(Once::sealed), render).await
}
