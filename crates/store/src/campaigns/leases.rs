//! Who may use a provider at the moment: one process at a time, over all that share the database.

use kernel::{GatewayId, Instant};

use crate::{Row, Sql, StoreError, Tx, values};

/// A provider, as one process holds it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Held {
    /// Grows with every holder; what a holder of an older term writes is refused.
    pub term: i64,
    /// Until when the one before held it: whatever it did, it did by then.
    pub before_until: Instant,
    /// Whether that was the same holder.
    pub was_mine: bool,
}

/// Takes `provider` for `holder` until `until`, in a new term, if nobody else holds it at `now`. `None`: somebody else does.
pub async fn take(
    tx: &mut Tx<'_>,
    provider: &str,
    (holder, until): (GatewayId, Instant),
    now: Instant,
) -> Result<Option<Held>, StoreError> {
    tx.execute(
        "INSERT INTO provider_leases (provider, holder, term, until) VALUES ($1, $2, 0, $3) ON CONFLICT (provider) DO NOTHING",
        values![provider, holder, Instant::EPOCH],
    )
    .await?;
    let locked = Sql::each(
        "SELECT term, until, holder FROM provider_leases WHERE provider = $1",
        "SELECT term, until, holder FROM provider_leases WHERE provider = $1 FOR UPDATE",
    );
    let read = |row: &Row<'_>| Ok((row.get::<i64>(0)?, row.get::<Instant>(1)?, row.get::<GatewayId>(2)?));
    let (term, before_until, before) = tx.one(locked, values![provider], read).await?;
    let was_mine = before == holder && term > 0;
    if before_until > now && !was_mine {
        return Ok(None);
    }
    tx.execute(
        "UPDATE provider_leases SET holder = $2, term = $3, until = $4 WHERE provider = $1",
        values![provider, holder, term + 1, until],
    )
    .await?;
    Ok(Some(Held { term: term + 1, before_until, was_mine }))
}

/// Takes `provider` from whoever has it: where only one process can be alive.
pub async fn seize(tx: &mut Tx<'_>, provider: &str, holder: GatewayId, until: Instant) -> Result<Held, StoreError> {
    tx.execute("UPDATE provider_leases SET until = $2 WHERE provider = $1", values![provider, Instant::EPOCH]).await?;
    let held = take(tx, provider, (holder, until), Instant::EPOCH).await?;
    held.ok_or_else(|| StoreError::Bug("a lease that was ended is held".to_owned()))
}

/// Holds it until `until`; `false`: it is somebody else's by now.
pub async fn renew(tx: &mut Tx<'_>, provider: &str, term: i64, until: Instant) -> Result<bool, StoreError> {
    let touched = tx
        .execute("UPDATE provider_leases SET until = $3 WHERE provider = $1 AND term = $2", values![provider, term, until])
        .await?;
    Ok(touched == 1)
}

/// Whether `term` is the present one. Whoever wants to be the next holder waits for the end of this transaction.
pub async fn guard(tx: &mut Tx<'_>, provider: &str, term: i64) -> Result<bool, StoreError> {
    let sql = Sql::each(
        "SELECT term FROM provider_leases WHERE provider = $1 AND term = $2",
        "SELECT term FROM provider_leases WHERE provider = $1 AND term = $2 FOR SHARE",
    );
    Ok(tx.optional(sql, values![provider, term], |row| row.get::<i64>(0)).await?.is_some())
}
