//! A whole calendar, page by page.

use std::collections::BTreeMap;

use domain::calendar::RecurrenceSet;
use kernel::{Instant, ScheduleId, UserId, Zone};

use super::{overrides, schedule, with_reminders};
use crate::{Row, StoreError, Tx, Value};

pub(crate) const PAGE: &str = select!(
    "WHERE owner_id = $1 AND deleted_at IS NULL AND role = 'event' AND id > $2
       AND ((rrule IS NULL AND end_at >= $3) OR (rrule IS NOT NULL AND (reach_to IS NULL OR reach_to >= $3)))
     ORDER BY id LIMIT $4"
);

/// The next schedules of `owner` by id that are not over at `since`, with everything of theirs.
pub async fn page(
    tx: &mut Tx<'_>,
    owner: UserId,
    after: Option<ScheduleId>,
    since: Instant,
    limit: u32,
) -> Result<Vec<RecurrenceSet>, StoreError> {
    let after = after.map_or(uuid::Uuid::nil(), ScheduleId::uuid);
    let params = [Value::from(owner), Value::from(after), Value::from(since), Value::from(limit)];
    let rows = tx.all(PAGE, &params, schedule).await?;
    let rows = with_reminders(tx, rows).await?;
    overrides::with_overrides(tx, rows).await
}

/// The zones in whose time schedules of `owner` are written, each with the first instant it is needed for.
pub async fn zones(tx: &mut Tx<'_>, owner: UserId) -> Result<Vec<(Zone, Instant)>, StoreError> {
    let of_schedules = "SELECT time_zone, min(coalesce(reach_from, start_at)) FROM schedules
         WHERE owner_id = $1 AND deleted_at IS NULL AND role = 'event' AND NOT all_day GROUP BY time_zone";
    let of_overrides = "SELECT o.time_zone, min(o.start_at) FROM schedules s JOIN overrides o ON o.schedule_id = s.id
         WHERE s.owner_id = $1 AND s.deleted_at IS NULL AND s.rrule IS NOT NULL AND o.time_zone IS NOT NULL AND NOT o.all_day
         GROUP BY o.time_zone";
    let zone = |row: &Row<'_>| Ok((row.parse::<Zone>(0)?, row.get::<Instant>(1)?));
    let mut found: BTreeMap<String, (Zone, Instant)> = BTreeMap::new();
    for sql in [of_schedules, of_overrides] {
        for (zone, first) in tx.all(sql, &[Value::from(owner)], zone).await? {
            let name = zone.name().to_owned();
            let first = found.get(&name).map_or(first, |(_, earlier)| first.min(*earlier));
            found.insert(name, (zone, first));
        }
    }
    Ok(found.into_values().collect())
}
