//! # rooms: use cases of rooms, of who is in them, and of how people come in
//!
//! Whoever changes a room, or who is in it, locks the room and reads then what the caller is there: so what two decide at the same
//! moment is decided one after the other, and nobody acts on a standing they have just lost. Who comes into a room is locked before it.
//! Whoever only adds to what happens there holds on to their place in it until that is appended: who is taken out, or whose room ends,
//! waits for it, and nobody waits for anybody else's place.

mod comments;
mod crowd;
mod event;
mod history;
mod invitations;
mod manage;
mod members;
mod mention;
mod pace;
mod presence;
mod publish;
mod reactions;
mod reads;
mod shares;

use domain::rooms::{Deed, Room, RoomError, Standing};
use kernel::{Entropy, Instant, Position, RoomId, StreamId, UserId};
use store::{
    StoreError, Tx,
    rooms::{self as rows, members as member_rows, reads as read_rows},
    streams::Draft,
};

use crate::{Effects, Error};

pub use comments::{Noted, comment, comments, delete_comment, edit_comment};
pub(crate) use crowd::Crowds;
pub(crate) use history::admit;
pub use history::{History, attach, events};
pub use invitations::{Joined, NewInvitation, accept, invitations, invite, revoke};
pub use manage::{create, delete, get, list, rename};
pub use members::{change_member, leave, members, remove_member};
pub(crate) use presence::Desk;
pub use presence::{Company, LEASE, NAMED_MAX, Present, beat, company, keep_presence, watch_presence};
pub use publish::{Published, publish};
pub use reactions::{react, reactions, take_back};
pub use reads::{Marked, Unread, mark, unread};
pub(crate) use shares::{Became, extend, facts, told};
pub use shares::{end_share, share, shares};
pub use store::rooms::Entered;

/// What an operator may choose.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Settings {
    /// Rooms one person may be in.
    pub rooms_per_user: u32,
    /// People who may be in one room.
    pub members_per_room: u32,
    /// Invitations of one room that are good at a time.
    pub invitations_per_room: u32,
}

impl Default for Settings {
    fn default() -> Self {
        Self { rooms_per_user: 200, members_per_room: 1_000, invitations_per_room: 50 }
    }
}

/// When something is done, and where ids come from.
type By<'a> = (Instant, &'a dyn Entropy);

/// Locks a room in which `user` may do `deed`; answers what they are there.
async fn enter(tx: &mut Tx<'_>, user: UserId, id: RoomId, deed: Deed) -> Result<(Room, Standing), Error> {
    let room = rows::lock(tx, id).await?.ok_or(RoomError::NotFound)?;
    let standing = member_rows::standing(tx, id, user).await?.ok_or(RoomError::NotFound)?;
    standing.may(deed)?;
    Ok((room, standing))
}

/// A room in which `user` may do `deed`, to look at.
async fn look(tx: &mut Tx<'_>, user: UserId, id: RoomId, deed: Deed) -> Result<Entered, Error> {
    let entered = rows::find(tx, user, id).await?.ok_or(RoomError::NotFound)?;
    entered.standing.may(deed)?;
    Ok(entered)
}

/// Holds the place of `user` in a room until the transaction ends, so that they cannot be taken out; answers what they are there.
async fn hold(tx: &mut Tx<'_>, user: UserId, id: RoomId) -> Result<Standing, Error> {
    let held = member_rows::hold(tx, id, &[user]).await?.pop();
    Ok(held.map(|(_, standing)| standing).ok_or(RoomError::NotFound)?)
}

/// Appends what happened in a room, done by `user` there; who knew everything before has read it then.
async fn tell(
    tx: &mut Tx<'_>,
    effects: &mut Effects,
    facts: Vec<Draft>,
    (room, user): (RoomId, UserId),
    now: Instant,
) -> Result<(), Error> {
    effects.append(tx, facts, now).await?;
    Ok(follow(tx, effects, (room, user)).await?)
}

/// Who knew everything that was said in a room before `effects` were appended, and did what they tell, has read them.
async fn follow(tx: &mut Tx<'_>, effects: &Effects, (room, user): (RoomId, UserId)) -> Result<(), StoreError> {
    let mut said = effects.events.iter().filter(|event| event.stream == StreamId::from(room)).map(|event| event.position);
    if let Some(first) = said.next() {
        let before = Position { seq: first.seq - 1, ..first };
        read_rows::follow(tx, room, user, (before, said.next_back().unwrap_or(first))).await?;
    }
    Ok(())
}

/// As [`tell`], of somebody who has just come into the room: nothing of what happened before is new to them.
async fn tell_newcomer(
    tx: &mut Tx<'_>,
    effects: &mut Effects,
    facts: Vec<Draft>,
    (room, user): (RoomId, UserId),
    now: Instant,
) -> Result<(), Error> {
    effects.append(tx, facts, now).await?;
    if let Some(last) = effects.events.iter().rfind(|event| event.stream == StreamId::from(room)) {
        read_rows::put(tx, room, user, last.position).await?;
    }
    Ok(())
}

/// Makes a room that is called `name`, with `user` as its owner, who has been locked; and what there is to tell of it.
async fn begin(
    tx: &mut Tx<'_>,
    user: UserId,
    name: String,
    settings: Settings,
    by: (Instant, &dyn Entropy),
) -> Result<(Room, [Draft; 2]), Error> {
    has_place(tx, user, settings).await?;
    let (now, entropy) = by;
    let room = Room { id: RoomId::mint(now, entropy), name, members: 1, version: 1, created_at: now, updated_at: now };
    rows::insert(tx, &room).await?;
    member_rows::insert(tx, room.id, (user, Standing::Owner), now).await?;
    let facts = [event::room(&room, "room.created", user, by), event::told(user, room.id, "created", by)];
    Ok((room, facts))
}

/// Refuses who is in as many rooms as one may be. They have been locked.
async fn has_place(tx: &mut Tx<'_>, user: UserId, settings: Settings) -> Result<(), Error> {
    let most = settings.rooms_per_user;
    if rows::count(tx, user).await? >= i64::from(most) {
        return Err(RoomError::TooMany { most }.into());
    }
    Ok(())
}
