//! PostgreSQL databases for tests: made for one test, gone after it. Only with the feature `scratch`, which no released
//! program enables.

use tokio_postgres::Config;

use crate::StoreError;

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

async fn run(url: &str, statement: &str) -> Result<(), StoreError> {
    let config: Config = url.parse().map_err(|_| StoreError::Unavailable("the database URL is not valid".to_owned()))?;
    let (client, connection) = config.connect(tokio_postgres::NoTls).await?;
    let ((), ran) = tokio::join!(
        async {
            let _ = connection.await;
        },
        async {
            let ran = client.batch_execute(statement).await;
            // Ends the connection, and with it the other half of this join.
            drop(client);
            ran
        }
    );
    Ok(ran?)
}

/// Identifiers cannot be parameters, so only plain ones are let through.
fn quoted(name: &str) -> Result<String, StoreError> {
    let plain = !name.is_empty() && name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_');
    if plain { Ok(format!("\"{name}\"")) } else { Err(StoreError::Bug(format!("{name:?} is no name for a scratch database"))) }
}
