//! Who is asking: from the text of a credential to a [`Caller`].
//!
//! ```text
//!   credential ─► SHA-256 ─► cache, ≤ 2 s old? ──yes──► caller
//!                                 │ no
//!                   JWT: form, signature, issuer, audience, times      API key: hash
//!                                 └──────────► SQL: is the session live / the key good, and what is the user's role? ─► cache
//! ```
//!
//! A signature proves who somebody was; whether they still are is a row. Reading it for every request would cost a query each,
//! so a row read less than two seconds ago is believed: revocation and a change of role reach every node within two seconds. The
//! node that revokes forgets at once ([`Callers::forget`]), also what a request running at that moment has just read.
//!
//! When an API key was last used is written at most once a minute and by a task of its own: the request that noticed it does
//! not wait for it, and if the process dies first, the next use writes it.

use std::{
    collections::HashMap,
    sync::{PoisonError, RwLock},
    time::Duration,
};

use domain::identity::{Caller, Credential, IdentityError};
use kernel::{ApiKeyId, Instant, SessionId};
use store::{Tx, UseCase, identity as rows};

use super::token::{self, Claims, Opaque};
use crate::{App, Error};

/// How long a row that was read is believed.
const BELIEVED: Duration = Duration::from_secs(2);

/// How many credentials are remembered; some 200 bytes each.
const REMEMBERED_MAX: usize = 50_000;

/// How precisely the last use of an API key is known.
const TOUCH_EVERY: Duration = Duration::from_mins(1);

type CredentialHash = [u8; 32];

/// The callers this process has let in during the last two seconds.
#[derive(Default)]
pub struct Callers {
    known: RwLock<Known>,
}

#[derive(Default)]
struct Known {
    entries: HashMap<CredentialHash, Entry>,
    /// Grows with every revocation: what was read before one must not be remembered after it.
    revocations: u64,
}

#[derive(Clone)]
struct Entry {
    caller: Caller,
    /// The times of an access token; an API key has none of its own.
    claims: Option<Claims>,
    /// When its row was read, by the monotonic clock.
    read_at: Duration,
    /// When its row stops being good.
    ends_at: Option<Instant>,
}

impl Entry {
    fn is_current(&self, now: Instant) -> bool {
        self.claims.as_ref().is_none_or(|claims| claims.is_current(now)) && self.ends_at.is_none_or(|end| now < end)
    }
}

impl Callers {
    fn find(&self, hash: &CredentialHash, monotonic: Duration) -> (Option<Entry>, u64) {
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        let fresh = known.entries.get(hash).filter(|entry| monotonic.saturating_sub(entry.read_at) < BELIEVED);
        (fresh.cloned(), known.revocations)
    }

    fn remember(&self, hash: CredentialHash, entry: Entry, revocations: u64) {
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        if known.revocations != revocations {
            return;
        }
        if known.entries.len() >= REMEMBERED_MAX {
            let now = entry.read_at;
            known.entries.retain(|_, old| now.saturating_sub(old.read_at) < BELIEVED);
            if known.entries.len() >= REMEMBERED_MAX {
                known.entries.clear();
            }
        }
        known.entries.insert(hash, entry);
    }

    /// Believes nothing any more about `sessions`.
    pub(crate) fn forget(&self, sessions: &[SessionId]) {
        if !sessions.is_empty() {
            self.forget_where(|credential| matches!(credential, Credential::Session(id) if sessions.contains(id)));
        }
    }

    /// Believes nothing any more about an API key.
    pub(super) fn forget_key(&self, key: ApiKeyId) {
        self.forget_where(|credential| matches!(credential, Credential::Key { id, .. } if *id == key));
    }

    fn forget_where(&self, gone: impl Fn(&Credential) -> bool) {
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        known.revocations += 1;
        known.entries.retain(|_, entry| !gone(&entry.caller.credential));
    }
}

/// Who presents `credential`, the text after `Bearer `: an access token or an API key. Nobody who is not believed learns why.
pub async fn authenticate(app: &App, credential: &str) -> Result<Caller, Error> {
    let now = app.now();
    let monotonic = app.clock().monotonic();
    let hash = token::sha256(credential.as_bytes());
    let (known, revocations) = app.callers().find(&hash, monotonic);
    let entry = if let Some(entry) = known {
        entry
    } else {
        let entry = look_up(app, credential, now, monotonic).await?.ok_or(IdentityError::Unauthenticated)?;
        app.callers().remember(hash, entry.clone(), revocations);
        entry
    };
    if entry.is_current(now) { Ok(entry.caller) } else { Err(IdentityError::Unauthenticated.into()) }
}

async fn look_up(app: &App, credential: &str, now: Instant, read_at: Duration) -> Result<Option<Entry>, Error> {
    if let Some(hash) = Opaque::ApiKey.hash(credential) {
        return by_key(app, hash, now, read_at).await;
    }
    let Some(claims) = token::read_access(app.keys(), app.identity(), credential) else { return Ok(None) };
    if !claims.is_current(now) {
        return Ok(None);
    }
    let standing = app.store().read(SessionStanding { session: claims.sid, now }).await?;
    Ok(standing.filter(|standing| standing.user == claims.sub).map(|standing| Entry {
        caller: Caller { user: standing.user, role: standing.role, credential: Credential::Session(claims.sid) },
        claims: Some(claims),
        read_at,
        ends_at: Some(standing.ends_at),
    }))
}

async fn by_key(app: &App, hash: [u8; 32], now: Instant, read_at: Duration) -> Result<Option<Entry>, Error> {
    let Some(found) = app.store().read(KeyByHash { hash, now }).await? else { return Ok(None) };
    if found.last_used_at.is_none_or(|last| last + TOUCH_EVERY <= now) {
        touch(app.clone(), found.id, now);
    }
    let credential = Credential::Key { id: found.id, scopes: found.scopes };
    let caller = Caller { user: found.user, role: found.role, credential };
    Ok(Some(Entry { caller, claims: None, read_at, ends_at: found.expires_at }))
}

/// Writes down the use of a key, aside from the request.
fn touch(app: App, key: ApiKeyId, now: Instant) {
    tokio::spawn(async move {
        if let Err(error) = app.store().write(TouchKey { key, now }).await {
            tracing::debug!(%error, "the last use of an API key was not written");
        }
    });
}

struct SessionStanding {
    session: SessionId,
    now: Instant,
}

impl UseCase for SessionStanding {
    type Out = Option<rows::sessions::Standing>;
    type Error = Error;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Self::Out, Error> {
        Ok(rows::sessions::standing(tx, self.session, self.now).await?)
    }
}

struct KeyByHash {
    hash: [u8; 32],
    now: Instant,
}

impl UseCase for KeyByHash {
    type Out = Option<rows::api_keys::Found>;
    type Error = Error;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Self::Out, Error> {
        Ok(rows::api_keys::find(tx, &self.hash, self.now).await?)
    }
}

struct TouchKey {
    key: ApiKeyId,
    now: Instant,
}

impl UseCase for TouchKey {
    type Out = ();
    type Error = Error;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<(), Error> {
        Ok(rows::api_keys::touch(tx, self.key, self.now, self.now - TOUCH_EVERY).await?)
    }
}
