//! Housekeeping: pieces of work that are due, claimed with a lease and a token.

use kernel::{Instant, JobId};

use crate::{Row, Sql, StoreError, Tx, values};

/// A claimed job.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claimed {
    /// Its id.
    pub id: JobId,
    /// What to do.
    pub kind: String,
    /// Which of its kind.
    pub key: String,
    /// A JSON object.
    pub payload: String,
    /// Grows with every claim; settling needs it.
    pub token: i64,
    /// Which attempt this is.
    pub attempts: i64,
}

/// Makes sure that a job of this kind and key exists; one that exists stays as it is.
pub async fn ensure(
    tx: &mut Tx<'_>,
    (id, kind, key): (JobId, &str, &str),
    payload: &str,
    due_at: Instant,
    now: Instant,
) -> Result<bool, StoreError> {
    let made = tx
        .execute(
            "INSERT INTO jobs (id, kind, key, payload, state, next_at, created_at) VALUES ($1, $2, $3, $4, 'READY', $5, $6)
             ON CONFLICT (kind, key) DO NOTHING",
            values![id, kind, key, payload, due_at, now],
        )
        .await?;
    Ok(made == 1)
}

/// Claims at most `limit` jobs that are due, or whose lease ran out, until `until`.
pub async fn claim(tx: &mut Tx<'_>, now: Instant, until: Instant, limit: u32) -> Result<Vec<Claimed>, StoreError> {
    tx.all(
        Sql::each(
            "UPDATE jobs SET state = 'LEASED', token = token + 1, attempts = attempts + 1, next_at = $2
             WHERE id IN (SELECT id FROM jobs WHERE state IN ('READY', 'LEASED') AND next_at <= $1 ORDER BY next_at LIMIT $3)
             RETURNING id, kind, key, payload, token, attempts",
            "UPDATE jobs SET state = 'LEASED', token = token + 1, attempts = attempts + 1, next_at = $2
             WHERE id IN (SELECT id FROM jobs WHERE state IN ('READY', 'LEASED') AND next_at <= $1 ORDER BY next_at LIMIT $3
                          FOR UPDATE SKIP LOCKED)
             RETURNING id, kind, key, payload, token, attempts",
        ),
        values![now, until, limit],
        claimed,
    )
    .await
}

/// When the next job is due, or the next lease ends.
pub async fn next_due(tx: &mut Tx<'_>) -> Result<Option<Instant>, StoreError> {
    tx.optional("SELECT next_at FROM jobs WHERE state IN ('READY', 'LEASED') ORDER BY next_at LIMIT 1", &[], |row| row.get(0))
        .await
}

/// The claim `token` of a job.
pub type Held = (JobId, i64);

/// Writes down how far the job has come, for whoever claims it next. `false`: the token is no longer the job's.
pub async fn keep(tx: &mut Tx<'_>, (id, token): Held, payload: &str) -> Result<bool, StoreError> {
    let touched = tx
        .execute("UPDATE jobs SET payload = $3 WHERE id = $1 AND token = $2 AND state = 'LEASED'", values![id, token, payload])
        .await?;
    Ok(touched == 1)
}

/// The job is done for good. `false`: the token is no longer the job's.
pub async fn done(tx: &mut Tx<'_>, (id, token): Held, now: Instant) -> Result<bool, StoreError> {
    let touched = tx
        .execute(
            "UPDATE jobs SET state = 'DONE', finished_at = $3 WHERE id = $1 AND token = $2 AND state = 'LEASED'",
            values![id, token, now],
        )
        .await?;
    Ok(touched == 1)
}

/// The job is due again: after a success (`error` is `None`, attempts count anew) or after a failure.
pub async fn again(tx: &mut Tx<'_>, (id, token): Held, at: Instant, error: Option<&str>) -> Result<bool, StoreError> {
    let touched = tx
        .execute(
            Sql::each(
                "UPDATE jobs SET state = 'READY', next_at = $3, last_error = $4,
                     attempts = CASE WHEN $4 IS NULL THEN 0 ELSE attempts END
                 WHERE id = $1 AND token = $2 AND state = 'LEASED'",
                "UPDATE jobs SET state = 'READY', next_at = $3, last_error = $4,
                     attempts = CASE WHEN $4::text IS NULL THEN 0 ELSE attempts END
                 WHERE id = $1 AND token = $2 AND state = 'LEASED'",
            ),
            values![id, token, at, error],
        )
        .await?;
    Ok(touched == 1)
}

/// The job failed for good and waits for a person.
pub async fn dead(tx: &mut Tx<'_>, (id, token): Held, error: &str, now: Instant) -> Result<bool, StoreError> {
    let touched = tx
        .execute(
            "UPDATE jobs SET state = 'DEAD', last_error = $3, finished_at = $4 WHERE id = $1 AND token = $2 AND state = 'LEASED'",
            values![id, token, error, now],
        )
        .await?;
    Ok(touched == 1)
}

fn claimed(row: &Row<'_>) -> Result<Claimed, StoreError> {
    Ok(Claimed {
        id: row.get(0)?,
        kind: row.get(1)?,
        key: row.get(2)?,
        payload: row.get(3)?,
        token: row.get(4)?,
        attempts: row.get(5)?,
    })
}
