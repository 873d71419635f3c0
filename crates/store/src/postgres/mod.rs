//! PostgreSQL 15 or later, over a pool.

mod reach;

use std::{path::Path, time::Duration};

use clockwork::Backoff;
use deadpool_postgres::{Manager, ManagerConfig, Object, Pool, PoolError, QueueMode, RecyclingMethod, Runtime};
use futures_util::FutureExt as _;
use tokio_postgres::{
    IsolationLevel,
    config::SslMode,
    error::{DbError, Severity, SqlState},
};

use crate::{Seams, StoreError, Tx, UseCase, engine::contained};

/// How long a use case waits for a connection, and a connection for the server, before the caller is told "unavailable".
const WAIT: Duration = Duration::from_secs(5);

/// For how long a use case that met a deadlock, a serialization failure or a held lock is begun again. With the last attempt,
/// which may wait for a lock until it times out, this stays below the time that a request has.
const AGAIN_FOR: Duration = Duration::from_secs(15);

/// The waits before it is begun again.
const AGAIN: Backoff = Backoff { first: Duration::from_millis(10), most: Duration::from_millis(500) };

pub(crate) struct Postgres {
    pool: Pool,
    seams: Seams,
}

impl Postgres {
    pub(crate) async fn connect(url: &str, size: usize, ca_file: Option<&Path>, seams: Seams) -> Result<Self, StoreError> {
        let mut config = reach::parameters(url, ca_file)?;
        config.application_name("campanile").connect_timeout(WAIT).keepalives_idle(Duration::from_secs(30));
        config.tcp_user_timeout(Duration::from_secs(15));
        let manager_config = ManagerConfig { recycling_method: RecyclingMethod::Fast };
        let manager = if config.get_ssl_mode() == SslMode::Disable {
            Manager::from_config(config, tokio_postgres::NoTls, manager_config)
        } else {
            Manager::from_config(config, reach::tls(ca_file)?, manager_config)
        };
        let pool = Pool::builder(manager)
            .max_size(size)
            // The one that was used last has its plans and pages at hand; in turn, each of them would be the one used longest ago.
            .queue_mode(QueueMode::Lifo)
            .runtime(Runtime::Tokio1)
            .wait_timeout(Some(WAIT))
            .create_timeout(Some(WAIT))
            .recycle_timeout(Some(WAIT))
            .build()
            .map_err(|e| StoreError::Bug(e.to_string()))?;
        let postgres = Self { pool, seams };
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
        let clock = &*self.seams.clock;
        let began = clock.monotonic();
        for failures in 1.. {
            let (result, again) = self.run_once(case, read_only).await;
            if !again {
                return result;
            }
            let pause = AGAIN.fully_jittered(failures, &*self.seams.entropy);
            if clock.monotonic().saturating_sub(began) + pause > AGAIN_FOR {
                return result;
            }
            tracing::debug!(failures, "a transaction is repeated after a deadlock, a serialization failure or a held lock");
            clock.sleep(pause).await;
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
            Ok(out) if read_only => {
                // There is nothing in it that could fail to be kept. It is sent off when it is polled first; nobody waits for the answer.
                _ = transaction.commit().now_or_never();
                (Ok(out), false)
            }
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
    let again = is_passing(&error);
    (Err(StoreError::from(error).into()), again)
}

/// Serialization failure, deadlock, a lock that somebody held for too long: the whole transaction is to be repeated.
pub(crate) fn is_passing(error: &tokio_postgres::Error) -> bool {
    matches!(error.code().map(SqlState::code), Some("40001" | "40P01" | "55P03"))
}

/// Why no connection could be made, without the URL (it may carry a password).
fn reason(error: &tokio_postgres::Error) -> String {
    std::error::Error::source(error).map_or_else(|| error.to_string(), ToString::to_string)
}
