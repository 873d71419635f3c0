//! Signing in with a password.

use domain::identity::{Email, IdentityError, Password, User};
use store::{Tx, UseCase, identity as rows};

use super::{
    Client, SignedIn,
    attempt::{self, Counted},
    opening::Opening,
    passwords::Verdict,
};
use crate::{App, Effects, Error};

/// Opens a session for whoever knows the password.
///
/// An unknown address and a wrong password are told apart by nothing: not by the answer, and not by the time it takes.
pub async fn log_in(app: &App, email: &str, password: String, client: &Client) -> Result<SignedIn, Error> {
    let password = Password::new(password);
    let email = Email::named(email).map_err(|_| email.to_owned());
    let attempt =
        attempt::begin(app, email, None, client).await.inspect_err(|error| attempt::refused(error, "login.throttled", client))?;
    let counted = attempt.counted();
    let (user, kept) = attempt.account.unzip();
    // What cannot be anybody's password is compared with nobody's.
    let kept_or_none = kept.clone().filter(|_| password.is_plausible());
    let verdict = app.passwords().verify(password, kept_or_none, &*app.entropy()).await?;
    let (Verdict::Right { renewed }, Some(user), Some(kept)) = (verdict, user.clone(), kept) else {
        let user_id = user.map(|user| user.id.to_string());
        tracing::warn!(security = "login.failed", user_id, address = client.address_text());
        return Err(IdentityError::BadCredentials.into());
    };
    let opening = Opening::prepare(app, user.id, client)?;
    tracing::info!(security = "login.succeeded", user_id = %user.id, address = client.address_text());
    app.commit(LogIn { user, kept, renewed, counted, opening }).await
}

struct LogIn {
    user: User,
    /// The PHC string that was verified.
    kept: String,
    /// Its replacement, if it was made under an older cost or secret.
    renewed: Option<String>,
    counted: Counted,
    opening: Opening,
}

impl UseCase for LogIn {
    type Out = (SignedIn, Effects);
    type Error = Error;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Self::Out, Error> {
        // Locks the user, and with it notices a password that changed since it was verified: the old one opens nothing then.
        let new = self.renewed.as_ref().unwrap_or(&self.kept);
        if !rows::users::replace_password(tx, self.user.id, &self.kept, new).await? {
            return Err(IdentityError::BadCredentials.into());
        }
        self.counted.forgive(tx, self.opening.now()).await?;
        let mut effects = Effects::default();
        self.opening.write(tx, &mut effects).await?;
        Ok((SignedIn { user: self.user.clone(), tokens: self.opening.tokens.clone() }, effects))
    }
}
