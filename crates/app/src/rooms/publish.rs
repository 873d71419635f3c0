//! Publishing into a room.
//!
//! Whoever publishes holds on to their place in the room until the event is appended: who is taken out, or whose room ends, waits for
//! that, and what comes after finds the place gone. Nobody waits for anybody else's place, so a busy room has one row that all of its
//! publishers wait for, its stream, and that is locked last. Those who wait for it at the same time go through it [together](crowd).

use std::{collections::HashMap, sync::Arc};

use domain::{
    identity::{Caller, Credential, IdentityError},
    rooms::{Deed, MAX_NAME, Publication, RoomError, Target, Wanted},
};
use kernel::{Entropy, EventId, Instant, Position, RoomId, UserId};
use store::{
    StoreError, Tx, UseCase,
    rooms::{
        self as rows, members as member_rows,
        publications::{self, Claim},
        reads as read_rows,
    },
    streams::Draft,
};

use super::{By, Settings, begin, crowd, event};
use crate::{Answer, App, Effects, Error, Once, identity::sha256, once::Render};

/// What came of publishing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Published {
    /// Into which room.
    pub room: RoomId,
    /// The event.
    pub event: EventId,
    /// Whether it had been published before: nothing happened this time.
    pub duplicate: bool,
}

/// What somebody publishes.
pub(super) struct Piece {
    pub(super) user: UserId,
    pub(super) publication: Publication,
}

impl Piece {
    /// Whom it is from, as its readers are told.
    fn publisher(&self) -> String {
        self.publication.publisher.clone().unwrap_or_else(|| self.user.to_string())
    }

    /// Tells what is published from something else under the same key.
    fn hash(&self) -> [u8; 32] {
        hash(&[&self.publication.kind, &self.publisher(), &self.publication.data])
    }
}

/// Publishes all that may be of `pieces`, in their order; what came of each.
pub(super) async fn append(
    tx: &mut Tx<'_>,
    effects: &mut Effects,
    room: RoomId,
    pieces: &[Piece],
    (now, entropy): By<'_>,
) -> Result<Vec<Result<Published, RoomError>>, StoreError> {
    let users: Vec<UserId> = pieces.iter().map(|piece| piece.user).collect();
    let standings: HashMap<UserId, _> = member_rows::hold(tx, room, &users).await?.into_iter().collect();
    let mut fates: Vec<Result<Published, RoomError>> = Vec::with_capacity(pieces.len());
    for piece in pieces {
        let may = standings.get(&piece.user).ok_or(RoomError::NotFound).and_then(|standing| standing.may(Deed::Publish));
        fates.push(may.map(|()| Published { room, event: EventId::mint(now, entropy), duplicate: false }));
    }
    claim(tx, room, pieces, &mut fates, now).await?;
    let mut said: Vec<(UserId, Draft)> = Vec::new();
    for (piece, fate) in pieces.iter().zip(&fates) {
        if let Ok(Published { event: id, duplicate: false, .. }) = fate {
            let Publication { kind, data, .. } = &piece.publication;
            said.push((piece.user, event::published((room, *id), kind.clone(), &piece.publisher(), data.clone())));
        }
    }
    let (authors, facts): (Vec<UserId>, Vec<Draft>) = said.into_iter().unzip();
    let before = effects.events.len();
    effects.append(tx, facts, now).await?;
    // Who knew everything knows what they said themselves. That can only be the first of these, until somebody else says something.
    let told = effects.events[before..].iter().map(|event| event.position).zip(&authors);
    let mut own = told.take_while(|(_, author)| **author == authors[0]).map(|(position, _)| position);
    if let Some(first) = own.next() {
        let known = Position { seq: first.seq - 1, ..first };
        read_rows::follow(tx, room, authors[0], (known, own.last().unwrap_or(first))).await?;
    }
    Ok(fates)
}

/// Takes the keys of what may be published; what is under one already is not published again.
async fn claim(
    tx: &mut Tx<'_>,
    room: RoomId,
    pieces: &[Piece],
    fates: &mut [Result<Published, RoomError>],
    now: Instant,
) -> Result<(), StoreError> {
    let mut claims = Vec::new();
    let mut claimed = Vec::new();
    for (piece, fate) in pieces.iter().zip(fates) {
        if let (Some(key), Ok(published)) = (&piece.publication.dedupe_key, &*fate) {
            claims.push(Claim { key, event: published.event, hash: piece.hash() });
            claimed.push(fate);
        }
    }
    let known = publications::claim(tx, room, &claims, now).await?;
    for ((claim, known), fate) in claims.iter().zip(known).zip(claimed) {
        if known.hash != claim.hash {
            *fate = Err(RoomError::DedupeKeyTaken);
        } else if known.event != claim.event {
            *fate = Ok(Published { room, event: known.event, duplicate: true });
        }
    }
    Ok(())
}

/// One alone: into a room that may have to be made, or with an answer that is kept.
struct Publish {
    piece: Piece,
    settings: Settings,
    now: Instant,
    entropy: Arc<dyn Entropy>,
}

impl UseCase for Publish {
    type Out = (Published, Effects);
    type Error = Error;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Self::Out, Error> {
        let mut effects = Effects::default();
        let room = match &self.piece.publication.target {
            Target::Id(id) => *id,
            Target::Key(key) => self.keyed(tx, key, &mut effects).await?,
        };
        let mut fates = append(tx, &mut effects, room, std::slice::from_ref(&self.piece), (self.now, &*self.entropy)).await?;
        let published = fates.pop().ok_or_else(|| StoreError::Bug("nothing came of a publication".to_owned()))??;
        Ok((published, effects))
    }
}

impl Publish {
    /// The room that the user's programs call `key`; made, with the user as its owner, if there is none.
    async fn keyed(&self, tx: &mut Tx<'_>, key: &str, effects: &mut Effects) -> Result<RoomId, Error> {
        let user = self.piece.user;
        if let Some(id) = rows::by_key(tx, user, key).await? {
            return Ok(id);
        }
        // Locked, so that two who are the first make one room.
        store::identity::users::lock(tx, user).await?.ok_or(IdentityError::Unauthenticated)?;
        if let Some(id) = rows::by_key(tx, user, key).await? {
            return Ok(id);
        }
        let name = key.chars().take(MAX_NAME).collect();
        let (room, begun) = begin(tx, user, name, self.settings, (self.now, &*self.entropy)).await?;
        rows::set_key(tx, room.id, (user, key)).await?;
        super::tell_newcomer(tx, effects, begun.into(), (room.id, user), self.now).await?;
        Ok(room.id)
    }
}

/// SHA-256 over the parts, each behind its length.
fn hash(parts: &[&str]) -> [u8; 32] {
    let mut bytes = Vec::with_capacity(parts.iter().map(|part| part.len() + 8).sum());
    for part in parts {
        bytes.extend_from_slice(&(part.len() as u64).to_be_bytes());
        bytes.extend_from_slice(part.as_bytes());
    }
    sha256(&bytes)
}

/// Publishes into a room in which the caller is a member or an owner. The same under the same key again is answered with the event that is
/// there; something else under it is refused.
pub async fn publish(
    app: &App,
    caller: &Caller,
    wanted: Wanted,
    once: Option<Once>,
    render: Render<Published>,
) -> Result<Answer, Error> {
    let speaks_for_others = matches!(caller.credential, Credential::Key { .. });
    let publication = wanted.check(caller.user, speaks_for_others)?;
    let piece = Piece { user: caller.user, publication };
    // An answer that is to be kept is kept in the transaction of its one request.
    if once.is_none()
        && let Some(room) = known(app, &piece).await?
    {
        let published = crowd::publish(app, room, piece).await?;
        return Ok(Answer { rendered: render(&published), replayed: false });
    }
    let case = Publish { piece, settings: app.rooms(), now: app.now(), entropy: app.entropy() };
    app.commit_once(case, once, render).await
}

/// The room that is meant, if it is there already.
async fn known(app: &App, piece: &Piece) -> Result<Option<RoomId>, Error> {
    struct Find(UserId, String);

    impl UseCase for Find {
        type Out = Option<RoomId>;
        type Error = StoreError;

        async fn run(&self, tx: &mut Tx<'_>) -> Result<Option<RoomId>, StoreError> {
            rows::by_key(tx, self.0, &self.1).await
        }
    }

    match &piece.publication.target {
        Target::Id(id) => Ok(Some(*id)),
        Target::Key(key) => Ok(app.store().read(Find(piece.user, key.clone())).await?),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_moves_from_one_part_into_the_next() {
        assert_ne!(hash(&["ab", "c"]), hash(&["a", "bc"]));
        assert_eq!(hash(&["ab", "c"]), hash(&["ab", "c"]));
    }
}
