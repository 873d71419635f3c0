//! One's own account.

use std::sync::Arc;

use domain::identity::{Caller, IdentityError, ProfileChange, User};
use kernel::{Entropy, Instant, UserId};
use store::{Tx, UseCase, identity as rows};

use super::facts::{self, Fact};
use crate::{Answer, App, Effects, Error, Once, Render};

/// Which version of the profile a change is based on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BasedOn {
    /// Exactly this one.
    Version(i64),
    /// Whatever it is.
    Any,
}

/// The caller's account.
pub async fn profile(app: &App, caller: &Caller) -> Result<User, Error> {
    app.store().read(ReadProfile { user: caller.user }).await?.ok_or_else(|| IdentityError::Unauthenticated.into())
}

/// Changes the caller's account. A new zone is where new schedules are placed: those that exist keep theirs.
pub async fn change_profile(
    app: &App,
    caller: &Caller,
    based_on: Option<BasedOn>,
    change: ProfileChange,
    once: Option<Once>,
    render: Render<User>,
) -> Result<Answer, Error> {
    let based_on = based_on.ok_or(IdentityError::VersionRequired)?;
    let case = ChangeProfile { user: caller.user, based_on, change, now: app.now(), entropy: app.entropy() };
    app.commit_once(case, once, render).await
}

struct ReadProfile {
    user: UserId,
}

impl UseCase for ReadProfile {
    type Out = Option<User>;
    type Error = Error;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Self::Out, Error> {
        Ok(rows::users::find(tx, self.user).await?)
    }
}

struct ChangeProfile {
    user: UserId,
    based_on: BasedOn,
    change: ProfileChange,
    now: Instant,
    entropy: Arc<dyn Entropy>,
}

impl UseCase for ChangeProfile {
    type Out = (User, Effects);
    type Error = Error;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Self::Out, Error> {
        let mut user = rows::users::lock(tx, self.user).await?.ok_or(IdentityError::Unauthenticated)?;
        if let BasedOn::Version(version) = self.based_on
            && version != user.version
        {
            return Err(IdentityError::VersionMismatch.into());
        }
        let mut effects = Effects::default();
        let before = user.clone();
        if self.change.apply(&mut user, self.now) {
            rows::users::update_profile(tx, &user).await?;
            if (user.rhythm.quiet_hours, &user.time_zone) != (before.rhythm.quiet_hours, &before.time_zone) {
                // What waits for the end of the old ones waits for that of the new ones, if it is quiet now.
                let until = user.rhythm.quiet_hours.and_then(|hours| hours.until(self.now, &user.time_zone));
                let until = until.unwrap_or(self.now);
                if store::alarms::quiet::hold_waiting(tx, user.id, until).await? > 0 {
                    effects.armed(until);
                }
            }
            let facts = [Fact::ProfileChanged(user.version)];
            facts::record(tx, &mut effects, user.id, &facts, self.now, &*self.entropy).await?;
        }
        Ok((user, effects))
    }
}
