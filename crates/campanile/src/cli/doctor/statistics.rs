//! The ledgers of work, read from their beginning.

use app::calendar::progress::audit;
use kernel::Instant;
use store::{Store, StoreError};

use super::Finding;

const SUBJECT: &str = "statistics";

/// Whether tables and statistics say what the ledgers say.
pub(super) async fn examine(store: &Store, now: Instant) -> Result<Finding, StoreError> {
    let audit = audit(store, now).await?;
    let what = format!(
        "{} entries of {} people replayed: {} sessions, {} s that count",
        audit.entries, audit.people, audit.sessions, audit.worked_seconds
    );
    if audit.differing == 0 {
        return Ok(Finding::well(SUBJECT, format!("{what}; the tables and the API say the same")));
    }
    let first = audit.differences.join("\n                   ");
    Ok(Finding::ill(
        SUBJECT,
        format!("{what}; {} differ:\n                   {first}", audit.differing),
        "This is a bug of ours or a change from outside: keep a copy of the database, and tell us.",
    ))
}

/// A server holds the only way to the file.
pub(super) fn out_of_reach() -> Finding {
    Finding::out_of_reach(SUBJECT)
}
