//! What somebody is told of a product that is back: in their inbox, or by whoever the operator has named.

use aws_lc_rs::digest::{SHA256, digest};
use domain::{
    campaigns::Product,
    notify::{Notification, restock_words},
};
use kernel::{NotificationId, ProductId, UserId};
use serde_json::json;
use store::{Tx, campaigns::ledger::Turn, notify::deliver::Draft, streams};
use uuid::Uuid;

use super::By;
use crate::{Error, notify};

/// What such notifications are about.
const KIND: &str = "restock";

/// Writes to the inboxes of those whose turn it is; answers what there is to tell their streams.
pub(super) async fn tell(
    tx: &mut Tx<'_>,
    product: &Product,
    round: i64,
    turns: &[Turn],
    (now, entropy): By<'_>,
) -> Result<Vec<streams::Draft>, Error> {
    let data = json!({ "product_id": product.id, "name": product.name, "round": round }).to_string();
    let draft = |turn: &Turn, user: UserId| {
        let (title, body) = restock_words(&turn.locale, &product.name);
        let (id, kind, data) = (NotificationId::mint(now, entropy), KIND.to_owned(), data.clone());
        let notification = Notification { id, user, kind, title, body, data, created_at: now, read_at: None };
        Draft { key: key(product.id, turn), notification }
    };
    let mut drafts: Vec<_> = turns.iter().filter_map(|turn| Some(draft(turn, turn.user?))).collect();
    // They are all told at once, so their order is that of their rows: whoever is near each other stands on one page.
    drafts.sort_unstable_by_key(|draft| draft.notification.user);
    notify::deliver(tx, &drafts, now, entropy).await
}

/// Of the fact that somebody is told for their place in the line, the same over all attempts of all processes, and over rounds: while it is
/// not certain that they were told, they still have the place, and the next round begins with them.
fn key(product: ProductId, turn: &Turn) -> Uuid {
    let fact = [&product.uuid().as_bytes()[..], &turn.place.to_be_bytes(), turn.recipient.uuid().as_bytes()].concat();
    let hash = digest(&SHA256, &fact);
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&hash.as_ref()[..16]);
    Uuid::new_v8(bytes)
}

/// What the operator's service is told of somebody whose turn it is.
pub(super) fn message(product: &Product, round: i64, turn: &Turn) -> outbound::Message {
    let (title, body) = restock_words(&turn.locale, &product.name);
    let key = key(product.id, turn).to_string();
    let body = json!({
        "key": key,
        "type": KIND,
        "product": { "product_id": product.key, "id": product.id, "name": product.name },
        "round": round,
        "position": turn.position,
        "recipient": {
            "external_id": turn.external_id,
            "name": turn.name,
            "email": turn.email,
            "locale": turn.locale,
            "time_zone": turn.time_zone,
        },
        "title": title,
        "body": body,
    });
    outbound::Message { key, body: body.to_string() }
}
