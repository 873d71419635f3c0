//! What was done with a schedule, line by line.

use domain::{
    calendar::{
        CalendarError,
        progress::{Entry, Item},
    },
    identity::Caller,
};
use kernel::{Cursor, Instant, UserId};
use store::{Tx, UseCase};

use super::super::Page;
use crate::{App, Error};

struct History {
    owner: UserId,
    item: Item,
    after: i64,
    limit: u32,
}

impl UseCase for History {
    type Out = Vec<(Entry, Instant)>;
    type Error = Error;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Self::Out, Error> {
        store::calendar::find(tx, self.owner, self.item.schedule).await?.ok_or(CalendarError::NotFound)?;
        Ok(store::progress::history(tx, self.owner, &self.item, self.after, self.limit + 1).await?)
    }
}

/// The ledger of an item of the caller, in order: each line with when the server heard of it.
pub async fn history(
    app: &App,
    caller: &Caller,
    item: Item,
    after: Option<Cursor>,
    limit: u32,
) -> Result<Page<(Entry, Instant)>, Error> {
    // A line is known by its number; the cursor carries it as an id.
    let after = after.map_or(0, |cursor| i64::try_from(cursor.id.as_u128()).unwrap_or(i64::MAX));
    let lines = app.store().read(History { owner: caller.user, item, after, limit }).await?;
    Ok(Page::cut(lines, limit, |(entry, _)| Cursor::new(entry.at, uuid::Uuid::from_u128(entry.seq.unsigned_abs().into()))))
}
