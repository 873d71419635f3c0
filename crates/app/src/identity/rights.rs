//! What was opened in somebody's name goes on for as long as the session or the key it was opened with is good.

use domain::identity::{Caller, Credential};
use kernel::{ApiKeyId, Instant, SessionId};
use store::{
    StoreError, Tx,
    identity::{api_keys, sessions},
};

/// Which of these are good at `now`.
pub(crate) async fn good_among(
    tx: &mut Tx<'_>,
    (sessions, keys): (&[SessionId], &[ApiKeyId]),
    now: Instant,
) -> Result<(Vec<SessionId>, Vec<ApiKeyId>), StoreError> {
    let live = if sessions.is_empty() { Vec::new() } else { sessions::live_among(tx, sessions, now).await? };
    let good = if keys.is_empty() { Vec::new() } else { api_keys::good_among(tx, keys, now).await? };
    Ok((live, good))
}

/// Whether that of `caller` is good at `now`.
pub(crate) async fn is_good(tx: &mut Tx<'_>, caller: &Caller, now: Instant) -> Result<bool, StoreError> {
    let (sessions, keys) = match &caller.credential {
        Credential::Session(session) => good_among(tx, (&[*session], &[]), now).await?,
        Credential::Key { id, .. } => good_among(tx, (&[], &[*id]), now).await?,
    };
    Ok(!sessions.is_empty() || !keys.is_empty())
}
