//! Reading a ledger, as its owner does: pages of it, by where people stand, and single people.

use domain::campaigns::{Reason, RowState};
use kernel::{Instant, ProductId, RecipientId, UserId};

use crate::{
    Column, Row, Sql, StoreError, Tx,
    campaigns::rounds::{Kept, Which},
    values,
};

/// A row of the ledger, as its owner reads it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// The place in the round.
    pub position: i64,
    /// Who.
    pub recipient: RecipientId,
    /// What the owner calls them; the id of their account, where there is one.
    pub external_id: String,
    /// What they are called, if anybody still knows.
    pub name: Option<String>,
    /// Where it stands.
    pub state: RowState,
    /// So often they were tried.
    pub attempts: i64,
    /// When the last attempt began.
    pub started_at: Option<Instant>,
    /// When it was known what came of it.
    pub settled_at: Option<Instant>,
    /// When they are tried once more.
    pub next_at: Option<Instant>,
    /// Why they were passed over or given up.
    pub reason: Option<Reason>,
}

/// `SELECT` of lines of the ledger, followed by what narrows them; SQLite may be told by which index.
macro_rules! lines {
    (by $index:literal; $($rest:tt)+) => {
        Sql::each(lines!(@ $index, $($rest)+), lines!(@ "", $($rest)+))
    };
    (@ $index:literal, $($rest:tt)+) => {
        concat!(
            "SELECT l.position, l.recipient_id, rc.external_id, coalesce(u.display_name, rc.name), l.state, l.attempts, l.started_at,
                 l.settled_at, l.next_at, l.reason
             FROM campaign_recipients l ", $index, " JOIN recipients rc ON rc.id = l.recipient_id LEFT JOIN users u ON u.id = rc.user_id
             WHERE l.product_id = $1 AND l.round = $2 AND ",
            $($rest)+
        )
    };
    ($($rest:tt)+) => {
        lines!(@ "", $($rest)+)
    };
}

/// Positions have no gaps, so a page ends at one that is known: PostgreSQL would plan for a tenth of all that are behind `$3`, whatever the limit,
/// and read the address book for them. Both are said, since its guess at either alone is too many of a million.
pub(crate) const PAGE: &str = lines!("l.position > $3 AND l.position <= $5 ORDER BY l.position LIMIT $4");

/// At most `limit` lines behind the position `after`, in order.
pub async fn page(tx: &mut Tx<'_>, (product, round): Which, after: i64, limit: u32) -> Result<Vec<Line>, StoreError> {
    tx.all(PAGE, values![product, round, after, limit, after.saturating_add(limit.into())], line).await
}

/// `SELECT` of lines that stand somewhere rare. The state is in the text, where SQLite sees that it is one of those their index holds; that they
/// are rare it does not know, because nobody counts its tables.
macro_rules! apart {
    ($state:literal) => {
        lines!(by "INDEXED BY campaign_recipients_apart"; "l.state = '", $state, "' AND l.position > $3 ORDER BY l.position LIMIT $4")
    };
}

pub(crate) const PAGE_IN_FLIGHT: Sql = apart!("IN_FLIGHT");
pub(crate) const PAGE_RETRY: Sql = apart!("RETRY");
pub(crate) const PAGE_SKIPPED: Sql = apart!("SKIPPED");
pub(crate) const PAGE_FAILED: Sql = apart!("FAILED");
/// Most rows are one of these two, so no index is kept for them: whoever was told stands up to a position that the round knows, and whoever
/// waits behind all others, without a gap.
pub(crate) const PAGE_SENT: &str =
    lines!("l.state = 'SENT' AND l.position > $3 AND l.position <= $5 ORDER BY l.position LIMIT $4");
pub(crate) const PAGE_WAITING: &str =
    lines!("l.state = 'WAITING' AND l.position > $3 AND l.position <= $5 ORDER BY l.position LIMIT $4");

/// As [`page`], of those that stand at `state` in this round.
pub async fn page_at(
    tx: &mut Tx<'_>,
    Kept { product, round, .. }: &Kept,
    state: RowState,
    after: i64,
    limit: u32,
) -> Result<Vec<Line>, StoreError> {
    let sql = match state {
        RowState::Sent => {
            let last = round.last_position;
            return tx.all(PAGE_SENT, values![*product, round.number, after, limit, last], line).await;
        }
        RowState::Waiting => {
            let after = after.max(round.next_position - 1);
            let end = after.saturating_add(limit.into());
            return tx.all(PAGE_WAITING, values![*product, round.number, after, limit, end], line).await;
        }
        RowState::InFlight => PAGE_IN_FLIGHT,
        RowState::Retry => PAGE_RETRY,
        RowState::Skipped => PAGE_SKIPPED,
        RowState::Failed => PAGE_FAILED,
    };
    tx.all(sql, values![*product, round.number, after, limit], line).await
}

/// Every round is above 0: that is the condition of the index that is meant.
pub(crate) const OF: &str =
    lines!("l.round > 0 AND l.recipient_id = (SELECT r.id FROM recipients r WHERE r.owner_id = $3 AND r.external_id = $4)");

/// The line of whom `owner` calls `external_id`.
pub async fn of(tx: &mut Tx<'_>, (product, round): Which, owner: UserId, external_id: &str) -> Result<Option<Line>, StoreError> {
    tx.optional(OF, values![product, round, owner, external_id], line).await
}

/// The line at `position`.
pub async fn at(tx: &mut Tx<'_>, which: Which, position: i64) -> Result<Option<Line>, StoreError> {
    Ok(page(tx, which, position - 1, 1).await?.into_iter().find(|line| line.position == position))
}

pub(crate) const AT_EACH: Sql = Sql::each(
    "SELECT l.position, l.recipient_id, rc.external_id, coalesce(u.display_name, rc.name), l.state, l.attempts, l.started_at,
         l.settled_at, l.next_at, l.reason, l.round
     FROM campaign_recipients l JOIN recipients rc ON rc.id = l.recipient_id LEFT JOIN users u ON u.id = rc.user_id
     WHERE l.product_id = $1 AND l.round = $2 AND l.position = $3",
    "SELECT l.position, l.recipient_id, rc.external_id, coalesce(u.display_name, rc.name), l.state, l.attempts, l.started_at,
         l.settled_at, l.next_at, l.reason, l.round
     FROM unnest($1::uuid[], $2::bigint[], $3::bigint[]) AS w (product_id, round, position)
     JOIN campaign_recipients l ON l.product_id = w.product_id AND l.round = w.round AND l.position = w.position
     JOIN recipients rc ON rc.id = l.recipient_id LEFT JOIN users u ON u.id = rc.user_id",
);

/// One line of each of these rounds of a product, at the position named with it; with each comes its round.
pub async fn at_each(tx: &mut Tx<'_>, product: ProductId, places: &[(i64, i64)]) -> Result<Vec<(i64, Line)>, StoreError> {
    let columns = [
        Column::Uuids(vec![product.uuid(); places.len()]),
        Column::Ints(places.iter().map(|(round, _)| *round).collect()),
        Column::Ints(places.iter().map(|(_, position)| *position).collect()),
    ];
    tx.batch_all(AT_EACH, &columns, |row| Ok((row.get(10)?, line(row)?))).await
}

fn line(row: &Row<'_>) -> Result<Line, StoreError> {
    let reason: Option<String> = row.get(9)?;
    Ok(Line {
        position: row.get(0)?,
        recipient: row.get(1)?,
        external_id: row.get(2)?,
        name: row.get(3)?,
        state: row.parse(4)?,
        attempts: row.get(5)?,
        started_at: row.get(6)?,
        settled_at: row.get(7)?,
        next_at: row.get(8)?,
        reason: reason.map(|word| word.parse()).transpose().map_err(|()| StoreError::Bug("unknown reason".to_owned()))?,
    })
}
