//! Reactions: give, take back, read.

use std::sync::Arc;

use domain::{
    identity::Caller,
    rooms::{About, Deed, Reaction, RoomError, are_few, emoji},
};
use kernel::{Entropy, Instant, RoomId, UserId};
use store::{
    Tx, UseCase,
    rooms::{items, reactions as rows},
};

use super::{event, hold, look, tell};
use crate::{App, Effects, Error};

struct React {
    user: UserId,
    room: RoomId,
    about: About,
    emoji: String,
    /// Given, or else taken back.
    given: bool,
    now: Instant,
    entropy: Arc<dyn Entropy>,
}

impl UseCase for React {
    type Out = (Vec<Reaction>, Effects);
    type Error = Error;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Self::Out, Error> {
        let (user, room, about) = (self.user, self.room, self.about);
        // Whoever may say nothing more may still take back what they said.
        hold(tx, user, room).await?.may(if self.given { Deed::Publish } else { Deed::Read })?;
        let (here, by_whom) = ((room, about), (user, self.emoji.as_str()));
        let changed = if self.given {
            if !items::lock(tx, room, about).await? {
                return Err(RoomError::NothingThere.into());
            }
            let is_new = rows::put(tx, here, by_whom, self.now).await?;
            if is_new {
                are_few(rows::kinds(tx, here, user).await?)?;
            }
            is_new
        } else {
            // Also of what is no more: nothing is there then.
            rows::delete(tx, here, by_whom).await?
        };
        let mut effects = Effects::default();
        if changed {
            let kind = if self.given { "reaction.added" } else { "reaction.removed" };
            let facts = vec![event::reaction(here, kind, by_whom, (self.now, &*self.entropy))];
            tell(tx, &mut effects, facts, (room, user), self.now).await?;
        }
        Ok((rows::of(tx, (room, user), &[about]).await?.remove(&about).unwrap_or_default(), effects))
    }
}

/// Gives something in a room a reaction, for members and owners; again changes nothing. Answers all reactions to it.
pub async fn react(app: &App, caller: &Caller, (room, about): (RoomId, About), sign: &str) -> Result<Vec<Reaction>, Error> {
    change(app, caller, (room, about), (sign, true)).await
}

/// Takes a reaction of the caller back; one they did not give is taken back already. Answers the reactions that are left.
pub async fn take_back(app: &App, caller: &Caller, (room, about): (RoomId, About), sign: &str) -> Result<Vec<Reaction>, Error> {
    change(app, caller, (room, about), (sign, false)).await
}

async fn change(
    app: &App,
    caller: &Caller,
    (room, about): (RoomId, About),
    (sign, given): (&str, bool),
) -> Result<Vec<Reaction>, Error> {
    let emoji = emoji(sign)?;
    app.commit(React { user: caller.user, room, about, emoji, given, now: app.now(), entropy: app.entropy() }).await
}

struct Read {
    user: UserId,
    room: RoomId,
    abouts: Vec<About>,
}

impl UseCase for Read {
    type Out = Vec<(About, Vec<Reaction>)>;
    type Error = Error;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Self::Out, Error> {
        look(tx, self.user, self.room, Deed::Read).await?;
        let mut found = rows::of(tx, (self.room, self.user), &self.abouts).await?;
        Ok(self.abouts.iter().map(|about| (*about, found.remove(about).unwrap_or_default())).collect())
    }
}

/// The reactions to things of a room the caller is in, in the order they were asked for; each thing once.
pub async fn reactions(
    app: &App,
    caller: &Caller,
    (room, abouts): (RoomId, Vec<About>),
) -> Result<Vec<(About, Vec<Reaction>)>, Error> {
    app.store().read(Read { user: caller.user, room, abouts }).await
}
