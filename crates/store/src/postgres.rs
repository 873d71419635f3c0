//! PostgreSQL 15 or later, over a pool.

use std::time::Duration;

use deadpool_postgres::{Manager, ManagerConfig, Object, Pool, PoolError, RecyclingMethod, Runtime};
use tokio_postgres::{
    Config, IsolationLevel,
    config::SslMode,
    error::{DbError, Severity, SqlState},
};

use crate::{StoreError, Tx, UseCase, engine::contained};

/// How long a use case waits for a connection, and a connection for the server, before the caller is told "unavailable".
const WAIT: Duration = Duration::from_secs(5);

/// How often a use case is run again after a deadlock or serialization failure.
const ATTEMPTS: u32 = 6;

/// What every session of ours is: durable commits, no statement or idle transaction that holds locks for ever.
const SESSION: &str = "-c synchronous_commit=on -c statement_timeout=30s -c lock_timeout=10s \
     -c idle_in_transaction_session_timeout=10s -c timezone=UTC -c jit=off";

pub(crate) struct Postgres {
    pool: Pool,
}

impl Postgres {
    pub(crate) async fn connect(url: &str, size: usize) -> Result<Self, StoreError> {
        let mut config: Config = url.parse().map_err(|_| StoreError::Unavailable("the database URL is not valid".to_owned()))?;
        config.application_name("campanile").options(SESSION).connect_timeout(WAIT).keepalives_idle(Duration::from_secs(30));
        config.tcp_user_timeout(Duration::from_secs(15));
        let manager_config = ManagerConfig { recycling_method: RecyclingMethod::Fast };
        let manager = if config.get_ssl_mode() == SslMode::Disable {
            Manager::from_config(config, tokio_postgres::NoTls, manager_config)
        } else {
            Manager::from_config(config, tls()?, manager_config)
        };
        let pool = Pool::builder(manager)
            .max_size(size)
            .runtime(Runtime::Tokio1)
            .wait_timeout(Some(WAIT))
            .create_timeout(Some(WAIT))
            .recycle_timeout(Some(WAIT))
            .build()
            .map_err(|e| StoreError::Bug(e.to_string()))?;
        let postgres = Self { pool };
        postgres.check_version().await?;
        Ok(postgres)
    }

    async fn check_version(&self) -> Result<(), StoreError> {
        let connection = self.connection().await?;
        let version: i32 = connection.query_one("SELECT current_setting('server_version_num')::int4", &[]).await?.try_get(0)?;
        if version < 150_000 {
            return Err(StoreError::Unavailable(format!("PostgreSQL 15 or later is needed, the server is {}", version / 10_000)));
        }
        Ok(())
    }

    pub(crate) async fn connection(&self) -> Result<Object, StoreError> {
        self.pool.get().await.map_err(|error| match error {
            PoolError::Timeout(_) => StoreError::Overloaded,
            PoolError::Closed => StoreError::Closed,
            PoolError::Backend(backend) => StoreError::Unavailable(reason(&backend)),
            other => StoreError::Bug(other.to_string()),
        })
    }

    pub(crate) async fn run<C: UseCase>(&self, case: &C, read_only: bool) -> Result<C::Out, C::Error> {
        for attempt in 1.. {
            let (result, again) = self.run_once(case, read_only).await;
            if !again || attempt == ATTEMPTS {
                return result;
            }
            tracing::debug!(attempt, "a transaction is repeated after a deadlock or serialization failure");
        }
        Err(StoreError::Overloaded.into())
    }

    /// One attempt; the flag says whether another one may heal it.
    async fn run_once<C: UseCase>(&self, case: &C, read_only: bool) -> (Result<C::Out, C::Error>, bool) {
        let mut connection = match self.connection().await {
            Ok(connection) => connection,
            Err(error) => return (Err(error.into()), false),
        };
        let begun = connection.build_transaction().read_only(read_only);
        // Readers see one snapshot. Writers lock the rows they decide on, so they read what was committed last.
        let isolation = if read_only { IsolationLevel::RepeatableRead } else { IsolationLevel::ReadCommitted };
        let transaction = match begun.isolation_level(isolation).start().await {
            Ok(transaction) => transaction,
            Err(error) => return (Err(StoreError::from(error).into()), false),
        };
        let mut tx = Tx::postgres(transaction);
        let result = contained(case, &mut tx).await;
        let retryable = tx.retryable;
        let crate::tx::Engine::Postgres(transaction) = tx.engine else {
            return (Err(StoreError::Bug("a transaction changed its engine".to_owned()).into()), false);
        };
        match result {
            Ok(out) => match transaction.commit().await {
                Ok(()) => (Ok(out), false),
                Err(error) => commit_failed(error),
            },
            // Dropping the transaction rolls it back.
            Err(error) => (Err(error), retryable),
        }
    }

    pub(crate) fn close(&self) {
        self.pool.close();
    }
}

/// A plain error means that the server did not commit, and says why. One that ends the session, or none at all, may come after
/// the commit: a server that is stopped says goodbye to whoever it has not yet answered.
fn commit_failed<T, E: From<StoreError>>(error: tokio_postgres::Error) -> (Result<T, E>, bool) {
    let severity = error.as_db_error().and_then(DbError::parsed_severity);
    if severity != Some(Severity::Error) {
        return (Err(StoreError::Unknown.into()), false);
    }
    let again = matches!(error.code().map(SqlState::code), Some("40001" | "40P01"));
    (Err(StoreError::from(error).into()), again)
}

/// Why no connection could be made, without the URL (it may carry a password).
fn reason(error: &tokio_postgres::Error) -> String {
    std::error::Error::source(error).map_or_else(|| error.to_string(), ToString::to_string)
}

/// TLS with the platform's certificates, verified.
fn tls() -> Result<tokio_postgres_rustls::MakeRustlsConnect, StoreError> {
    use rustls_platform_verifier::ConfigVerifierExt as _;
    let config = rustls::ClientConfig::with_platform_verifier().map_err(|e| StoreError::Unavailable(format!("TLS: {e}")))?;
    Ok(tokio_postgres_rustls::MakeRustlsConnect::new(config))
}
