//! Telling those whom a comment names: in their inbox, in the transaction of the comment, each once per comment.

use std::collections::{BTreeMap, BTreeSet};

use domain::{
    notify::{Notification, mention_words},
    rooms::{Author, Comment, Deed, MENTIONS, RoomError, Standing},
};
use kernel::{FieldError, NotificationId, RoomId, UserId};
use serde_json::json;
use store::{
    Tx,
    identity::users,
    notify::deliver::Draft,
    rooms::{comments as rows, members as member_rows},
    streams,
};

use super::{By, look, pace};
use crate::{Error, notify};

/// What such notifications are about.
const KIND: &str = "mention";

/// Those whose places in a room are held while something is said there: nobody is told of a room they have just left.
pub(super) struct Held(BTreeMap<UserId, Standing>);

impl Held {
    /// Whoever says it, and all whom they name who are there. At once, and so in the order in which all who hold several do.
    pub(super) async fn of(tx: &mut Tx<'_>, room: RoomId, user: UserId, named: &[UserId]) -> Result<Self, Error> {
        let all: BTreeSet<UserId> = named.iter().copied().chain([user]).collect();
        let held = member_rows::hold(tx, room, &all.into_iter().collect::<Vec<_>>()).await?;
        Ok(Self(held.into_iter().collect()))
    }

    /// What somebody is in the room.
    pub(super) fn standing(&self, user: UserId) -> Result<Standing, RoomError> {
        self.0.get(&user).copied().ok_or(RoomError::NotFound)
    }

    /// Refuses to name anybody who is not in the room.
    pub(super) fn may_name(&self, named: &[UserId]) -> Result<(), RoomError> {
        if named.iter().all(|user| self.0.contains_key(user)) {
            return Ok(());
        }
        Err(RoomError::Invalid(vec![FieldError::new("/mentions", "name people who are in the room")]))
    }
}

/// Keeps whom a comment names and writes to the inboxes of those it never named before, but not to its author's. Answers what is to be told
/// on their streams.
pub(super) async fn tell_named(
    tx: &mut Tx<'_>,
    comment: &Comment,
    author: &Author,
    (now, entropy): By<'_>,
) -> Result<Vec<streams::Draft>, Error> {
    let mut fresh = rows::mention(tx, comment.id, &comment.mentions).await?;
    fresh.retain(|user| *user != author.id);
    if fresh.is_empty() {
        return Ok(Vec::new());
    }
    pace::count(tx, ("mentions", &MENTIONS), (comment.room, author.id), fresh.len(), now).await?;
    let room = look(tx, author.id, comment.room, Deed::Read).await?.room.name;
    let mut drafts = Vec::new();
    for user in fresh {
        let Some(whom) = users::find(tx, user).await? else { continue };
        let (title, body) = mention_words(whom.locale.as_str(), &author.name, &room, &comment.text);
        let data = json!({ "room_id": comment.room, "comment_id": comment.id, "author_id": author.id }).to_string();
        let id = NotificationId::mint(now, entropy);
        let notification = Notification { id, user, kind: KIND.to_owned(), title, body, data, created_at: now, read_at: None };
        // The comment names the fact.
        drafts.push(Draft { key: comment.id.uuid(), notification });
    }
    notify::deliver(tx, &drafts, now, entropy).await
}
