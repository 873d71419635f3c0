//! What of a range stands where somebody asks for.

use domain::{
    calendar::{Occurrence, progress::State},
    identity::Caller,
};

use super::super::{
    Listing, Page, Range, list as list_all,
    list::{list_as_far, place},
};
use crate::{App, Error};

/// Rows looked at for one page, at most: [`LOOKS`] times so many.
const ROWS: u32 = 200;

/// How often one request looks for more.
const LOOKS: usize = 10;

/// What of the caller is wanted and is as far as `state`, by start. If much is to be looked at for it, a page may hold less than its
/// limit, or nothing, and still say where to go on.
pub async fn list(app: &App, caller: &Caller, listing: impl Into<Listing>, state: State) -> Result<Page<Occurrence>, Error> {
    let listing = listing.into();
    if listing.narrowing.query.is_none() {
        return list_as_far(app, caller, listing, state).await;
    }
    let range = listing.range;
    let mut found = Vec::new();
    let mut after = range.after;
    for _ in 0..LOOKS {
        let page = list_all(app, caller, Listing { range: Range { after, limit: ROWS, ..range }, ..listing.clone() }).await?;
        found.extend(page.items.into_iter().filter(|occurrence| occurrence.schedule.progress.state == state));
        after = page.next;
        // One more than asked for says that there is more.
        if after.is_none() || found.len() > range.limit as usize {
            return Ok(Page::cut(found, range.limit, place));
        }
    }
    Ok(Page { items: found, next: after })
}
