//! Telling people something, in the transaction that makes it true: a row in the inbox, its unread count, and what their stream says of both.

use std::collections::{BTreeMap, HashSet};

use kernel::{Entropy, EventId, Instant, NotificationId, StreamId, UserId};
use store::{
    Tx,
    notify::deliver::{self as rows, Draft},
    streams,
};

use super::{CREATED, created_event_data, unread_changed};
use crate::Error;

/// Writes the notifications whose facts are new, and counts them. Answers what there is to tell the streams, stream by
/// stream: of each notification in the order of `drafts`, and then of the inbox.
pub(crate) async fn deliver(
    tx: &mut Tx<'_>,
    drafts: &[Draft],
    now: Instant,
    entropy: &dyn Entropy,
) -> Result<Vec<streams::Draft>, Error> {
    let written: HashSet<NotificationId> = rows::insert(tx, drafts).await?.into_iter().collect();
    let mut added: BTreeMap<UserId, i64> = BTreeMap::new();
    let mut facts = Vec::with_capacity(2 * written.len());
    for notification in drafts.iter().map(|draft| &draft.notification).filter(|one| written.contains(&one.id)) {
        *added.entry(notification.user).or_default() += 1;
        let (stream, id) = (StreamId::from(notification.user), EventId::mint(now, entropy));
        facts.push(streams::Draft { stream, id, kind: CREATED.into(), data: created_event_data(notification) });
    }
    let inboxes = rows::add_unread(tx, &added).await?;
    facts.extend(inboxes.iter().map(|inbox| unread_changed(inbox, EventId::mint(now, entropy))));
    // Stream by stream, each in its order: so a page of the log is written once.
    facts.sort_by_key(|fact| fact.stream);
    Ok(facts)
}
