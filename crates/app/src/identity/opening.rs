//! Opening a session: what sign-up and log-in have in common.

use std::{fmt, sync::Arc};

use domain::identity::{
    EndReason, IdentityError, Session, User,
    rotation::{ABSOLUTE_LIFETIME, DeviceHash, Family, idle_expiry},
    user_agent,
};
use kernel::{Entropy, Instant, SessionId, UserId};
use store::{Tx, identity as rows};

use super::{
    Client, Device,
    facts::{self, Fact},
    token::{self, ACCESS_LIFETIME, Opaque},
};
use crate::{App, Effects, Error};

/// The most live sessions of one user; the one unused longest makes room.
pub(super) const SESSIONS_MAX: u32 = 100;

/// The tokens of a session that was opened or refreshed.
#[derive(Clone)]
pub struct Tokens {
    /// Goes into `Authorization: Bearer`.
    pub access_token: String,
    /// For how many seconds.
    pub expires_in_seconds: u64,
    /// Yields the next pair, once.
    pub refresh_token: String,
    /// The device the session belongs to, for a cookie.
    pub device: Option<Device>,
}

/// No token is ever logged by accident.
impl fmt::Debug for Tokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tokens").field("expires_in_seconds", &self.expires_in_seconds).finish_non_exhaustive()
    }
}

/// Somebody is signed in.
#[derive(Clone, Debug)]
pub struct SignedIn {
    /// Who.
    pub user: User,
    /// With what.
    pub tokens: Tokens,
}

/// A session about to be written. Its id and tokens are drawn before the transaction: running that again changes nothing.
pub(super) struct Opening {
    session: Session,
    family: Family,
    issued: DeviceHash,
    token: rows::refresh_tokens::Kept,
    pub(super) tokens: Tokens,
    entropy: Arc<dyn Entropy>,
}

impl Opening {
    pub(super) fn prepare(app: &App, user: UserId, client: &Client) -> Result<Self, IdentityError> {
        let (now, entropy) = (app.now(), app.entropy());
        let id = SessionId::mint(now, &*entropy);
        let device = client.device(&*entropy);
        let absolute_expires_at = now + ABSOLUTE_LIFETIME;
        let family = Family {
            revoked_at: None,
            idle_expires_at: idle_expiry(now, absolute_expires_at),
            absolute_expires_at,
            device: client.device.as_ref().map(Device::hash),
            newest: 1,
        };
        let salt = entropy.bytes16();
        let refresh_token = Opaque::Refresh.text(&app.keys().current().refresh_secret(id, 1, &salt));
        let token =
            rows::refresh_tokens::Kept { session: id, generation: 1, hash: token::sha256(refresh_token.as_bytes()), salt };
        let session = Session {
            id,
            user,
            user_agent: user_agent(&client.user_agent),
            address: client.address_text(),
            created_at: now,
            last_used_at: now,
            expires_at: family.idle_expires_at,
        };
        let issued = device.hash();
        let tokens = tokens(app, user, id, refresh_token, Some(device))?;
        Ok(Self { session, family, issued, token, tokens, entropy })
    }

    pub(super) fn now(&self) -> Instant {
        self.session.created_at
    }

    /// Writes the session, its first token and the fact. The user's row must exist.
    pub(super) async fn write(&self, tx: &mut Tx<'_>, effects: &mut Effects) -> Result<(), Error> {
        let (user, now) = (self.session.user, self.now());
        rows::sessions::insert(tx, &self.session, &self.family, &self.issued).await?;
        rows::refresh_tokens::insert(tx, &self.token, now).await?;
        let mut facts = vec![Fact::SessionCreated(self.session.id)];
        let beyond = rows::sessions::end_oldest(tx, user, SESSIONS_MAX, now).await?;
        facts.extend(beyond.into_iter().map(|session| Fact::SessionRevoked(session, EndReason::Revoked)));
        facts::record(tx, effects, user, &facts, now, &*self.entropy).await?;
        Ok(())
    }
}

/// A pair of tokens for `session`.
pub(super) fn tokens(
    app: &App,
    user: UserId,
    session: SessionId,
    refresh_token: String,
    device: Option<Device>,
) -> Result<Tokens, IdentityError> {
    let entropy = app.entropy();
    let access_token = token::issue_access(app.keys(), app.identity(), user, session, app.now(), &*entropy)?;
    Ok(Tokens { access_token, expires_in_seconds: ACCESS_LIFETIME.as_secs(), refresh_token, device })
}
