//! What can go wrong between a use case and the disk.

/// An error of the store. None of the texts carries a row's content.
#[derive(Debug, Clone, thiserror::Error)]
pub enum StoreError {
    /// The database cannot be reached or does not answer. Nothing was committed.
    #[error("the database cannot be reached: {0}")]
    Unavailable(String),
    /// The URL, or what belongs to it, is wrong: waiting does not help.
    #[error("{0}")]
    Misconfigured(String),
    /// More work is queued than will be done soon. Nothing was committed.
    #[error("the database is busy")]
    Overloaded,
    /// No room left on the disk. Nothing was committed.
    #[error("the disk of the database is full")]
    Full,
    /// The connection was lost while committing, or the disk failed at that moment: it may or may not have happened. Whoever
    /// repeats must repeat with the same keys.
    #[error("the commit was cut off, the result is unknown")]
    Unknown,
    /// A unique or foreign key said no. Carries the constraint's name where the engine tells it.
    #[error("a constraint refused the write: {0}")]
    Constraint(String),
    /// The store is shutting down.
    #[error("the store is closed")]
    Closed,
    /// Another process works on the same file.
    #[error("another process has opened {0}: stop it first, or choose another data folder")]
    Locked(String),
    /// The database was written by a newer version.
    #[error("the database was migrated by a newer version of campanile ({0}): run that version, or restore a backup")]
    Downgrade(String),
    /// A statement, a row or a migration was not as expected: a bug of ours.
    #[error("unexpected answer of the database: {0}")]
    Bug(String),
    /// A use case panicked. It was rolled back alone.
    #[error("a use case panicked and was rolled back")]
    Panicked,
}

impl StoreError {
    /// Whether the same call may succeed later without anybody changing it.
    pub fn is_transient(&self) -> bool {
        matches!(self, Self::Unavailable(_) | Self::Overloaded | Self::Full | Self::Unknown | Self::Closed)
    }

    /// Whether a constraint whose name contains `name` refused the write. SQLite names `table.column`, PostgreSQL the constraint.
    pub fn violates(&self, name: &str) -> bool {
        matches!(self, Self::Constraint(constraint) if constraint.contains(name))
    }
}

impl StoreError {
    /// What SQLite's answer to COMMIT means. Where it found no room, or a constraint refused, nothing is kept. After any other
    /// error the commit may lie whole in the log all the same, and be found there by the next start: a failed fsync says nothing
    /// about what the disk has.
    pub(crate) fn of_commit(error: rusqlite::Error) -> Self {
        match Self::from(error) {
            kept_nothing @ (Self::Full | Self::Constraint(_) | Self::Overloaded) => kept_nothing,
            error => {
                tracing::error!(%error, "a commit failed half-way; whether it happened is not known");
                Self::Unknown
            }
        }
    }
}

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        use rusqlite::ErrorCode as Code;
        match &error {
            rusqlite::Error::SqliteFailure(failure, message) => match failure.code {
                Code::DiskFull => Self::Full,
                Code::ConstraintViolation => Self::Constraint(message.clone().unwrap_or_default()),
                Code::DatabaseBusy | Code::DatabaseLocked => Self::Overloaded,
                Code::SystemIoFailure | Code::CannotOpen | Code::ReadOnly | Code::PermissionDenied => {
                    Self::Unavailable(error.to_string())
                }
                _ => Self::Bug(error.to_string()),
            },
            _ => Self::Bug(error.to_string()),
        }
    }
}

impl From<tokio_postgres::Error> for StoreError {
    fn from(error: tokio_postgres::Error) -> Self {
        let Some(db) = error.as_db_error() else {
            return if error.is_closed()
                || std::error::Error::source(&error).is_some_and(<dyn std::error::Error + 'static>::is::<std::io::Error>)
            {
                Self::Unavailable("the connection was closed".to_owned())
            } else {
                Self::Bug(error.to_string())
            };
        };
        let code = db.code().code();
        match &code[..2] {
            "23" => Self::Constraint(db.constraint().unwrap_or("unnamed").to_owned()),
            // Disk full, out of memory, too many connections; operator intervention and shutdown; connection exceptions;
            // and what a retry is for: serialization failures and deadlocks, lock and statement timeouts.
            "53" if code == "53100" => Self::Full,
            "53" | "57" | "58" | "08" => Self::Unavailable(db.message().to_owned()),
            "40" | "55" => Self::Overloaded,
            _ => Self::Bug(format!("{code} {}", db.message())),
        }
    }
}

impl kernel::Coded for StoreError {
    fn code(&self) -> &'static str {
        match self {
            Self::Unavailable(_) | Self::Closed => "store.unavailable",
            Self::Overloaded => "store.overloaded",
            Self::Full => "store.full",
            Self::Unknown => "store.unknown_result",
            Self::Misconfigured(_)
            | Self::Constraint(_)
            | Self::Locked(_)
            | Self::Downgrade(_)
            | Self::Bug(_)
            | Self::Panicked => "internal",
        }
    }

    fn category(&self) -> kernel::Category {
        match self {
            Self::Unavailable(_) | Self::Closed | Self::Overloaded | Self::Unknown => kernel::Category::Unavailable,
            Self::Full => kernel::Category::StorageFull,
            Self::Misconfigured(_)
            | Self::Constraint(_)
            | Self::Locked(_)
            | Self::Downgrade(_)
            | Self::Bug(_)
            | Self::Panicked => kernel::Category::Internal,
        }
    }

    fn retry_after_seconds(&self) -> Option<u32> {
        match self {
            Self::Overloaded => Some(1),
            Self::Unavailable(_) | Self::Closed | Self::Unknown => Some(2),
            Self::Full => Some(30),
            _ => None,
        }
    }
}
