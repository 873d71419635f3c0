//! A new password. Whoever else is signed in with the old one no longer is.

use std::sync::Arc;

use domain::identity::{Caller, Email, EndReason, IdentityError, Password, User};
use kernel::{Entropy, FieldError, Instant, SessionId};
use store::{Tx, UseCase, identity as rows};

use super::{
    Client,
    attempt::{self, Counted},
    facts::{self, Fact},
    passwords::Verdict,
};
use crate::{App, Effects, Error};

/// Replaces the caller's password; every other session ends. Wrong guesses of the present one count as failed sign-ins.
pub async fn change_password(app: &App, caller: &Caller, current: String, new: String, client: &Client) -> Result<(), Error> {
    let user = super::profile(app, caller).await?;
    let new = accepted(&user, new, "/new_password")?;
    let attempt = attempt::begin(app, Ok(user.email.clone()), caller.session(), client).await?;
    let counted = attempt.counted();
    let (_, kept) = attempt.account.filter(|(found, _)| found.id == user.id).ok_or(IdentityError::Unauthenticated)?;
    let entropy = app.entropy();
    let current = Password::new(current);
    let kept_or_none = Some(kept.clone()).filter(|_| current.is_plausible());
    if app.passwords().verify(current, kept_or_none, &*entropy).await? == Verdict::Wrong {
        tracing::warn!(security = "password.change_refused", user_id = %user.id, address = client.address_text());
        return Err(IdentityError::BadCurrentPassword.into());
    }
    let hash = app.passwords().hash(new, &*entropy).await?;
    let proved = Some((kept, counted));
    replace(app, ReplacePassword { user, proved, hash, keep: caller.session(), now: app.now(), entropy }).await
}

/// Sets a password without knowing the old one, for operators; every session of the account ends.
pub async fn reset_password(app: &App, email: &str, new: String) -> Result<(), Error> {
    let email = Email::named(email).map_err(|_| IdentityError::UserNotFound)?;
    let user = app.store().read(FindUser { email }).await?.ok_or(IdentityError::UserNotFound)?;
    let new = accepted(&user, new, "/password")?;
    let entropy = app.entropy();
    let hash = app.passwords().hash(new, &*entropy).await?;
    replace(app, ReplacePassword { user, proved: None, hash, keep: None, now: app.now(), entropy }).await
}

async fn replace(app: &App, case: ReplacePassword) -> Result<(), Error> {
    let user = case.user.id;
    let sessions_ended = app.commit(case).await?;
    tracing::info!(security = "password.changed", user_id = %user, sessions_ended);
    Ok(())
}

fn accepted(user: &User, new: String, pointer: &str) -> Result<Password, IdentityError> {
    let new = Password::new(new);
    match new.check(&user.email, &user.display_name) {
        Ok(()) => Ok(new),
        Err(flaw) => Err(IdentityError::Invalid(vec![FieldError::new(pointer, flaw.to_string())])),
    }
}

struct FindUser {
    email: Email,
}

impl UseCase for FindUser {
    type Out = Option<User>;
    type Error = Error;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Self::Out, Error> {
        Ok(rows::users::by_email(tx, &self.email).await?.map(|(user, _)| user))
    }
}

struct ReplacePassword {
    user: User,
    /// The PHC string whose password was shown, and where showing it was counted. `None`: an operator decided.
    proved: Option<(String, Counted)>,
    hash: String,
    keep: Option<SessionId>,
    now: Instant,
    entropy: Arc<dyn Entropy>,
}

impl UseCase for ReplacePassword {
    /// How many sessions ended.
    type Out = (usize, Effects);
    type Error = Error;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Self::Out, Error> {
        let user = self.user.id;
        match &self.proved {
            Some((kept, counted)) => {
                if !rows::users::replace_password(tx, user, kept, &self.hash).await? {
                    return Err(IdentityError::BadCurrentPassword.into());
                }
                counted.forgive(tx, self.now).await?;
            }
            None => rows::users::set_password(tx, user, &self.hash).await?,
        }
        let ended = rows::sessions::end_all_but(tx, user, self.keep, EndReason::PasswordChanged, self.now).await?;
        let facts: Vec<Fact> =
            ended.into_iter().map(|session| Fact::SessionRevoked(session, EndReason::PasswordChanged)).collect();
        let mut effects = Effects::default();
        facts::record(tx, &mut effects, user, &facts, self.now, &*self.entropy).await?;
        Ok((facts.len(), effects))
    }
}
