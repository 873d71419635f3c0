//! Redeeming a refresh token: one transaction, decided by [`domain::identity::rotation`].

use std::sync::Arc;

use domain::identity::{
    EndReason, IdentityError,
    rotation::{Decision, DeviceHash, Family, Suspicion, idle_expiry},
};
use kernel::{Entropy, Instant, SessionId, UserId};
use store::{Tx, UseCase, identity as rows};

use super::{
    Client, Device, Keys, Tokens,
    facts::{self, Fact},
    opening,
    token::{self, Opaque},
    warning,
};
use crate::{App, Effects, Error};

/// Yields the next pair of tokens for `refresh_token`, shown together with the client's device cookie, if any.
pub async fn refresh(app: &App, refresh_token: &str, client: &Client) -> Result<Tokens, Error> {
    let hash = Opaque::Refresh.hash(refresh_token).ok_or(IdentityError::BadRefreshToken)?;
    let entropy = app.entropy();
    let case = Redeem {
        hash,
        device: client.device.as_ref().map(Device::hash),
        salt: entropy.bytes16(),
        now: app.now(),
        keys: app.keys().clone(),
        entropy,
    };
    match app.commit(case).await? {
        Outcome::Issued { user, session, refresh_token } => {
            Ok(opening::tokens(app, user, session, refresh_token, client.device.clone())?)
        }
        Outcome::Refused => Err(IdentityError::BadRefreshToken.into()),
        Outcome::Revoked { user, session, suspicion } => {
            tracing::warn!(
                security = "refresh.reuse", user_id = %user, session_id = %session, suspicion = suspicion.as_str(),
                address = client.address_text(), "a refresh token was shown by two parties: its session was ended"
            );
            Err(IdentityError::BadRefreshToken.into())
        }
    }
}

struct Redeem {
    hash: [u8; 32],
    device: Option<DeviceHash>,
    salt: [u8; 16],
    now: Instant,
    keys: Keys,
    entropy: Arc<dyn Entropy>,
}

/// A refusal that changes something is a result and not an error: it must be committed.
enum Outcome {
    Issued { user: UserId, session: SessionId, refresh_token: String },
    Refused,
    Revoked { user: UserId, session: SessionId, suspicion: Suspicion },
}

impl UseCase for Redeem {
    type Out = (Outcome, Effects);
    type Error = Error;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Self::Out, Error> {
        let mut effects = Effects::default();
        // The family is locked before the token is read: two redemptions of one family come one after the other.
        let Some(session) = rows::refresh_tokens::family_of(tx, &self.hash).await? else {
            return Ok((Outcome::Refused, effects));
        };
        let family = rows::sessions::lock_family(tx, session).await?;
        let presented = rows::refresh_tokens::presented(tx, &self.hash).await?;
        let (Some((user, family)), Some(presented)) = (family, presented) else {
            return Ok((Outcome::Refused, effects));
        };
        let token = match family.redeem(presented, self.device.as_ref(), self.now) {
            Decision::Rotate { bind } => Some(self.rotate(tx, session, &family, bind).await?),
            Decision::Repeat => self.repeat(tx, session, family.newest).await?,
            Decision::Refuse => None,
            Decision::Revoke(suspicion) => {
                rows::sessions::end(tx, user, session, EndReason::Reuse, self.now).await?;
                // The inbox before the stream: the order in which everybody locks them.
                if let Some(owner) = rows::users::find(tx, user).await? {
                    warning::of_reuse(tx, &mut effects, &owner, session, self.now, &*self.entropy).await?;
                }
                let facts = [Fact::SessionRevoked(session, EndReason::Reuse)];
                facts::record(tx, &mut effects, user, &facts, self.now, &*self.entropy).await?;
                return Ok((Outcome::Revoked { user, session, suspicion }, effects));
            }
        };
        let issued = token.map_or(Outcome::Refused, |refresh_token| Outcome::Issued { user, session, refresh_token });
        Ok((issued, effects))
    }
}

impl Redeem {
    async fn rotate(&self, tx: &mut Tx<'_>, session: SessionId, family: &Family, bind: bool) -> Result<String, Error> {
        rows::refresh_tokens::mark_used(tx, session, family.newest, self.now).await?;
        let generation = family.newest + 1;
        let text = Opaque::Refresh.text(&self.keys.current().refresh_secret(session, generation, &self.salt));
        let token = rows::refresh_tokens::Kept { session, generation, hash: token::sha256(text.as_bytes()), salt: self.salt };
        rows::refresh_tokens::insert(tx, &token, self.now).await?;
        let device = if bind { self.device.as_ref() } else { family.device.as_ref() };
        let expires_at = idle_expiry(self.now, family.absolute_expires_at);
        rows::sessions::used(tx, session, device, self.now, expires_at).await?;
        Ok(text)
    }

    /// The newest token again, out of its salt. `None` if the secret it was made with is no longer in the secret file.
    async fn repeat(&self, tx: &mut Tx<'_>, session: SessionId, newest: i64) -> Result<Option<String>, Error> {
        let Some(kept) = rows::refresh_tokens::find(tx, session, newest).await? else { return Ok(None) };
        let texts = self.keys.sets().map(|set| Opaque::Refresh.text(&set.refresh_secret(session, newest, &kept.salt)));
        Ok(texts.into_iter().find(|text| token::sha256(text.as_bytes()) == kept.hash))
    }
}
