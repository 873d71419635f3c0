//! What a node asks of its database about itself: what time it is, how far time has come, and whether all is well.

use kernel::Instant;

use crate::{Sql, StoreError, Tx, migrations, values};

/// The latest instant any node has acted on, if one ever did.
pub async fn high_water(tx: &mut Tx<'_>) -> Result<Option<Instant>, StoreError> {
    tx.optional("SELECT at FROM high_water WHERE id = 1", values![], |row| row.get(0)).await
}

/// Moves the high-water mark to `at`; it never goes back.
pub async fn raise_high_water(tx: &mut Tx<'_>, at: Instant) -> Result<(), StoreError> {
    tx.execute(
        "INSERT INTO high_water (id, at) VALUES (1, $1) \
         ON CONFLICT (id) DO UPDATE SET at = excluded.at WHERE excluded.at > high_water.at",
        values![at],
    )
    .await?;
    Ok(())
}

/// Takes the high-water mark away, and answers what it was.
pub async fn forget_high_water(tx: &mut Tx<'_>) -> Result<Option<Instant>, StoreError> {
    tx.optional("DELETE FROM high_water WHERE id = 1 RETURNING at", values![], |row| row.get(0)).await
}

/// Writes `at`, to prove that writing is possible. Each time another instant: what is there already is not written again.
pub async fn beat(tx: &mut Tx<'_>, at: Instant) -> Result<(), StoreError> {
    let sql = "INSERT INTO pulse (id, at) VALUES (1, $1) ON CONFLICT (id) DO UPDATE SET at = excluded.at";
    tx.execute(sql, values![at]).await?;
    Ok(())
}

/// What the clock of the database shows at this moment, not at the begin of the transaction.
pub async fn database_now(tx: &mut Tx<'_>) -> Result<Instant, StoreError> {
    let sql = Sql::each("SELECT CAST(unixepoch('subsec') * 1000000 AS INTEGER)", "SELECT clock_timestamp()");
    tx.one(sql, values![], |row| row.get(0)).await
}

/// The names of the migrations this program has and the database has not.
pub async fn pending_migrations(tx: &mut Tx<'_>) -> Result<Vec<String>, StoreError> {
    let table = Sql::each(
        "SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND name = 'refinery_schema_history'",
        "SELECT count(to_regclass('refinery_schema_history'))",
    );
    let tables: i64 = tx.one(table, values![], |row| row.get(0)).await?;
    let mut applied: Vec<i64> = Vec::new();
    if tables > 0 {
        let versions = "SELECT CAST(version AS bigint) FROM refinery_schema_history";
        applied = tx.all(versions, values![], |row| row.get(0)).await?;
    }
    let known = migrations::known();
    Ok(known.into_iter().filter(|(version, _)| !applied.contains(version)).map(|(_, name)| name).collect())
}

/// The engine and its version, e.g. `SQLite 3.50.4`.
pub async fn engine_version(tx: &mut Tx<'_>) -> Result<String, StoreError> {
    let sql = Sql::each("SELECT 'SQLite ' || sqlite_version()", "SELECT 'PostgreSQL ' || current_setting('server_version')");
    tx.one(sql, values![], |row| row.get(0)).await
}

/// What is broken in the file: empty if nothing is. Reads every page of a SQLite file, so it takes a second a gigabyte.
/// PostgreSQL looks after itself (`pg_amcheck`) and is always said to be well.
pub async fn damage(tx: &mut Tx<'_>) -> Result<Vec<String>, StoreError> {
    if !tx.is_sqlite() {
        return Ok(Vec::new());
    }
    let lines: Vec<String> = tx.all("PRAGMA quick_check(10)", values![], |row| row.get(0)).await?;
    Ok(lines.into_iter().filter(|line| line != "ok").collect())
}

/// Whether anybody has an account.
pub async fn is_inhabited(tx: &mut Tx<'_>) -> Result<bool, StoreError> {
    let found: Option<i64> = tx.optional("SELECT CAST(1 AS bigint) FROM users LIMIT 1", values![], |row| row.get(0)).await?;
    Ok(found.is_some())
}
