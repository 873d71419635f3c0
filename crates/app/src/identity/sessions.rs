//! The devices somebody is signed in on.

use std::sync::Arc;

use domain::identity::{Caller, EndReason, IdentityError, Session};
use kernel::{Entropy, Instant, SessionId, UserId};
use store::{Tx, UseCase, identity as rows};

use super::{
    facts::{self, Fact},
    opening::SESSIONS_MAX,
};
use crate::{App, Effects, Error};

/// The caller's live sessions, the one used last first: all of them, as there are at most 100.
pub async fn sessions(app: &App, caller: &Caller) -> Result<Vec<Session>, Error> {
    app.store().read(LiveSessions { user: caller.user, now: app.now() }).await
}

/// Ends one of the caller's sessions: its refresh token is worthless, its access tokens within two seconds, its streams close.
pub async fn revoke_session(app: &App, caller: &Caller, session: SessionId) -> Result<(), Error> {
    end(app, caller.user, session, EndReason::Revoked).await
}

/// Ends the session that asks.
pub async fn log_out(app: &App, caller: &Caller) -> Result<(), Error> {
    let session = caller.session().ok_or(IdentityError::Forbidden)?;
    end(app, caller.user, session, EndReason::Logout).await
}

async fn end(app: &App, user: UserId, session: SessionId, reason: EndReason) -> Result<(), Error> {
    app.commit(EndSession { user, session, reason, now: app.now(), entropy: app.entropy() }).await?;
    tracing::info!(security = "session.ended", user_id = %user, session_id = %session, reason = reason.as_str());
    Ok(())
}

struct LiveSessions {
    user: UserId,
    now: Instant,
}

impl UseCase for LiveSessions {
    type Out = Vec<Session>;
    type Error = Error;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Self::Out, Error> {
        Ok(rows::sessions::live_of(tx, self.user, self.now, SESSIONS_MAX).await?)
    }
}

struct EndSession {
    user: UserId,
    session: SessionId,
    reason: EndReason,
    now: Instant,
    entropy: Arc<dyn Entropy>,
}

impl UseCase for EndSession {
    type Out = ((), Effects);
    type Error = Error;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Self::Out, Error> {
        if !rows::sessions::end(tx, self.user, self.session, self.reason, self.now).await? {
            return Err(IdentityError::SessionNotFound.into());
        }
        let mut effects = Effects::default();
        let facts = [Fact::SessionRevoked(self.session, self.reason)];
        facts::record(tx, &mut effects, self.user, &facts, self.now, &*self.entropy).await?;
        Ok(((), effects))
    }
}
