//! Restock rounds. Whoever changes one has locked its product before, but for [`retire`], which says why it needs not. One that is forgotten is seen by nobody any more, whatever is left of it.

use domain::campaigns::{Round, Waves};
use kernel::{Instant, ProductId};

use super::ledger;
use crate::{Row, Sql, StoreError, Tx, values};

/// A round, and what only those need who work it off.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kept {
    /// Of which product.
    pub product: ProductId,
    /// The round.
    pub round: Round,
    /// Subscriptions up to this place are written down,
    pub frozen_seq: i64,
    /// and are to be up to this.
    pub freeze_until_seq: i64,
    /// When more may be begun with, where there are waves and one is over.
    pub wave_at: Option<Instant>,
    /// There is nothing to do before this.
    pub wake_at: Instant,
    /// When its owner was last told how far it is,
    pub progress_at: Instant,
    /// and how many had been begun with then.
    pub progress_begun: i64,
}

/// `SELECT` of a whole round, followed by the rest of the statement.
macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT product_id, round, state, cause, total, frozen, next_position, sent, skipped, failed, in_flight, retrying,
                 unknown, last_position, strict, per_item, wait_seconds, allowance, rate, started_at, paused_at, finished_at,
                 expires_at, version, frozen_seq, freeze_until_seq, wake_at, progress_at, progress_begun, wave_at
             FROM campaign_rounds ",
            $rest
        )
    };
}

/// Writes a new round.
pub async fn insert(tx: &mut Tx<'_>, kept: &Kept) -> Result<(), StoreError> {
    let Kept { product, round, .. } = kept;
    tx.execute(
        "INSERT INTO campaign_rounds (product_id, round, state, cause, frozen, freeze_until_seq, strict, per_item, wait_seconds,
             allowance, wake_at, progress_at, started_at, expires_at, version)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)",
        values![
            *product,
            round.number,
            round.state.as_str(),
            round.cause.as_str(),
            round.frozen,
            kept.freeze_until_seq,
            round.strict,
            round.waves.map(|waves| waves.per_item),
            round.waves.map(|waves| waves.wait_seconds),
            round.allowance,
            kept.wake_at,
            kept.progress_at,
            round.started_at,
            round.expires_at,
            round.version
        ],
    )
    .await?;
    Ok(())
}

/// Writes what became of a round, which must be locked.
pub async fn update(tx: &mut Tx<'_>, kept: &Kept) -> Result<(), StoreError> {
    let Kept { product, round, .. } = kept;
    tx.execute(
        "UPDATE campaign_rounds SET state = $3, cause = $4, total = $5, frozen = $6, frozen_seq = $7, next_position = $8, sent = $9,
             skipped = $10, failed = $11, in_flight = $12, retrying = $13, unknown = $14, last_position = $15, allowance = $16,
             rate = $17, paused_at = $18, finished_at = $19, version = $20, wake_at = $21, progress_at = $22, progress_begun = $23,
             wave_at = $24
         WHERE product_id = $1 AND round = $2",
        values![
            *product,
            round.number,
            round.state.as_str(),
            round.cause.as_str(),
            round.total,
            round.frozen,
            kept.frozen_seq,
            round.next_position,
            round.sent,
            round.skipped,
            round.failed,
            round.in_flight,
            round.retrying,
            round.unknown,
            round.last_position,
            round.allowance,
            round.rate,
            round.paused_at,
            round.finished_at,
            round.version,
            kept.wake_at,
            kept.progress_at,
            kept.progress_begun,
            kept.wave_at
        ],
    )
    .await?;
    Ok(())
}

pub(crate) const FIND: &str = select!("WHERE product_id = $1 AND round = $2 AND forgotten_at IS NULL");

/// One round of a product.
pub async fn find(tx: &mut Tx<'_>, product: ProductId, round: i64) -> Result<Option<Kept>, StoreError> {
    tx.optional(FIND, values![product, round], kept).await
}

/// As [`find`], locked until the transaction ends.
pub async fn lock(tx: &mut Tx<'_>, product: ProductId, round: i64) -> Result<Option<Kept>, StoreError> {
    let sql = Sql::each(
        select!("WHERE product_id = $1 AND round = $2 AND forgotten_at IS NULL"),
        select!("WHERE product_id = $1 AND round = $2 AND forgotten_at IS NULL FOR NO KEY UPDATE"),
    );
    tx.optional(sql, values![product, round], kept).await
}

pub(crate) const PAGE: &str =
    select!("WHERE product_id = $1 AND round < $2 AND forgotten_at IS NULL ORDER BY round DESC LIMIT $3");

/// At most `limit` rounds of a product below `before`, the last one first.
pub async fn page(tx: &mut Tx<'_>, product: ProductId, before: i64, limit: u32) -> Result<Vec<Kept>, StoreError> {
    tx.all(PAGE, values![product, before, limit], kept).await
}

/// Which round, of whatever owner.
pub type Which = (ProductId, i64);

pub(crate) const AWAKE: &str = "SELECT product_id, round FROM campaign_rounds
     WHERE state = 'IN_PROGRESS' AND wake_at <= $1 ORDER BY wake_at LIMIT $2";

/// At most `limit` rounds for which there is something to do at `now`, those first for which there has been for longest.
pub async fn awake(tx: &mut Tx<'_>, now: Instant, limit: u32) -> Result<Vec<Which>, StoreError> {
    tx.all(AWAKE, values![now, limit], which).await
}

pub(crate) const NEXT_WAKE: &str =
    "SELECT wake_at FROM campaign_rounds WHERE state = 'IN_PROGRESS' AND wake_at > $1 ORDER BY wake_at LIMIT 1";

/// When there is something to do for another round, after `now`.
pub async fn next_wake(tx: &mut Tx<'_>, now: Instant) -> Result<Option<Instant>, StoreError> {
    tx.optional(NEXT_WAKE, values![now], |row| row.get(0)).await
}

pub(crate) const UNFROZEN: Sql = Sql::each(
    "SELECT product_id, round FROM campaign_rounds
     WHERE frozen = 0 AND state IN ('IN_PROGRESS', 'PAUSED') ORDER BY total, started_at LIMIT $1",
    "SELECT product_id, round FROM campaign_rounds
     WHERE NOT frozen AND state IN ('IN_PROGRESS', 'PAUSED') ORDER BY total, started_at LIMIT $1",
);

/// At most `limit` rounds in which not everybody is written down yet, those first in which the fewest are: a million of one do not stand
/// before ten of another.
pub async fn unfrozen(tx: &mut Tx<'_>, limit: u32) -> Result<Vec<Which>, StoreError> {
    tx.all(UNFROZEN, values![limit], which).await
}

/// Whether calls of an earlier round of the product than this are under way.
pub async fn earlier_in_flight(tx: &mut Tx<'_>, (product, round): Which) -> Result<bool, StoreError> {
    let sql = "SELECT round FROM campaign_rounds WHERE product_id = $1 AND round < $2 AND in_flight > 0 LIMIT 1";
    Ok(tx.optional(sql, values![product, round], |row| row.get::<i64>(0)).await?.is_some())
}

pub(crate) const EXPIRED: &str = "SELECT product_id, round FROM campaign_rounds
     WHERE expires_at IS NOT NULL AND state NOT IN ('CANCELED', 'COMPLETED') AND forgotten_at IS NULL AND expires_at <= $1
     ORDER BY expires_at LIMIT $2";

/// At most `limit` rounds whose time was over at `now`.
pub async fn expired(tx: &mut Tx<'_>, now: Instant, limit: u32) -> Result<Vec<Which>, StoreError> {
    tx.all(EXPIRED, values![now, limit], which).await
}

/// The last place in the order of those who wait for a product, whoever has it.
pub async fn last_seq(tx: &mut Tx<'_>, product: ProductId) -> Result<i64, StoreError> {
    tx.one("SELECT next_seq - 1 FROM products WHERE id = $1", values![product], |row| row.get(0)).await
}

pub(crate) const RETIRE: &str = "UPDATE campaign_rounds SET forgotten_at = $2 WHERE product_id = $1 AND round IN (
         SELECT r.round FROM campaign_rounds r JOIN products p ON p.id = r.product_id
         WHERE r.product_id = $1 AND r.round < p.round AND r.forgotten_at IS NULL
             AND r.in_flight = 0 AND r.state NOT IN ('IN_PROGRESS', 'PAUSED')
             AND (coalesce(r.finished_at, r.paused_at) <= $3 OR r.round <= p.round - $4)
         ORDER BY r.round LIMIT $5)";

/// Forgets at most `limit` rounds of a product: those that ended or stopped until `before`, and those before its last `most`; answers how
/// many. Never the last round, nor one of which something is still to come. What is left of them goes with [`purge`].
///
/// Whoever has a round that stopped locked may end it meanwhile, and nothing else: only the last one goes on.
pub async fn retire(
    tx: &mut Tx<'_>,
    product: ProductId,
    (before, most): (Option<Instant>, u32),
    now: Instant,
    limit: u32,
) -> Result<u64, StoreError> {
    tx.execute(RETIRE, values![product, now, before, most, limit]).await
}

pub(crate) const FORGOTTEN: &str =
    "SELECT product_id, round FROM campaign_rounds WHERE forgotten_at IS NOT NULL ORDER BY forgotten_at LIMIT 1";

/// Deletes at most `limit` rows of the rounds that are forgotten; answers how many are gone, none where there is nothing left to delete.
pub async fn purge(tx: &mut Tx<'_>, limit: u32) -> Result<u64, StoreError> {
    let mut left = i64::from(limit);
    while left > 0 {
        let Some(one) = tx.optional(FORGOTTEN, values![], which).await? else { break };
        left -= forget_one(tx, one, left).await?;
    }
    Ok(u64::try_from(i64::from(limit) - left).unwrap_or(0))
}

/// Deletes at most `limit` rows of a round; answers how many. It goes itself when nothing is left of its ledger, since a trigger would take
/// all of that along.
async fn forget_one(tx: &mut Tx<'_>, (product, round): Which, limit: i64) -> Result<i64, StoreError> {
    let gone = ledger::forget(tx, (product, round), limit).await?;
    if gone >= limit {
        return Ok(gone);
    }
    tx.execute("DELETE FROM campaign_rounds WHERE product_id = $1 AND round = $2", values![product, round]).await?;
    Ok(gone + 1)
}

/// Forgets at most `limit` rows of the rounds of a product that was deleted, the first round first; answers how many.
pub(super) async fn forget(tx: &mut Tx<'_>, product: ProductId, limit: i64) -> Result<u64, StoreError> {
    let first = "SELECT round FROM campaign_rounds WHERE product_id = $1 ORDER BY round LIMIT 1";
    let mut left = limit;
    while left > 0 {
        let Some(round) = tx.optional(first, values![product], |row| row.get::<i64>(0)).await? else { break };
        left -= forget_one(tx, (product, round), left).await?;
    }
    Ok(u64::try_from(limit - left).unwrap_or(0))
}

fn waves(row: &Row<'_>, at: usize) -> Result<Option<Waves>, StoreError> {
    let both = row.get::<Option<i64>>(at)?.zip(row.get::<Option<i64>>(at + 1)?);
    Ok(both.map(|(per_item, wait_seconds)| Waves { per_item, wait_seconds }))
}

fn which(row: &Row<'_>) -> Result<Which, StoreError> {
    Ok((row.get(0)?, row.get(1)?))
}

fn kept(row: &Row<'_>) -> Result<Kept, StoreError> {
    Ok(Kept {
        product: row.get(0)?,
        round: Round {
            number: row.get(1)?,
            state: row.parse(2)?,
            cause: row.parse(3)?,
            total: row.get(4)?,
            frozen: row.get(5)?,
            next_position: row.get(6)?,
            sent: row.get(7)?,
            skipped: row.get(8)?,
            failed: row.get(9)?,
            in_flight: row.get(10)?,
            retrying: row.get(11)?,
            unknown: row.get(12)?,
            last_position: row.get(13)?,
            strict: row.get(14)?,
            waves: waves(row, 15)?,
            allowance: row.get(17)?,
            rate: row.get(18)?,
            started_at: row.get(19)?,
            paused_at: row.get(20)?,
            finished_at: row.get(21)?,
            expires_at: row.get(22)?,
            version: row.get(23)?,
        },
        frozen_seq: row.get(24)?,
        freeze_until_seq: row.get(25)?,
        wake_at: row.get(26)?,
        progress_at: row.get(27)?,
        progress_begun: row.get(28)?,
        wave_at: row.get(29)?,
    })
}
