//! Progress: the ledger of what was done, and its projections, written in the transaction of each entry.

use std::{
    borrow::Cow,
    collections::{HashMap, HashSet},
};

use domain::calendar::{
    Occurrence, RecurrenceSet,
    progress::{Entry, Item, Progress, Session, State, Step, Work},
};
use kernel::{Instant, ScheduleId, UserId, WallTime};

use crate::{Column, Row, Sql, StoreError, Tx, values};

/// The columns of [`Progress`], in the order [`progress`] reads them.
macro_rules! columns {
    () => {
        "state, run, since, worked_seconds, entries"
    };
}

pub(crate) const RUNNING: &str =
    concat!("SELECT schedule_id, recurrence_id, ", columns!(), " FROM progress WHERE owner_id = $1 AND state = 'IN_PROGRESS'");

/// The item of `owner` that is in progress, if one is.
pub async fn running(tx: &mut Tx<'_>, owner: UserId) -> Result<Option<(Item, Progress)>, StoreError> {
    tx.optional(RUNNING, values![owner], of_item).await
}

pub(crate) const WORKED_UNTIL: &str = "SELECT ended_at FROM work_sessions
     WHERE owner_id = $1 AND voided_at IS NULL AND ended_at > started_at ORDER BY started_at DESC LIMIT 1";

/// When the last session of `owner` that counts ended.
pub async fn worked_until(tx: &mut Tx<'_>, owner: UserId) -> Result<Option<Instant>, StoreError> {
    // They do not overlap, so the one that began last also ended last.
    tx.optional(WORKED_UNTIL, values![owner], |row| row.get(0)).await
}

/// The progress of schedules that happen once.
pub(crate) const OF_ONCE: Sql = Sql::each(
    concat!("SELECT schedule_id, recurrence_id, ", columns!(), " FROM progress WHERE schedule_id = $1 AND recurrence_id = ''"),
    concat!(
        "SELECT schedule_id, recurrence_id, ",
        columns!(),
        " FROM progress WHERE schedule_id = ANY ($1::uuid[]) AND recurrence_id = ''"
    ),
);

/// Puts the progress of their occurrences beside series, from the occurrence named with each on.
pub(crate) async fn attach_from(tx: &mut Tx<'_>, sets: &mut [RecurrenceSet], from: &[String]) -> Result<(), StoreError> {
    let (sets_of, from): (Vec<_>, Vec<_>) = sets.iter().zip(from).filter(|(set, _)| set.schedule.series.is_some()).unzip();
    let columns = [
        Column::Uuids(sets_of.iter().map(|set| set.schedule.id.uuid()).collect()),
        Column::Texts(from.into_iter().map(|from| Cow::Borrowed(from.as_str())).collect()),
    ];
    let found = tx.batch_all(OF_SERIES, &columns, of_item).await?;
    let places: HashMap<ScheduleId, usize> = (0..).zip(sets.iter()).map(|(place, set)| (set.schedule.id, place)).collect();
    for (of, progress) in found {
        if let (Some(place), Some(which)) = (places.get(&of.schedule), of.recurrence_id) {
            sets[*place].progress.insert(which, progress);
        }
    }
    Ok(())
}

pub(crate) const OF_SERIES: Sql = Sql::each(
    concat!(
        "SELECT schedule_id, recurrence_id, ",
        columns!(),
        " FROM progress WHERE schedule_id = $1 AND recurrence_id >= $2 AND recurrence_id <> ''"
    ),
    concat!(
        "SELECT schedule_id, recurrence_id, ",
        columns!(),
        " FROM unnest($1::uuid[], $2::text[]) AS s (id, first)
         JOIN progress ON schedule_id = id AND recurrence_id >= first AND recurrence_id <> ''"
    ),
);

pub(crate) const OF_OCCURRENCES: Sql = Sql::each(
    concat!("SELECT schedule_id, recurrence_id, ", columns!(), " FROM progress WHERE schedule_id = $1 AND recurrence_id = $2"),
    concat!(
        "SELECT schedule_id, recurrence_id, ",
        columns!(),
        " FROM unnest($1::uuid[], $2::text[]) AS o (id, name) JOIN progress ON schedule_id = id AND recurrence_id = name"
    ),
);

/// Puts their progress beside single occurrences, as a list shows them.
pub async fn attach_to_occurrences(tx: &mut Tx<'_>, occurrences: &mut [Occurrence]) -> Result<(), StoreError> {
    let found = of_occurrences(tx, occurrences.iter().filter_map(|o| Some((o.schedule.id, o.recurrence_id?)))).await?;
    for occurrence in occurrences.iter_mut().filter(|occurrence| occurrence.recurrence_id.is_some()) {
        let item = Item { schedule: occurrence.schedule.id, recurrence_id: occurrence.recurrence_id };
        occurrence.schedule.progress = found.get(&item).copied().unwrap_or_default();
    }
    Ok(())
}

/// How far occurrences are; one that was never touched is not among them.
pub async fn of_occurrences(
    tx: &mut Tx<'_>,
    which: impl Iterator<Item = (ScheduleId, WallTime)> + Send,
) -> Result<HashMap<Item, Progress>, StoreError> {
    let (ids, names): (Vec<_>, Vec<_>) = which.map(|(id, which)| (id.uuid(), Cow::Owned(which.to_string()))).unzip();
    let found = tx.batch_all(OF_OCCURRENCES, &[Column::Uuids(ids), Column::Texts(names)], of_item).await?;
    Ok(found.into_iter().collect())
}

pub(crate) const OCCURRENCES_AS_FAR: &str = "SELECT schedule_id, recurrence_id FROM progress
     WHERE owner_id = $1 AND state = $2 AND recurrence_id <> ''
       AND recurrence_id >= $3 AND (recurrence_id, schedule_id) > ($3, $4) AND recurrence_id < $5
     ORDER BY recurrence_id, schedule_id LIMIT $6";

/// At most `limit` occurrences of series of `owner` that are as far as `state`, as walls show them, up to `until`: from a wall time on,
/// or after one of a schedule. One that was never touched is not among them, one that was deleted may be.
pub async fn occurrences_as_far(
    tx: &mut Tx<'_>,
    owner: UserId,
    state: State,
    (from, until): ((WallTime, Option<ScheduleId>), WallTime),
    limit: u32,
) -> Result<Vec<(ScheduleId, WallTime)>, StoreError> {
    let after = from.1.map_or(uuid::Uuid::nil(), ScheduleId::uuid);
    let params = values![owner, state.as_str(), from.0.to_string(), after, until.to_string(), limit];
    tx.all(OCCURRENCES_AS_FAR, params, |row| Ok((row.get(0)?, row.parse(1)?))).await
}

pub(crate) fn of_item(row: &Row<'_>) -> Result<(Item, Progress), StoreError> {
    Ok((item(row)?, progress(row, 2)?))
}

/// Gives everything that was done with items of `owner` to others, each to the one named with it: occurrences are called otherwise
/// now, or belong to another schedule. Nothing was done with those, or it is given away as well. The lines themselves stay as they were
/// written. However many they are, it is so many statements.
pub async fn rename(tx: &mut Tx<'_>, owner: UserId, items: &[(Item, Item)]) -> Result<(), StoreError> {
    if items.is_empty() {
        return Ok(());
    }
    let place = |item: &Item| (item.schedule, name(item));
    let (from, to): (Vec<Place>, Vec<Place>) = items.iter().map(|(from, to)| (place(from), place(to))).unzip();
    let taken: HashSet<&Place> = from.iter().collect();
    if to.iter().all(|to| !taken.contains(to)) {
        return give(tx, owner, &from, &to).await;
    }
    // Where one takes the name of another, all of them step aside first.
    let aside: Vec<Place> = from.iter().map(|(schedule, name)| (*schedule, format!("~{name}"))).collect();
    give(tx, owner, &from, &aside).await?;
    give(tx, owner, &aside, &to).await
}

/// An item as it is kept.
type Place = (ScheduleId, String);

async fn give(tx: &mut Tx<'_>, owner: UserId, from: &[Place], to: &[Place]) -> Result<(), StoreError> {
    fn names(places: &[Place]) -> Column<'_> {
        Column::Texts(places.iter().map(|(_, name)| Cow::Borrowed(name.as_str())).collect())
    }
    let ids = |places: &[Place]| Column::Uuids(places.iter().map(|(schedule, _)| schedule.uuid()).collect());
    let columns = [ids(from), names(from), Column::Uuids(vec![owner.uuid(); from.len()]), ids(to), names(to)];
    for statement in GIVE {
        tx.batch(statement, &columns).await?;
    }
    // Only now: what was worked hangs on the lines.
    tx.batch(FORGET_LINES, &columns[..3]).await?;
    Ok(())
}

/// Each takes the items, their owner, and the items that take their place.
const GIVE: [Sql; 3] = [
    Sql::each(
        "INSERT INTO ledger (schedule_id, recurrence_id, seq, owner_id, run, action, at, recorded_at)
         SELECT $4, $5, seq, owner_id, run, action, at, recorded_at FROM ledger
         WHERE schedule_id = $1 AND recurrence_id = $2 AND owner_id = $3",
        "INSERT INTO ledger (schedule_id, recurrence_id, seq, owner_id, run, action, at, recorded_at)
         SELECT n.to_id, n.to_name, seq, owner_id, run, action, at, recorded_at
         FROM unnest($1::uuid[], $2::text[], $3::uuid[], $4::uuid[], $5::text[]) AS n (id, name, owner, to_id, to_name)
         JOIN ledger ON schedule_id = n.id AND recurrence_id = n.name AND owner_id = n.owner",
    ),
    Sql::each(
        "UPDATE work_sessions SET schedule_id = $4, recurrence_id = $5
         WHERE schedule_id = $1 AND recurrence_id = $2 AND owner_id = $3",
        "UPDATE work_sessions SET schedule_id = n.to_id, recurrence_id = n.to_name
         FROM unnest($1::uuid[], $2::text[], $3::uuid[], $4::uuid[], $5::text[]) AS n (id, name, owner, to_id, to_name)
         WHERE schedule_id = n.id AND recurrence_id = n.name AND owner_id = n.owner",
    ),
    Sql::each(
        "UPDATE progress SET schedule_id = $4, recurrence_id = $5 WHERE schedule_id = $1 AND recurrence_id = $2 AND owner_id = $3",
        "UPDATE progress SET schedule_id = n.to_id, recurrence_id = n.to_name
         FROM unnest($1::uuid[], $2::text[], $3::uuid[], $4::uuid[], $5::text[]) AS n (id, name, owner, to_id, to_name)
         WHERE schedule_id = n.id AND recurrence_id = n.name AND owner_id = n.owner",
    ),
];

const FORGET_LINES: Sql = Sql::each(
    "DELETE FROM ledger WHERE schedule_id = $1 AND recurrence_id = $2 AND owner_id = $3",
    "DELETE FROM ledger USING unnest($1::uuid[], $2::text[], $3::uuid[]) AS n (id, name, owner)
     WHERE schedule_id = n.id AND recurrence_id = n.name AND owner_id = n.owner",
);

/// Writes a step of an item of `owner`: the entry, and what it changes in the projections. The item's schedule must be locked.
pub async fn record(tx: &mut Tx<'_>, owner: UserId, item: &Item, step: &Step, now: Instant) -> Result<(), StoreError> {
    let Step { entry, work, after } = step;
    tx.execute(
        "INSERT INTO ledger (schedule_id, recurrence_id, seq, owner_id, run, action, at, recorded_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        values![item.schedule, name(item), entry.seq, owner, entry.run, entry.action.as_str(), entry.at, now],
    )
    .await?;
    tx.execute(
        "INSERT INTO progress (schedule_id, recurrence_id, owner_id, state, run, since, worked_seconds, entries)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
         ON CONFLICT (schedule_id, recurrence_id) DO UPDATE SET state = excluded.state, run = excluded.run,
             since = excluded.since, worked_seconds = excluded.worked_seconds, entries = excluded.entries",
        values![item.schedule, name(item), owner, after.state.as_str(), after.run, entry.at, after.worked_seconds, after.entries],
    )
    .await?;
    work_on(tx, owner, item, entry, *work).await
}

/// What an entry does to the sessions of its item.
async fn work_on(tx: &mut Tx<'_>, owner: UserId, item: &Item, entry: &Entry, work: Work) -> Result<(), StoreError> {
    let (schedule, occurrence, Entry { seq, run, at, .. }) = (item.schedule, name(item), *entry);
    match work {
        Work::Keep => return Ok(()),
        Work::Begin | Work::Moment => {
            let ended_at = (work == Work::Moment).then_some(at);
            tx.execute(
                "INSERT INTO work_sessions (schedule_id, recurrence_id, opened_by, owner_id, run, started_at, ended_at)
                 VALUES ($1, $2, $3, $4, $5, $6, $7)",
                values![schedule, occurrence, seq, owner, run, at, ended_at],
            )
            .await
        }
        Work::End => {
            tx.execute(
                "UPDATE work_sessions SET ended_at = $3 WHERE schedule_id = $1 AND recurrence_id = $2 AND ended_at IS NULL",
                values![schedule, occurrence, at],
            )
            .await
        }
        Work::Void => {
            tx.execute(
                "UPDATE work_sessions SET ended_at = coalesce(ended_at, $4), voided_at = $4
                 WHERE schedule_id = $1 AND recurrence_id = $2 AND run = $3",
                values![schedule, occurrence, run, at],
            )
            .await
        }
    }
    .map(|_| ())
}

/// A stretch of work that counts, and whose.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Worked {
    /// Of which schedule.
    pub schedule: ScheduleId,
    /// The kind the schedule has now.
    pub kind: String,
    /// When it began.
    pub started_at: Instant,
    /// When it ended; `None` while it goes on.
    pub ended_at: Option<Instant>,
}

pub(crate) const REACHING: &str = "SELECT started_at FROM work_sessions
     WHERE owner_id = $1 AND voided_at IS NULL AND started_at <= $2 AND (ended_at IS NULL OR ended_at > started_at)
     ORDER BY started_at DESC LIMIT 1";

/// When the session of `owner` began that `at` may lie in: they do not overlap, so it is the last one that began by then.
pub async fn reaching(tx: &mut Tx<'_>, owner: UserId, at: Instant) -> Result<Option<Instant>, StoreError> {
    tx.optional(REACHING, values![owner, at], |row| row.get(0)).await
}

pub(crate) const WORKED: &str = "SELECT w.schedule_id, s.kind, w.started_at, w.ended_at
     FROM work_sessions w JOIN schedules s ON s.id = w.schedule_id
     WHERE w.owner_id = $1 AND w.voided_at IS NULL AND w.started_at >= $2 AND w.started_at < $3
       AND (w.ended_at IS NULL OR w.ended_at > w.started_at) AND s.deleted_at IS NULL
     ORDER BY w.started_at LIMIT $4";

/// At most `limit` sessions of `owner` that count and began in `from..to`, by their begin, no two of which are equal. What was done
/// without being started has no length, and what lies in the trash does not count.
pub async fn worked(
    tx: &mut Tx<'_>,
    owner: UserId,
    (from, to): (Instant, Instant),
    limit: u32,
) -> Result<Vec<Worked>, StoreError> {
    tx.all(WORKED, values![owner, from, to, limit], |row| {
        Ok(Worked { schedule: row.get(0)?, kind: row.get(1)?, started_at: row.get(2)?, ended_at: row.get(3)? })
    })
    .await
}

/// An item that is completed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Completed {
    /// Which.
    pub item: Item,
    /// The kind its schedule has now.
    pub kind: String,
    /// Since when.
    pub at: Instant,
}

pub(crate) const COMPLETED: &str = "SELECT p.schedule_id, p.recurrence_id, s.kind, p.since
     FROM progress p JOIN schedules s ON s.id = p.schedule_id
     WHERE p.owner_id = $1 AND p.state = 'COMPLETED' AND p.since >= $2 AND p.since < $3
       AND (p.since, p.schedule_id, p.recurrence_id) > ($2, $4, $5) AND s.deleted_at IS NULL
     ORDER BY p.since, p.schedule_id, p.recurrence_id LIMIT $6";

/// At most `limit` items of `owner` that were completed in `from..to` and still are, by when; `after`, if given, is the last of
/// those that were completed at `from` and are known already.
pub async fn completed(
    tx: &mut Tx<'_>,
    owner: UserId,
    (from, to): (Instant, Instant),
    after: Option<&Item>,
    limit: u32,
) -> Result<Vec<Completed>, StoreError> {
    let (schedule, occurrence) = after.map_or((uuid::Uuid::nil(), String::new()), |item| (item.schedule.uuid(), name(item)));
    tx.all(COMPLETED, values![owner, from, to, schedule, occurrence, limit], |row| {
        Ok(Completed { item: item(row)?, kind: row.get(2)?, at: row.get(3)? })
    })
    .await
}

/// Owners who have a ledger, by id, after `after`.
pub async fn owners(tx: &mut Tx<'_>, after: UserId, limit: u32) -> Result<Vec<UserId>, StoreError> {
    tx.all("SELECT DISTINCT owner_id FROM ledger WHERE owner_id > $1 ORDER BY owner_id LIMIT $2", values![after, limit], |row| {
        row.get(0)
    })
    .await
}

/// The whole ledger of `owner`, item by item, in order.
pub async fn ledger(tx: &mut Tx<'_>, owner: UserId) -> Result<Vec<(Item, Entry)>, StoreError> {
    tx.all(
        "SELECT schedule_id, recurrence_id, seq, run, action, at FROM ledger WHERE owner_id = $1
         ORDER BY schedule_id, recurrence_id, seq",
        values![owner],
        |row| Ok((item(row)?, Entry { seq: row.get(2)?, run: row.get(3)?, action: row.parse(4)?, at: row.get(5)? })),
    )
    .await
}

/// A line of a ledger, and when the server heard of it.
pub type Recorded = (Entry, Instant);

pub(crate) const HISTORY: &str = "SELECT seq, run, action, at, recorded_at FROM ledger
     WHERE schedule_id = $1 AND recurrence_id = $2 AND owner_id = $3 AND seq > $4 ORDER BY seq LIMIT $5";

/// The ledger of an item of `owner` after the line `after`, in order.
pub async fn history(tx: &mut Tx<'_>, owner: UserId, item: &Item, after: i64, limit: u32) -> Result<Vec<Recorded>, StoreError> {
    tx.all(HISTORY, values![item.schedule, name(item), owner, after, limit], |row| {
        Ok((Entry { seq: row.get(0)?, run: row.get(1)?, action: row.parse(2)?, at: row.get(3)? }, row.get(4)?))
    })
    .await
}

/// What the tables say of every item of `owner` that was ever touched.
pub async fn all(tx: &mut Tx<'_>, owner: UserId) -> Result<Vec<(Item, Progress)>, StoreError> {
    tx.all(
        concat!(
            "SELECT schedule_id, recurrence_id, ",
            columns!(),
            " FROM progress WHERE owner_id = $1 ORDER BY schedule_id, recurrence_id"
        ),
        values![owner],
        of_item,
    )
    .await
}

/// Every session of `owner`, void or not, item by item, in order.
pub async fn sessions(tx: &mut Tx<'_>, owner: UserId) -> Result<Vec<(Item, Session)>, StoreError> {
    tx.all(
        "SELECT schedule_id, recurrence_id, opened_by, run, started_at, ended_at, voided_at FROM work_sessions
         WHERE owner_id = $1 ORDER BY schedule_id, recurrence_id, opened_by",
        values![owner],
        |row| {
            let session = Session {
                opened_by: row.get(2)?,
                run: row.get(3)?,
                started_at: row.get(4)?,
                ended_at: row.get(5)?,
                voided_at: row.get(6)?,
            };
            Ok((item(row)?, session))
        },
    )
    .await
}

/// The schedules of `owner` that have a ledger and do not lie in the trash, with their kinds.
pub async fn kinds(tx: &mut Tx<'_>, owner: UserId) -> Result<Vec<(ScheduleId, String)>, StoreError> {
    tx.all(
        "SELECT id, kind FROM schedules WHERE deleted_at IS NULL AND owner_id = $1
           AND id IN (SELECT schedule_id FROM ledger WHERE owner_id = $1)",
        values![owner],
        |row| Ok((row.get(0)?, row.get(1)?)),
    )
    .await
}

/// How an item is called beside its schedule.
fn name(item: &Item) -> String {
    item.recurrence_id.map(|which| which.to_string()).unwrap_or_default()
}

fn item(row: &Row<'_>) -> Result<Item, StoreError> {
    let recurrence_id = if row.get::<String>(1)?.is_empty() { None } else { Some(row.parse(1)?) };
    Ok(Item { schedule: row.get(0)?, recurrence_id })
}

fn progress(row: &Row<'_>, first: usize) -> Result<Progress, StoreError> {
    Ok(Progress {
        state: row.parse::<State>(first)?,
        run: row.get(first + 1)?,
        since: Some(row.get(first + 2)?),
        worked_seconds: row.get(first + 3)?,
        entries: row.get(first + 4)?,
    })
}
