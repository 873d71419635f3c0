//! What this context writes into a user's stream: ids, and no more.

use domain::identity::{EndReason, event};
use kernel::{Entropy, EventId, Instant, SessionId, StreamId, UserId};
use serde_json::json;
use store::{StoreError, Tx, streams::Draft};

use crate::Effects;

/// Something that happened to an account.
#[derive(Clone, Copy, Debug)]
pub(super) enum Fact {
    /// A device signed in.
    SessionCreated(SessionId),
    /// A session ended.
    SessionRevoked(SessionId, EndReason),
    /// The profile has this version now.
    ProfileChanged(i64),
}

impl Fact {
    fn draft(self, user: UserId, id: EventId) -> Draft {
        let (kind, data) = match self {
            Self::SessionCreated(session) => (event::SESSION_CREATED, json!({ "session_id": session })),
            Self::SessionRevoked(session, reason) => {
                (event::SESSION_REVOKED, json!({ "session_id": session, "reason": reason.as_str() }))
            }
            Self::ProfileChanged(version) => (event::PROFILE_CHANGED, json!({ "user_id": user, "version": version })),
        };
        Draft { stream: StreamId::from(user), id, kind: kind.into(), data: data.to_string() }
    }
}

/// Appends `facts` to the stream of `user`, to be announced after the commit; sessions that ended will be forgotten then.
pub(super) async fn record(
    tx: &mut Tx<'_>,
    effects: &mut Effects,
    user: UserId,
    facts: &[Fact],
    now: Instant,
    entropy: &dyn Entropy,
) -> Result<(), StoreError> {
    if facts.is_empty() {
        return Ok(());
    }
    let drafts = facts.iter().map(|fact| fact.draft(user, EventId::mint(now, entropy))).collect();
    effects.append(tx, drafts, now).await?;
    effects.closed_sessions.extend(facts.iter().filter_map(|fact| match fact {
        Fact::SessionRevoked(session, _) => Some(*session),
        Fact::SessionCreated(_) | Fact::ProfileChanged(_) => None,
    }));
    Ok(())
}
