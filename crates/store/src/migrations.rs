//! Schema versions: embedded SQL files of the same names for both engines, applied in order at start.

use std::collections::BTreeMap;

use crate::{StoreError, postgres::Postgres};

mod for_sqlite {
    refinery::embed_migrations!("migrations/sqlite");
}
mod for_postgres {
    refinery::embed_migrations!("migrations/postgres");
}

/// Held while migrating, so that nodes that start together wait for each other. The number is arbitrary and fixed.
const ADVISORY_LOCK: i64 = 0x4341_4d50_414e_494c;

pub(crate) fn sqlite(connection: &mut rusqlite::Connection) -> Result<Vec<String>, StoreError> {
    let report = for_sqlite::migrations::runner().set_grouped(true).run(connection).map_err(|e| failed(&e))?;
    Ok(report.applied_migrations().iter().map(ToString::to_string).collect())
}

pub(crate) async fn postgres(postgres: &Postgres) -> Result<Vec<String>, StoreError> {
    let mut object = postgres.connection().await?;
    let client: &mut tokio_postgres::Client = &mut object;
    // To index a large table takes as long as it takes, and so does waiting for the node that does.
    client.batch_execute("SET statement_timeout = 0; SET lock_timeout = 0").await?;
    let applied = one_at_a_time(client).await;
    let reset = client.batch_execute("RESET statement_timeout; RESET lock_timeout").await;
    let applied = applied?;
    reset?;
    Ok(applied)
}

async fn one_at_a_time(client: &mut tokio_postgres::Client) -> Result<Vec<String>, StoreError> {
    client.execute("SELECT pg_advisory_lock($1)", &[&ADVISORY_LOCK]).await?;
    let report = for_postgres::migrations::runner().set_grouped(true).run_async(client).await;
    client.execute("SELECT pg_advisory_unlock($1)", &[&ADVISORY_LOCK]).await?;
    Ok(report.map_err(|e| failed(&e))?.applied_migrations().iter().map(ToString::to_string).collect())
}

/// Applies the migrations up to the version `last`.
#[cfg(feature = "scratch")]
pub(crate) async fn up_to(last: i32, session: &mut crate::scratch::Session) -> Result<(), StoreError> {
    use crate::scratch::Session;
    let target = refinery::Target::Version(last);
    let report = match session {
        Session::Sqlite(connection) => for_sqlite::migrations::runner().set_target(target).run(connection),
        Session::Postgres(client) => for_postgres::migrations::runner().set_target(target).run_async(client).await,
    };
    report.map(|_| ()).map_err(|e| failed(&e))
}

/// Version and name of every migration of this program, in their order; the same on both engines.
pub(crate) fn known() -> Vec<(i64, String)> {
    let runner = for_sqlite::migrations::runner();
    let named = runner.get_migrations().iter().map(|migration| (i64::from(migration.version()), migration.to_string()));
    // They are embedded in the order of their files, in which V10 comes before V2.
    named.collect::<BTreeMap<_, _>>().into_iter().collect()
}

fn failed(error: &refinery::Error) -> StoreError {
    match error.kind() {
        refinery::error::Kind::MissingVersion(migration) => StoreError::Downgrade(migration.to_string()),
        refinery::error::Kind::DivergentVersion(applied, _) => {
            StoreError::Bug(format!("migration {applied} differs from the one that was applied: migrations never change"))
        }
        _ => StoreError::Bug(format!("migration failed: {error}")),
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn both_engines_have_the_same_migrations_by_name() {
        let names =
            |runner: refinery::Runner| -> Vec<String> { runner.get_migrations().iter().map(ToString::to_string).collect() };
        let sqlite = names(super::for_sqlite::migrations::runner());
        assert_eq!(sqlite, names(super::for_postgres::migrations::runner()));
        assert!(!sqlite.is_empty());
    }
}
