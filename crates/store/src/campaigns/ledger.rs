//! The ledger of a round: who is in it, in order, and what became of telling them. Whoever changes rows has locked the product and the round.

use std::borrow::Cow;

use domain::campaigns::{Reason, RowState};
use kernel::{Instant, ProductId, RecipientId, UserId};

use super::{products, rounds::Which};
use crate::{Column, Row, Sql, StoreError, Tx, values};

mod pages;

pub use pages::*;

/// What a step of writing down came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Frozen {
    /// So many more have a position.
    pub added: i64,
    /// Subscriptions up to this place are written down.
    pub up_to_seq: i64,
}

pub(crate) const CHUNK_END: &str = "SELECT max(seq) FROM (SELECT seq FROM product_subscriptions
     WHERE product_id = $1 AND state = 'ACTIVE' AND seq > $2 AND seq <= $3 ORDER BY seq LIMIT $4) AS chunk";

pub(crate) const FREEZE: &str = "INSERT INTO campaign_recipients (product_id, round, position, recipient_id)
     SELECT $1, $2, $5 + row_number() OVER (ORDER BY seq), recipient_id FROM product_subscriptions
     WHERE product_id = $1 AND state = 'ACTIVE' AND seq > $3 AND seq <= $4 ORDER BY seq";

/// Gives at most `limit` of those who wait, behind the place `after` and up to `until`, the positions behind `total`, in order.
pub async fn freeze(
    tx: &mut Tx<'_>,
    (product, round): Which,
    (after, until): (i64, i64),
    total: i64,
    limit: u32,
) -> Result<Frozen, StoreError> {
    let end: Option<i64> = tx.one(CHUNK_END, values![product, after, until, limit], |row| row.get(0)).await?;
    let Some(end) = end else { return Ok(Frozen { added: 0, up_to_seq: until }) };
    let added = tx.execute(FREEZE, values![product, round, after, end, total]).await?;
    Ok(Frozen { added: i64::try_from(added).unwrap_or(i64::MAX), up_to_seq: end })
}

/// Somebody whose turn it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Turn {
    /// Their place in the round.
    pub position: i64,
    /// Who.
    pub recipient: RecipientId,
    /// So often they were tried.
    pub attempts: i64,
    /// What the owner calls them.
    pub external_id: String,
    /// Their account, if they have one.
    pub user: Option<UserId>,
    /// Whether they are called as an account is: without [`Turn::user`], it is gone.
    pub is_account: bool,
    /// Whether they are still in the address book of the owner.
    pub is_known: bool,
    /// Whether they still wait, in the place they had when the round was raised.
    pub waits: bool,
    /// That place; 0 without one.
    pub place: i64,
    /// What they are called.
    pub name: String,
    /// Their address.
    pub email: Option<String>,
    /// Their language.
    pub locale: String,
    /// Their zone.
    pub time_zone: Option<String>,
}

/// `SELECT` of those whose turn it is; `$3` is the last place of the round.
macro_rules! turns {
    ($rest:literal) => {
        concat!(
            "SELECT l.position, l.recipient_id, l.attempts, rc.external_id, rc.user_id, rc.deleted_at IS NULL,
                 coalesce(s.state = 'ACTIVE' AND s.seq <= $3, false), coalesce(s.seq, 0), coalesce(u.display_name, rc.name, ''), rc.email,
                 coalesce(u.locale, rc.locale, 'en'), rc.time_zone
             FROM campaign_recipients l JOIN recipients rc ON rc.id = l.recipient_id
             LEFT JOIN users u ON u.id = rc.user_id
             LEFT JOIN product_subscriptions s ON s.recipient_id = l.recipient_id AND s.product_id = l.product_id
             WHERE l.product_id = $1 AND l.round = $2 AND ",
            $rest
        )
    };
}

pub(crate) const NEXT: &str = turns!("l.position >= $4 AND l.position < $6 ORDER BY l.position LIMIT $5");

/// At most `limit` from the position `from` on, in order.
pub async fn next(
    tx: &mut Tx<'_>,
    (product, round): Which,
    until_seq: i64,
    from: i64,
    limit: u32,
) -> Result<Vec<Turn>, StoreError> {
    tx.all(NEXT, values![product, round, until_seq, from, limit, from.saturating_add(limit.into())], turn).await
}

pub(crate) const DUE: &str = turns!("l.state = 'RETRY' AND l.next_at <= $4 ORDER BY l.next_at, l.position LIMIT $5");

/// At most `limit` who are to be tried once more at `now`.
pub async fn due(
    tx: &mut Tx<'_>,
    (product, round): Which,
    until_seq: i64,
    now: Instant,
    limit: u32,
) -> Result<Vec<Turn>, StoreError> {
    tx.all(DUE, values![product, round, until_seq, now, limit], turn).await
}

pub(crate) const NEXT_DUE: &str = "SELECT next_at FROM campaign_recipients
     WHERE product_id = $1 AND round = $2 AND state = 'RETRY' ORDER BY next_at LIMIT 1";

/// When the next of them is to be tried.
pub async fn next_due(tx: &mut Tx<'_>, (product, round): Which) -> Result<Option<Instant>, StoreError> {
    tx.optional(NEXT_DUE, values![product, round], |row| row.get(0)).await
}

/// What becomes of a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Which.
    pub position: i64,
    /// Where it stands from now on.
    pub state: RowState,
    /// Why, if it was passed over or given up.
    pub reason: Option<Reason>,
    /// When it is tried once more.
    pub next_at: Option<Instant>,
    /// Whether it was begun with and then not tried, which is no attempt.
    pub given_back: bool,
}

impl Entry {
    /// A row that is settled, or in flight.
    pub const fn new(position: i64, state: RowState, reason: Option<Reason>) -> Self {
        Self { position, state, reason, next_at: None, given_back: false }
    }
}

/// Begins with rows in the term `token` at `now`: those that are told, or being told, have one attempt more.
pub async fn begin(
    tx: &mut Tx<'_>,
    (product, round): Which,
    entries: &[Entry],
    token: i64,
    now: Instant,
) -> Result<(), StoreError> {
    write(tx, (product, round), entries, (token, true), now).await
}

/// Writes what came of rows that were begun with; those that are given back have one attempt less.
pub async fn settle(tx: &mut Tx<'_>, which: Which, entries: &[Entry], token: i64, now: Instant) -> Result<(), StoreError> {
    write(tx, which, entries, (token, false), now).await
}

/// SQLite changes a run of positions in one go; PostgreSQL is given each of them, since it could not tell how many a run has.
pub(crate) const WRITE: Sql = Sql::each(
    "UPDATE campaign_recipients SET state = $4, reason = $5, next_at = CASE WHEN $4 = 'RETRY' THEN $6 END, token = $7,
         attempts = attempts + $8, started_at = CASE WHEN $8 = 1 THEN $9 WHEN attempts + $8 > 0 THEN started_at END,
         settled_at = CASE WHEN $4 = 'SENT' OR $4 = 'SKIPPED' OR $4 = 'FAILED' THEN $9 END
     WHERE product_id = $1 AND round = $2 AND position BETWEEN $3 AND $10",
    "UPDATE campaign_recipients l SET state = e.state, reason = e.reason,
         next_at = CASE WHEN e.state = 'RETRY' THEN e.next_at END, token = e.token, attempts = l.attempts + e.tries,
         started_at = CASE WHEN e.tries = 1 THEN e.at WHEN l.attempts + e.tries > 0 THEN l.started_at END,
         settled_at = CASE WHEN e.state IN ('SENT', 'SKIPPED', 'FAILED') THEN e.at END
     FROM unnest($1::uuid[], $2::bigint[], $3::bigint[], $4::text[], $5::text[], $6::timestamptz[], $7::bigint[], $8::bigint[],
         $9::timestamptz[], $10::bigint[]) AS e (product_id, round, position, state, reason, next_at, token, tries, at, last)
     WHERE l.product_id = e.product_id AND l.round = e.round AND l.position = e.position",
);

/// Rows side by side of which the same becomes: the first of them, and the position of the last.
fn runs(entries: &[Entry]) -> Vec<(Entry, i64)> {
    let mut entries = entries.to_vec();
    entries.sort_by_key(|entry| entry.position);
    let mut runs: Vec<(Entry, i64)> = Vec::new();
    for entry in entries {
        let goes_on =
            |(first, last): &(Entry, i64)| *last + 1 == entry.position && Entry { position: first.position, ..entry } == *first;
        match runs.last_mut().filter(|run| goes_on(run)) {
            Some((_, last)) => *last = entry.position,
            None => runs.push((entry, entry.position)),
        }
    }
    runs
}

async fn write(
    tx: &mut Tx<'_>,
    (product, round): Which,
    entries: &[Entry],
    (token, begins): (i64, bool),
    now: Instant,
) -> Result<(), StoreError> {
    let runs = if tx.is_sqlite() { runs(entries) } else { entries.iter().map(|entry| (*entry, entry.position)).collect() };
    let count = runs.len();
    let tries = |entry: &Entry| match entry.state {
        RowState::InFlight | RowState::Sent => i64::from(begins),
        _ => -i64::from(entry.given_back),
    };
    let each = || runs.iter().map(|(entry, _)| entry);
    let columns = [
        Column::Uuids(vec![product.uuid(); count]),
        Column::Ints(vec![round; count]),
        Column::Ints(each().map(|entry| entry.position).collect()),
        Column::Texts(each().map(|entry| Cow::Borrowed(entry.state.as_str())).collect()),
        Column::OptionalTexts(each().map(|entry| entry.reason.map(|reason| Cow::Borrowed(reason.as_str()))).collect()),
        // Of rows that are not tried again, an instant nobody reads.
        Column::Instants(each().map(|entry| entry.next_at.unwrap_or(Instant::EPOCH)).collect()),
        Column::Ints(vec![token; count]),
        Column::Ints(each().map(tries).collect()),
        Column::Instants(vec![now; count]),
        Column::Ints(runs.iter().map(|(_, last)| *last).collect()),
    ];
    tx.batch(WRITE, &columns).await?;
    Ok(())
}

/// A row, as far as whoever settles it has to know.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Standing {
    /// Which.
    pub position: i64,
    /// Where it stands.
    pub state: RowState,
    /// Who has it.
    pub token: i64,
    /// So often it was tried.
    pub attempts: i64,
    /// Whose it is.
    pub recipient: RecipientId,
}

pub(crate) const STANDINGS: Sql = Sql::each(
    "SELECT position, state, token, attempts, recipient_id FROM campaign_recipients
     WHERE product_id = $1 AND round = $2 AND position = $3",
    "SELECT l.position, l.state, l.token, l.attempts, l.recipient_id
     FROM unnest($1::uuid[], $2::bigint[], $3::bigint[]) AS w (product_id, round, position)
     JOIN campaign_recipients l ON l.product_id = w.product_id AND l.round = w.round AND l.position = w.position",
);

/// How the rows at `positions` stand.
pub async fn standings(tx: &mut Tx<'_>, (product, round): Which, positions: &[i64]) -> Result<Vec<Standing>, StoreError> {
    let columns = [
        Column::Uuids(vec![product.uuid(); positions.len()]),
        Column::Ints(vec![round; positions.len()]),
        Column::Ints(positions.to_vec()),
    ];
    tx.batch_all(STANDINGS, &columns, |row| {
        let (token, attempts) = (row.get(2)?, row.get(3)?);
        Ok(Standing { position: row.get(0)?, state: row.parse(1)?, token, attempts, recipient: row.get(4)? })
    })
    .await
}

/// There are three states. PostgreSQL would find whoever is ACTIVE by the order of the line, all of them for each, before it has counted them.
pub(crate) const MARK_NOTIFIED: Sql = Sql::each(
    "UPDATE product_subscriptions SET state = 'NOTIFIED', notified_round = $2
     WHERE recipient_id = $3 AND product_id = $1 AND state = 'ACTIVE' AND seq <= $4",
    "UPDATE product_subscriptions s SET state = 'NOTIFIED', notified_round = t.round
     FROM unnest($1::uuid[], $2::bigint[], $3::uuid[], $4::bigint[]) AS t (product_id, round, recipient_id, until_seq)
     WHERE s.recipient_id = t.recipient_id AND s.product_id = t.product_id AND s.state <> 'NOTIFIED' AND s.state <> 'LEFT'
         AND s.seq <= t.until_seq",
);

/// Ends the subscriptions of those who were told in a round, if they still have the place for which they were.
pub async fn mark_notified(
    tx: &mut Tx<'_>,
    (product, round): Which,
    until_seq: i64,
    told: &[RecipientId],
) -> Result<(), StoreError> {
    let count = told.len();
    // In the order of their rows.
    let mut told: Vec<_> = told.iter().map(|recipient| recipient.uuid()).collect();
    told.sort_unstable();
    let columns = [
        Column::Uuids(vec![product.uuid(); count]),
        Column::Ints(vec![round; count]),
        Column::Uuids(told),
        Column::Ints(vec![until_seq; count]),
    ];
    let ended = tx.batch(MARK_NOTIFIED, &columns).await?;
    let ended = i64::try_from(ended).unwrap_or(i64::MAX);
    products::dismiss(tx, product, ended).await
}

// Without statistics, SQLite does not know that few are in flight.
pub(crate) const ORPHANS: Sql = Sql::each(
    "SELECT product_id, round, position FROM campaign_recipients INDEXED BY campaign_recipients_in_flight
     WHERE state = 'IN_FLIGHT' AND token < $1 ORDER BY product_id, round, position",
    "SELECT product_id, round, position FROM campaign_recipients
     WHERE state = 'IN_FLIGHT' AND token < $1 ORDER BY product_id, round, position",
);

/// Rows that a sender of an earlier term than `term` left in flight.
pub async fn orphans(tx: &mut Tx<'_>, term: i64) -> Result<Vec<(Which, i64)>, StoreError> {
    tx.all(ORPHANS, values![term], |row| Ok(((row.get(0)?, row.get(1)?), row.get(2)?))).await
}

pub(crate) const HAS_IN_FLIGHT: Sql = Sql::each(
    "SELECT token FROM campaign_recipients INDEXED BY campaign_recipients_in_flight WHERE state = 'IN_FLIGHT' LIMIT 1",
    "SELECT token FROM campaign_recipients WHERE state = 'IN_FLIGHT' LIMIT 1",
);

/// Whether anybody is in flight, in whatever round.
pub async fn has_in_flight(tx: &mut Tx<'_>) -> Result<bool, StoreError> {
    Ok(tx.optional(HAS_IN_FLIGHT, &[], |row| row.get::<i64>(0)).await?.is_some())
}

pub(crate) const FIRST_OPEN: &str = "SELECT min(position) FROM campaign_recipients
     WHERE product_id = $1 AND round = $2 AND state IN ('IN_FLIGHT', 'RETRY')
         AND (state = 'IN_FLIGHT' OR state = 'RETRY' OR state = 'SKIPPED' OR state = 'FAILED')";

/// The first position that was begun with and is not settled.
pub async fn first_open(tx: &mut Tx<'_>, (product, round): Which) -> Result<Option<i64>, StoreError> {
    tx.one(FIRST_OPEN, values![product, round], |row| row.get(0)).await
}

pub(crate) const FIRST: &str = "SELECT position FROM campaign_recipients
     WHERE product_id = $1 AND round = $2 ORDER BY position LIMIT 1";
pub(crate) const FORGET: &str = "DELETE FROM campaign_recipients WHERE product_id = $1 AND round = $2 AND position < $3";

/// Forgets the first `limit` rows of a ledger; answers how many those were, fewer only where none are left.
pub(super) async fn forget(tx: &mut Tx<'_>, (product, round): Which, limit: i64) -> Result<i64, StoreError> {
    let first: Option<i64> = tx.optional(FIRST, values![product, round], |row| row.get(0)).await?;
    let Some(first) = first else { return Ok(0) };
    let gone = tx.execute(FORGET, values![product, round, first.saturating_add(limit)]).await?;
    Ok(i64::try_from(gone).unwrap_or(i64::MAX))
}

pub(crate) const FIRST_WAITING: &str = "SELECT rc.external_id, coalesce(u.display_name, rc.name) FROM product_subscriptions s
     JOIN recipients rc ON rc.id = s.recipient_id LEFT JOIN users u ON u.id = rc.user_id
     WHERE s.product_id = $1 AND s.state = 'ACTIVE' ORDER BY s.seq LIMIT $2";

/// Who of at most `limit` would be the first in a round raised now: what the owner calls them, and what they are called.
pub async fn first_waiting(tx: &mut Tx<'_>, product: ProductId, limit: u32) -> Result<Vec<(String, Option<String>)>, StoreError> {
    tx.all(FIRST_WAITING, values![product, limit], |row| Ok((row.get(0)?, row.get(1)?))).await
}

fn turn(row: &Row<'_>) -> Result<Turn, StoreError> {
    let (external_id, user): (String, Option<UserId>) = (row.get(3)?, row.get(4)?);
    Ok(Turn {
        position: row.get(0)?,
        recipient: row.get(1)?,
        attempts: row.get(2)?,
        is_account: user.is_some() || external_id.parse::<UserId>().is_ok(),
        external_id,
        user,
        is_known: row.get(5)?,
        waits: row.get(6)?,
        place: row.get(7)?,
        name: row.get(8)?,
        email: row.get(9)?,
        locale: row.get(10)?,
        time_zone: row.get(11)?,
    })
}
