//! PostgreSQL databases for tests: made for one test, gone after it; and for benchmarks, a way to fill and count the tables of
//! either engine without the product; a way to spoil rows, and one to be an older program. Only with the feature `scratch`, which
//! no released program enables.

use kernel::UserId;
use tokio_postgres::{Client, Config};

use crate::{Open, StoreError, Tx, values};

/// Makes the database `name` on the server of `url` and answers the new database's URL.
pub async fn create(url: &str, name: &str) -> Result<String, StoreError> {
    run(url, &format!("CREATE DATABASE {}", quoted(name)?)).await?;
    let (before, query) = url.split_once('?').map_or((url, None), |(before, query)| (before, Some(query)));
    let server = match before.split_once("://") {
        Some((scheme, rest)) => format!("{scheme}://{}", rest.split('/').next().unwrap_or(rest)),
        None => return Err(StoreError::Unavailable("the database URL is not valid".to_owned())),
    };
    Ok(query.map_or_else(|| format!("{server}/{name}"), |query| format!("{server}/{name}?{query}")))
}

/// Drops the database `name`, whoever still uses it.
pub async fn remove(url: &str, name: &str) -> Result<(), StoreError> {
    run(url, &format!("DROP DATABASE IF EXISTS {} WITH (FORCE)", quoted(name)?)).await
}

/// Makes the pending alarms of `owner` unreadable, as a row that some other program wrote would be; answers how many.
pub async fn poison_alarms(tx: &mut Tx<'_>, owner: UserId) -> Result<u64, StoreError> {
    tx.execute(
        "UPDATE alarms SET nominal = 'poison' WHERE owner_id = $1 AND state = 'PENDING' AND nominal <> 'poison'",
        values![owner],
    )
    .await
}

/// A connection of its own, beside whoever has the database open, as durable as the product's.
pub enum Session {
    /// To a SQLite file.
    Sqlite(rusqlite::Connection),
    /// To a PostgreSQL server.
    Postgres(Client),
}

impl Session {
    /// Connects.
    pub async fn open(open: &Open) -> Result<Self, StoreError> {
        match open {
            Open::Sqlite(path) => {
                let connection = rusqlite::Connection::open(path)?;
                crate::sqlite::configure(&connection)?;
                Ok(Self::Sqlite(connection))
            }
            Open::Postgres { url, .. } => {
                let (client, connection) = config(url)?.connect(tokio_postgres::NoTls).await?;
                tokio::spawn(connection);
                Ok(Self::Postgres(client))
            }
        }
    }

    /// Runs statements that answer nothing.
    pub async fn run(&mut self, statements: &str) -> Result<(), StoreError> {
        match self {
            Self::Sqlite(connection) => Ok(connection.execute_batch(statements)?),
            Self::Postgres(client) => Ok(client.batch_execute(statements).await?),
        }
    }
}

/// Makes an empty database what a program made of it whose last migration had the version `last`.
pub async fn migrate_to(open: &Open, last: i32) -> Result<(), StoreError> {
    crate::migrations::up_to(last, &mut Session::open(open).await?).await
}

/// Runs statements that answer nothing, beside whoever has the database open.
pub async fn script(open: &Open, sql: &str) -> Result<(), StoreError> {
    match open {
        Open::Sqlite(path) => Ok(rusqlite::Connection::open(path)?.execute_batch(sql)?),
        Open::Postgres { url, .. } => run(url, sql).await,
    }
}

/// The first column of an answer: integers.
pub async fn numbers(open: &Open, sql: &str) -> Result<Vec<i64>, StoreError> {
    match open {
        Open::Sqlite(path) => {
            let connection = rusqlite::Connection::open(path)?;
            let mut statement = connection.prepare(sql)?;
            let rows = statement.query_map((), |row| row.get(0))?;
            Ok(rows.collect::<Result<_, _>>()?)
        }
        Open::Postgres { url, .. } => {
            let rows = connected(url, async |client| client.query(sql, &[]).await).await?;
            rows.iter().map(|row| Ok(row.try_get(0)?)).collect()
        }
    }
}

async fn run(url: &str, statements: &str) -> Result<(), StoreError> {
    connected(url, async |client| client.batch_execute(statements).await).await
}

/// Runs `work` on a connection of its own.
async fn connected<T>(url: &str, work: impl AsyncFnOnce(&Client) -> Result<T, tokio_postgres::Error>) -> Result<T, StoreError> {
    let (client, connection) = config(url)?.connect(tokio_postgres::NoTls).await?;
    let ((), done) = tokio::join!(
        async {
            let _ = connection.await;
        },
        async {
            let done = work(&client).await;
            // Ends the connection, and with it the other half of this join.
            drop(client);
            done
        }
    );
    Ok(done?)
}

fn config(url: &str) -> Result<Config, StoreError> {
    url.parse().map_err(|_| StoreError::Unavailable("the database URL is not valid".to_owned()))
}

/// Identifiers cannot be parameters, so only plain ones are let through.
fn quoted(name: &str) -> Result<String, StoreError> {
    let plain = !name.is_empty() && name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_');
    if plain { Ok(format!("\"{name}\"")) } else { Err(StoreError::Bug(format!("{name:?} is no name for a scratch database"))) }
}
