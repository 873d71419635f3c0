//! How much somebody may keep.

use domain::{
    calendar::{
        CalendarError,
        labels::{MAX_CATEGORIES, MAX_TAGS},
    },
    identity::Caller,
};
use kernel::UserId;
use store::{Tx, UseCase};

use crate::{App, Error};

/// What an operator may choose.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Settings {
    /// Schedules of one person, without the trash.
    pub schedules_per_user: u32,
}

impl Default for Settings {
    fn default() -> Self {
        Self { schedules_per_user: 100_000 }
    }
}

/// Refuses what was just written if it is more than `owner` may keep. The tables have counted it, and hold whoever writes another of
/// the same owner until this transaction ends: so no two of them pass the limit together.
pub(super) async fn check(tx: &mut Tx<'_>, owner: UserId, settings: Settings) -> Result<(), Error> {
    let most = settings.schedules_per_user;
    if store::holdings::schedules(tx, owner).await? > i64::from(most) {
        return Err(CalendarError::TooMany { most }.into());
    }
    Ok(())
}

/// How much of something there is, and may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Share {
    /// So much there is.
    pub used: i64,
    /// So much there may be.
    pub limit: i64,
}

/// How much somebody keeps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Usage {
    /// Schedules, without the trash.
    pub schedules: Share,
    /// Categories.
    pub categories: Share,
    /// Tags.
    pub tags: Share,
}

struct Ask(UserId, Settings);

impl UseCase for Ask {
    type Out = Usage;
    type Error = Error;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Usage, Error> {
        let count = |number: usize| i64::try_from(number).unwrap_or(i64::MAX);
        let schedules = store::holdings::schedules(tx, self.0).await?;
        let categories = count(store::labels::categories::all(tx, self.0).await?.len());
        let tags = store::labels::tags::count(tx, self.0).await?;
        Ok(Usage {
            schedules: Share { used: schedules, limit: self.1.schedules_per_user.into() },
            categories: Share { used: categories, limit: count(MAX_CATEGORIES) },
            tags: Share { used: tags, limit: count(MAX_TAGS) },
        })
    }
}

/// How much the caller keeps.
pub async fn usage(app: &App, caller: &Caller) -> Result<Usage, Error> {
    app.store().read(Ask(caller.user, app.calendar())).await
}
