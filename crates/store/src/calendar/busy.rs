//! What time of somebody's is taken: as much of their schedules as that needs.

use std::collections::HashMap;

use domain::calendar::{RecurrenceSet, conflicts::Once};
use kernel::{Instant, ScheduleId, UserId};

use super::{MAX_SPAN, overrides, schedule};
use crate::{Column, Question, Sql, StoreError, Tx, values};

macro_rules! once {
    ($index:literal) => {
        concat!(
            "SELECT id, start_at, end_at FROM schedules ",
            $index,
            " WHERE owner_id = $1 AND deleted_at IS NULL AND rrule IS NULL AND busy AND end_at > start_at
                AND start_at >= $2 AND start_at < $3 AND end_at > $4 ORDER BY start_at, id LIMIT $5"
        )
    };
}

// SQLite does not know that many schedules are not busy.
pub(crate) const ONCE: Sql = Sql::each(once!("INDEXED BY schedules_busy"), once!(""));

// Counted, because PostgreSQL answers EXISTS behind OR by reading all overrides of everybody once.
pub(crate) const SERIES: &str = select!(
    "WHERE owner_id = $1 AND deleted_at IS NULL AND rrule IS NOT NULL AND reach_from < $2 AND (reach_to IS NULL OR reach_to >= $3)
       AND (busy OR (SELECT count(*) FROM overrides own WHERE own.schedule_id = schedules.id AND own.busy) > 0) LIMIT $4"
);

/// What of `owner` takes time in `from..to`: what happens once, by start, and what repeats and is busy at least once and may have
/// occurrences there, in no order; of each at most so many. Of series it is what [`super::pages::series_within`] has of them.
pub async fn within(
    tx: &mut Tx<'_>,
    owner: UserId,
    (from, to): (Instant, Instant),
    (most_once, most_series): (u32, u32),
) -> Result<(Vec<Once>, Vec<RecurrenceSet>), StoreError> {
    // Nothing lasts longer than MAX_SPAN, so nothing that starts before that can reach into the range.
    let (once, series, range) =
        (values![owner, from - MAX_SPAN, to, from, most_once], values![owner, to, from, most_series], values![owner, to, from]);
    let (once, series, own) = tx
        .together((
            Question::new(ONCE, once, |row| Ok(Once { schedule: row.get(0)?, start: row.get(1)?, end: row.get(2)? })),
            Question::new(SERIES, series, schedule),
            Question::new(overrides::OF_OWNER, range, overrides::of_schedule),
        ))
        .await?;
    Ok((once, overrides::beside(series, own)))
}

/// The titles of those of `ids` that are `owner`'s.
pub async fn titles(tx: &mut Tx<'_>, owner: UserId, ids: &[ScheduleId]) -> Result<HashMap<ScheduleId, String>, StoreError> {
    let sql = Sql::each(
        "SELECT id, title FROM schedules WHERE id = $1 AND owner_id = $2",
        "SELECT id, title FROM schedules JOIN unnest($1::uuid[], $2::uuid[]) AS asked (of, whose) ON id = of AND owner_id = whose",
    );
    let columns =
        [Column::Uuids(ids.iter().map(|id| id.uuid()).collect()), Column::Uuids(ids.iter().map(|_| owner.uuid()).collect())];
    Ok(tx.batch_all(sql, &columns, |row| Ok((row.get(0)?, row.get(1)?))).await?.into_iter().collect())
}
