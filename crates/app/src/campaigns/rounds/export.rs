//! The whole ledger of a round, one page after the other.

use domain::{
    campaigns::ProductName,
    identity::{Caller, IdentityError},
};
use kernel::Instant;
use store::{Tx, UseCase, on_behalf_of};

use super::{
    Filter, Ledger, Line, Shown,
    read::{LedgerPage, get},
};
use crate::{App, Error, identity::is_good};

/// Lines of one page.
const AT_ONCE: u32 = 500;

/// A ledger, one page after the other, each as it is when it is read. Between two of them nothing of the database is held.
pub struct Pages {
    app: App,
    caller: Caller,
    round: Shown,
    /// The position behind which the next page begins; `None`: there is none.
    after: Option<i64>,
}

impl std::fmt::Debug for Pages {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Pages").field("round", &self.round).field("after", &self.after).finish_non_exhaustive()
    }
}

/// The ledger of a round of a product of the caller.
pub async fn export(app: &App, caller: &Caller, which: (ProductName, i64)) -> Result<Pages, Error> {
    let round = get(app, caller, which).await?;
    Ok(Pages { app: app.clone(), caller: caller.clone(), round, after: Some(0) })
}

/// A page, if its reader may still read it when it is read: a ledger of a million lines is read for as long as its reader likes.
struct NextPage {
    caller: Caller,
    page: LedgerPage,
    now: Instant,
}

impl UseCase for NextPage {
    type Out = Ledger;
    type Error = Error;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Ledger, Error> {
        if !is_good(tx, &self.caller, self.now).await? {
            return Err(IdentityError::Unauthenticated.into());
        }
        self.page.run(tx).await
    }
}

impl Pages {
    /// The round, as it was when this began.
    pub fn round(&self) -> &Shown {
        &self.round
    }

    /// Whether there are no more pages.
    pub fn is_over(&self) -> bool {
        self.after.is_none()
    }

    /// The next page; `None` at the end. There is at least one, which may be empty. Nothing more is read once the session or the key of the
    /// caller is not good any more.
    pub async fn next(&mut self) -> Result<Option<Vec<Line>>, Error> {
        let Some(after) = self.after else { return Ok(None) };
        // By its id: what is called so may become another product meanwhile.
        let (name, number) = (ProductName::Id(self.round.product), self.round.round.number);
        let page = LedgerPage { owner: self.caller.user, name, number, filter: Filter::All, after, limit: AT_ONCE };
        let next = NextPage { caller: self.caller.clone(), page, now: self.app.now() };
        // Pages are read while they are sent, after the turn of the request is over.
        let page = on_behalf_of(self.caller.user, self.app.store().read(next)).await?;
        self.after = page.lines.last().filter(|_| page.goes_on).map(|line| line.position);
        Ok(Some(page.lines))
    }
}
