//! Telling those whom a comment names: in their inbox, in the transaction of the comment, each once per comment.

use std::collections::BTreeMap;

use domain::{
    notify::{Notification, mention_words},
    rooms::{Author, Comment, RoomError},
};
use kernel::{EventId, FieldError, NotificationId, RoomId, StreamId, UserId};
use serde_json::json;
use store::{
    Tx,
    identity::users,
    notify::deliver,
    rooms::{comments as rows, members as member_rows},
    streams,
};

use super::By;
use crate::{Error, notify};

/// What such notifications are about.
const KIND: &str = "mention";

/// Refuses to name anybody who is not in the room, and holds the places of those who are: nobody is told of a room they have just left.
pub(super) async fn hold_named(tx: &mut Tx<'_>, room: RoomId, named: &[UserId]) -> Result<(), Error> {
    if member_rows::hold(tx, room, named).await?.len() < named.len() {
        return Err(RoomError::Invalid(vec![FieldError::new("/mentions", "name people who are in the room")]).into());
    }
    Ok(())
}

/// Keeps whom a comment names and writes to the inboxes of those it never named before, but not to its author's. Answers what is to be told
/// on their streams.
pub(super) async fn tell_named(
    tx: &mut Tx<'_>,
    comment: &Comment,
    (author, room): (&Author, &str),
    (now, entropy): By<'_>,
) -> Result<Vec<streams::Draft>, Error> {
    let fresh = rows::mention(tx, comment.id, &comment.mentions).await?;
    let mut drafts = Vec::new();
    for user in fresh.into_iter().filter(|user| *user != author.id) {
        let Some(whom) = users::find(tx, user).await? else { continue };
        let (title, body) = mention_words(whom.locale.as_str(), &author.name, room, &comment.text);
        let data = json!({ "room_id": comment.room, "comment_id": comment.id, "author_id": author.id }).to_string();
        let id = NotificationId::mint(now, entropy);
        let notification = Notification { id, user, kind: KIND.to_owned(), title, body, data, created_at: now, read_at: None };
        // The comment names the fact.
        drafts.push(deliver::Draft { key: comment.id.uuid(), notification });
    }
    let written = deliver::insert(tx, &drafts).await?;
    drafts.retain(|draft| written.contains(&draft.notification.id));
    let added: BTreeMap<UserId, i64> = drafts.iter().map(|draft| (draft.notification.user, 1)).collect();
    let inboxes = deliver::add_unread(tx, &added).await?;
    let mut facts: Vec<_> = drafts
        .iter()
        .map(|draft| {
            let (stream, id) = (StreamId::from(draft.notification.user), EventId::mint(now, entropy));
            let data = notify::created_event_data(&draft.notification);
            streams::Draft { stream, id, kind: notify::CREATED.into(), data }
        })
        .collect();
    facts.extend(inboxes.iter().map(|inbox| notify::unread_changed(inbox, EventId::mint(now, entropy))));
    Ok(facts)
}
