//! The database: reachable, whole, migrated, in agreement with the clock, and not behind with its alarms.

use std::time::Duration;

use clockwork::SystemClock;
use kernel::{Clock as _, Instant};
use store::{Store, StoreError};

use super::{Asked, Finding, server, statistics, zones};
use crate::{
    config::{Config, Database},
    wiring::{database_of, seams},
};

const DATABASE: &str = "database";

/// Clocks that differ by more than this are worth a word.
const CLOCK_SKEW: Duration = Duration::from_secs(2);

/// An alarm that has been due for longer than this although somebody should ring it.
const OVERDUE: Duration = Duration::from_mins(1);

/// Everything about the database, and what is made from it as far as it is asked for.
pub(super) async fn examine(config: &Config, clock: &SystemClock, asked: Asked) -> Vec<Finding> {
    let place = config.database().redacted();
    if let Database::Sqlite(path) = config.database()
        && !path.exists()
    {
        return vec![Finding::well(DATABASE, format!("{place} is not there yet; the first start makes it"))];
    }
    let store = match Store::open(&database_of(config), seams()).await {
        Ok(store) => store,
        Err(StoreError::Locked(_)) => {
            let mut findings = server::ask(config, &place).await;
            findings.extend(asked.statistics.then(statistics::out_of_reach));
            findings.extend(asked.zones.then(zones::out_of_reach));
            return findings;
        }
        Err(error) => return vec![cannot_open(&place, &error)],
    };
    let findings = look(&store, &place, clock.now(), asked).await;
    store.close().await;
    findings.unwrap_or_else(|error| vec![cannot_open(&place, &error)])
}

fn cannot_open(place: &str, error: &StoreError) -> Finding {
    let remedy = match error {
        StoreError::Downgrade(_) => "Run the newer version again, or restore the backup made before the upgrade.",
        StoreError::Misconfigured(_) => "Correct `database` or `postgres.ca_file`: docs/configuration.md, \"PostgreSQL\".",
        StoreError::Unavailable(_) | StoreError::Overloaded => {
            "Check that the server runs and accepts this machine, and that host, port, user, password and certificate are right."
        }
        _ => "Restore the newest backup into another folder, look at it with `campanile doctor --data`, and tell us.",
    };
    Finding::ill(DATABASE, format!("{place}: {error}"), remedy)
}

async fn look(store: &Store, place: &str, now: Instant, asked: Asked) -> Result<Vec<Finding>, StoreError> {
    let version = app::node::engine_version(store).await?;
    let damage = app::node::damage(store).await?;
    let mut findings = vec![match damage.first() {
        None => Finding::well(DATABASE, format!("{place}, {version}")),
        Some(first) => Finding::ill(
            DATABASE,
            format!("{place} is damaged: {first}"),
            "Stop the server, keep a copy of the file, and restore the newest backup.",
        ),
    }];
    let pending = app::node::pending_migrations(store).await?;
    if !pending.is_empty() {
        let what = format!("{} to apply: {}", pending.len(), pending.join(", "));
        findings.push(Finding::well("migrations", format!("{what}; the next start does it, or `campanile migrate`")));
        return Ok(findings);
    }
    findings.push(Finding::well("migrations", "all applied"));
    findings.push(agreement(store, now).await?);
    findings.push(overdue(store, now).await?);
    if asked.statistics {
        findings.push(statistics::examine(store, now).await?);
    }
    if asked.zones {
        findings.push(zones::examine(store, now).await?);
    }
    Ok(findings)
}

/// Whether clocks agree with each other and with the latest instant anybody acted on.
async fn agreement(store: &Store, now: Instant) -> Result<Finding, StoreError> {
    const SUBJECT: &str = "time";
    let database = if store.is_shared() { app::node::database_now(store).await? } else { now };
    let skew = database.since(now).max(now.since(database));
    if skew > CLOCK_SKEW {
        // Not an illness of ours: the nodes follow the database's clock.
        let what = format!("this machine and the database differ by {} s; nodes follow the database", skew.as_secs());
        return Ok(Finding::well(SUBJECT, what));
    }
    let mark = app::node::high_water(store).await?;
    Ok(match mark.map(|mark| mark.since(database)) {
        Some(behind) if behind > CLOCK_SKEW => Finding::ill(
            SUBJECT,
            format!("the clock stands {} s before the latest instant alarms were rung at", behind.as_secs()),
            "Set the clock right before starting. If it is right: `campanile doctor --forget-clock`, while no server runs.",
        ),
        Some(_) => Finding::well(SUBJECT, "the clock agrees with what was last written"),
        None => Finding::well(SUBJECT, "nothing was written yet to compare the clock with"),
    })
}

async fn overdue(store: &Store, now: Instant) -> Result<Finding, StoreError> {
    const SUBJECT: &str = "alarms";
    let (count, oldest) = app::node::backlog(store, now).await?;
    Ok(match oldest.map(|oldest| (oldest, now.since(oldest))) {
        None => Finding::well(SUBJECT, "none is overdue"),
        Some((oldest, age)) if store.is_shared() && age > OVERDUE => Finding::ill(
            SUBJECT,
            format!("{count} are overdue, the oldest since {oldest}"),
            "If a process with the role \"worker\" runs, its log says why it does not ring them; otherwise start one.",
        ),
        Some((oldest, _)) => Finding::well(SUBJECT, format!("{count} wait since {oldest}; they ring as soon as a server runs")),
    })
}
