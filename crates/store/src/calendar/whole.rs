//! A whole calendar, page by page.

use std::collections::BTreeMap;

use domain::calendar::{RecurrenceSet, icalendar::Privacy};
use kernel::{Instant, ScheduleId, UserId, Zone};

use super::{overrides, schedule, with_reminders};
use crate::{Row, StoreError, Tx, Value};

/// Schedules of `$1` that are not over at `$2`.
macro_rules! not_over {
    () => {
        "owner_id = $1 AND deleted_at IS NULL AND role = 'event'
           AND ((rrule IS NULL AND end_at >= $2) OR (rrule IS NOT NULL AND (reach_to IS NULL OR reach_to >= $2)))"
    };
}

pub(crate) const PAGE: &str = concat!(select!("WHERE "), not_over!(), " AND id > $3 ORDER BY id LIMIT $4");

/// The next schedules of `owner` by id that are not over at `since`, with everything of theirs.
pub async fn page(
    tx: &mut Tx<'_>,
    owner: UserId,
    after: Option<ScheduleId>,
    since: Instant,
    limit: u32,
) -> Result<Vec<RecurrenceSet>, StoreError> {
    let after = after.map_or(uuid::Uuid::nil(), ScheduleId::uuid);
    let params = [Value::from(owner), Value::from(since), Value::from(after), Value::from(limit)];
    let rows = tx.all(PAGE, &params, schedule).await?;
    let rows = with_reminders(tx, rows).await?;
    overrides::with_overrides(tx, rows).await
}

/// The zones in whose time schedules of `owner` that are not over at `since` are written, each with the first instant it is needed
/// for. Busy times are in UTC, but for series.
pub async fn zones(tx: &mut Tx<'_>, owner: UserId, since: Instant, privacy: Privacy) -> Result<Vec<(Zone, Instant)>, StoreError> {
    let of_schedules = concat!(
        "SELECT time_zone, min(coalesce(reach_from, start_at)) FROM schedules WHERE NOT all_day AND ",
        not_over!(),
        " GROUP BY time_zone"
    );
    let of_busy_series = concat!(
        "SELECT time_zone, min(coalesce(reach_from, start_at)) FROM schedules
         WHERE NOT all_day AND rrule IS NOT NULL AND busy AND ",
        not_over!(),
        " GROUP BY time_zone"
    );
    let of_overrides = concat!(
        "SELECT time_zone, min(start_at) FROM overrides WHERE time_zone IS NOT NULL AND NOT all_day
         AND schedule_id IN (SELECT id FROM schedules WHERE rrule IS NOT NULL AND ",
        not_over!(),
        ") GROUP BY time_zone"
    );
    let needed: &[&str] = if privacy == Privacy::Busy { &[of_busy_series] } else { &[of_schedules, of_overrides] };
    let zone = |row: &Row<'_>| Ok((row.parse::<Zone>(0)?, row.get::<Instant>(1)?));
    let mut found: BTreeMap<String, (Zone, Instant)> = BTreeMap::new();
    for sql in needed {
        for (zone, first) in tx.all(*sql, &[Value::from(owner), Value::from(since)], zone).await? {
            let name = zone.name().to_owned();
            let first = found.get(&name).map_or(first, |(_, earlier)| first.min(*earlier));
            found.insert(name, (zone, first));
        }
    }
    Ok(found.into_values().collect())
}
