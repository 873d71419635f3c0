//! Publishing into a room.
//!
//! Whoever publishes holds on to their place in the room until the event is appended: who is taken out, or whose room ends, waits for
//! that, and what comes after finds the place gone. Nobody waits for anybody else's place, so a busy room has one row that all of its
//! publishers wait for, its stream, and that is locked last.

use std::sync::Arc;

use domain::{
    identity::{Caller, Credential, IdentityError},
    rooms::{Deed, MAX_NAME, Publication, RoomError, Target, Wanted},
};
use kernel::{Entropy, EventId, Instant, RoomId, UserId};
use store::{
    Tx, UseCase,
    rooms::{self as rows, members as member_rows, publications},
    streams::Draft,
};

use super::{Settings, begin, event, tell, tell_newcomer};
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

struct Publish {
    user: UserId,
    publication: Publication,
    settings: Settings,
    now: Instant,
    entropy: Arc<dyn Entropy>,
}

impl UseCase for Publish {
    type Out = (Published, Effects);
    type Error = Error;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Self::Out, Error> {
        let mut facts = Vec::new();
        let room = match &self.publication.target {
            Target::Id(id) => *id,
            Target::Key(key) => self.keyed(tx, key, &mut facts).await?,
        };
        let is_new = !facts.is_empty();
        member_rows::hold(tx, room, self.user).await?.ok_or(RoomError::NotFound)?.may(Deed::Publish)?;
        let Publication { kind, data, publisher, dedupe_key, .. } = &self.publication;
        let myself = self.user.to_string();
        let publisher = publisher.as_deref().unwrap_or(&myself);
        let id = EventId::mint(self.now, &*self.entropy);
        if let Some(key) = dedupe_key {
            let hash = hash(&[kind, publisher, data]);
            if let Some(known) = publications::claim(tx, (room, key), id, &hash, self.now).await? {
                if known.hash != hash {
                    return Err(RoomError::DedupeKeyTaken.into());
                }
                return Ok((Published { room, event: known.event, duplicate: true }, Effects::default()));
            }
        }
        facts.push(event::published((room, id), kind.clone(), publisher, data.clone()));
        let mut effects = Effects::default();
        if is_new {
            tell_newcomer(tx, &mut effects, facts, (room, self.user), self.now).await?;
        } else {
            tell(tx, &mut effects, facts, (room, self.user), self.now).await?;
        }
        Ok((Published { room, event: id, duplicate: false }, effects))
    }
}

impl Publish {
    /// The room that the user's programs call `key`; made, with the user as its owner, if there is none.
    async fn keyed(&self, tx: &mut Tx<'_>, key: &str, facts: &mut Vec<Draft>) -> Result<RoomId, Error> {
        if let Some(id) = rows::by_key(tx, self.user, key).await? {
            return Ok(id);
        }
        // Locked, so that two who are the first make one room.
        store::identity::users::lock(tx, self.user).await?.ok_or(IdentityError::Unauthenticated)?;
        if let Some(id) = rows::by_key(tx, self.user, key).await? {
            return Ok(id);
        }
        let name = key.chars().take(MAX_NAME).collect();
        let (room, begun) = begin(tx, self.user, name, self.settings, (self.now, &*self.entropy)).await?;
        rows::set_key(tx, room.id, (self.user, key)).await?;
        facts.extend(begun);
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
    let publication = wanted.check(speaks_for_others)?;
    let case = Publish { user: caller.user, publication, settings: app.rooms(), now: app.now(), entropy: app.entropy() };
    app.commit_once(case, once, render).await
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
