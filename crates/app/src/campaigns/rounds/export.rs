//! The whole ledger of a round, one page after the other.

use domain::{campaigns::ProductName, identity::Caller};

use super::{
    Filter, Line, Shown,
    read::{LedgerPage, get},
};
use crate::{
    App, Error,
    identity::{Right, read_on},
};

/// Lines of one page.
const AT_ONCE: u32 = 500;

/// A ledger, one page after the other, each as it is when it is read. Between two of them nothing of the database is held.
pub struct Pages {
    app: App,
    right: Right,
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
    Ok(Pages { app: app.clone(), right: Right::Own(caller.clone()), round, after: Some(0) })
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
        let page = LedgerPage { owner: self.right.owner(), name, number, filter: Filter::All, after, limit: AT_ONCE };
        let page = read_on(&self.app, &self.right, page).await?;
        self.after = page.lines.last().filter(|_| page.goes_on).map(|line| line.position);
        Ok(Some(page.lines))
    }
}
