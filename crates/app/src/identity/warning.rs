//! A word of warning in the inbox of whom it concerns.

use domain::{
    identity::{User, wording},
    notify::Notification,
};
use kernel::{Entropy, Instant, NotificationId, SessionId};
use serde_json::json;
use store::{Tx, notify::deliver::Draft};

use crate::{Effects, Error, notify};

/// What such notifications are about.
const KIND: &str = "security";

/// Tells `user` that `session` was ended because a token of it was shown by two parties.
pub(super) async fn of_reuse(
    tx: &mut Tx<'_>,
    effects: &mut Effects,
    user: &User,
    session: SessionId,
    now: Instant,
    entropy: &dyn Entropy,
) -> Result<(), Error> {
    let wording = wording::token_reused(user.locale);
    let notification = Notification {
        id: NotificationId::mint(now, entropy),
        user: user.id,
        kind: KIND.to_owned(),
        title: wording.title.to_owned(),
        body: wording.body.to_owned(),
        data: json!({ "session_id": session, "reason": "reuse" }).to_string(),
        created_at: now,
        read_at: None,
    };
    // A session ends once, so its own id names the fact.
    let draft = Draft { key: session.uuid(), notification };
    let events = notify::deliver(tx, &[draft], now, entropy).await?;
    effects.append(tx, events, now).await?;
    Ok(())
}
