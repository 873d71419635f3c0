//! The database of time zones, and what of the calendars was derived by another one.

use app::calendar::zones::{Survey, survey};
use kernel::{Instant, ZoneDatabase};
use store::{Store, StoreError};

use super::Finding;
use crate::{cli::Failure, config::Config, wiring::go_by_zones};

const SUBJECT: &str = "time zones";

const REPLAN: &str = "zone database";

/// Lets the doctor go by the configured database, as a server would.
pub(super) fn database(config: &Config) -> Finding {
    match go_by_zones(config) {
        Ok(()) => {
            let place = config.zoneinfo.as_ref().map_or("built in".to_owned(), |folder| format!("from {}", folder.display()));
            Finding::well(SUBJECT, format!("IANA {}, {place}", ZoneDatabase::in_use().version()))
        }
        Err(Failure::Failed { what, hint }) => Finding::ill(SUBJECT, what, hint.unwrap_or_default()),
        Err(_) => Finding::ill(SUBJECT, "they cannot be read", "Look at `zoneinfo` in the configuration."),
    }
}

/// By which database everything was derived, and what moves by the one in use.
pub(super) async fn examine(store: &Store, now: Instant) -> Result<Finding, StoreError> {
    Ok(report(&survey(store, now).await?))
}

fn report(survey: &Survey) -> Finding {
    let Survey { version, recorded, looked, moving, moves, unreadable } = survey;
    let before = match recorded {
        Some(recorded) if recorded.version == *version => format!("{version}, recorded since {}", recorded.since),
        Some(recorded) => format!("{version}; recorded is {} since {}", recorded.version, recorded.since),
        None => format!("{version}; none is recorded yet"),
    };
    let looked = format!("{before}; {looked} schedules that are not over were looked at");
    if *moving == 0 && *unreadable == 0 {
        let is_recorded = recorded.as_ref().is_some_and(|recorded| recorded.version == *version);
        let next = if is_recorded { "" } else { "; the next start records it" };
        return Finding::well(REPLAN, format!("{looked}, none moves{next}"));
    }
    let mut lines = vec![format!("{looked}, {moving} move")];
    if *unreadable > 0 {
        lines.push(format!("{unreadable} cannot be read; the log of the server names them"));
    }
    lines.extend(moves.iter().map(|moved| format!("{} {} → {}", moved.schedule, moved.from, moved.to)));
    let untold = moving.saturating_sub(moves.len() as u64);
    if untold > 0 {
        lines.push(format!("and {untold} more"));
    }
    let remedy = if *moving > 0 {
        "Planning anew is pending: start the server, or start it again. It does this in the background and logs each."
    } else {
        "Look at these rows; docs/operations.md, \"A new tz database\"."
    };
    Finding::ill(REPLAN, lines.join("\n                   "), remedy)
}

/// A server holds the only way to the file.
pub(super) fn out_of_reach() -> Finding {
    Finding::out_of_reach(REPLAN)
}
