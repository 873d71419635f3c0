//! What imported events are called in their files, and what of them a schedule has no word for.

use std::{borrow::Cow, collections::BTreeMap};

use kernel::{ScheduleId, UserId};

use crate::{Column, Sql, StoreError, Tx, values};

/// What is kept of the import of one schedule, as text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Imported {
    /// What the file called it.
    pub uid: Option<String>,
    /// What was kept of the event (`""`) and of what changed single occurrences, by recurrence id.
    pub parts: BTreeMap<String, String>,
}

/// Which schedules of `owner` the files call so, deleted or not, by what they are called.
pub async fn schedules_of(tx: &mut Tx<'_>, owner: UserId, uids: &[&str]) -> Result<BTreeMap<String, ScheduleId>, StoreError> {
    let sql = Sql::each(
        "SELECT uid, schedule_id FROM imported WHERE owner_id = $1 AND uid = $2",
        "SELECT uid, schedule_id FROM unnest($1::uuid[], $2::text[]) AS asked (owner_id, uid) JOIN imported USING (owner_id, uid)",
    );
    let columns =
        [Column::Uuids(vec![owner.uuid(); uids.len()]), Column::Texts(uids.iter().map(|uid| Cow::Borrowed(*uid)).collect())];
    Ok(tx.batch_all(sql, &columns, |row| Ok((row.get(0)?, row.get(1)?))).await?.into_iter().collect())
}

/// What is kept of the import of each of `schedules`; nothing of those that were not imported.
pub async fn of(tx: &mut Tx<'_>, schedules: &[ScheduleId]) -> Result<BTreeMap<ScheduleId, Imported>, StoreError> {
    let columns = [Column::Uuids(schedules.iter().map(|id| id.uuid()).collect())];
    let uids = Sql::each(
        "SELECT schedule_id, uid FROM imported WHERE schedule_id = $1",
        "SELECT schedule_id, uid FROM imported WHERE schedule_id = ANY ($1::uuid[])",
    );
    let parts = Sql::each(
        "SELECT schedule_id, recurrence_id, text FROM imported_parts WHERE schedule_id = $1",
        "SELECT schedule_id, recurrence_id, text FROM imported_parts WHERE schedule_id = ANY ($1::uuid[])",
    );
    let mut found: BTreeMap<ScheduleId, Imported> = BTreeMap::new();
    for (id, uid) in tx.batch_all(uids, &columns, |row| Ok((row.get::<ScheduleId>(0)?, row.get(1)?))).await? {
        found.entry(id).or_default().uid = Some(uid);
    }
    let read = |row: &crate::Row<'_>| Ok((row.get::<ScheduleId>(0)?, row.get(1)?, row.get(2)?));
    for (id, recurrence_id, text) in tx.batch_all(parts, &columns, read).await? {
        found.entry(id).or_default().parts.insert(recurrence_id, text);
    }
    Ok(found)
}

/// Keeps of the import of a schedule what `imported` says, in place of what was kept before. Another schedule that the files
/// called so is called so no longer.
pub async fn put(tx: &mut Tx<'_>, owner: UserId, schedule: ScheduleId, imported: &Imported) -> Result<(), StoreError> {
    tx.execute("DELETE FROM imported WHERE schedule_id = $1", values![schedule]).await?;
    if let Some(uid) = &imported.uid {
        tx.execute(
            "INSERT INTO imported (owner_id, uid, schedule_id) VALUES ($1, $2, $3)
             ON CONFLICT (owner_id, uid) DO UPDATE SET schedule_id = excluded.schedule_id",
            values![owner, uid, schedule],
        )
        .await?;
    }
    put_parts(tx, schedule, &imported.parts).await
}

/// Keeps of a schedule and its occurrences these texts, in place of those that were kept before.
pub async fn put_parts(tx: &mut Tx<'_>, schedule: ScheduleId, parts: &BTreeMap<String, String>) -> Result<(), StoreError> {
    tx.execute("DELETE FROM imported_parts WHERE schedule_id = $1", values![schedule]).await?;
    let sql = Sql::each(
        "INSERT INTO imported_parts (schedule_id, recurrence_id, text) VALUES ($1, $2, $3)",
        "INSERT INTO imported_parts (schedule_id, recurrence_id, text) SELECT * FROM unnest($1::uuid[], $2::text[], $3::text[])",
    );
    let columns = [
        Column::Uuids(vec![schedule.uuid(); parts.len()]),
        Column::Texts(parts.keys().map(|key| Cow::Borrowed(key.as_str())).collect()),
        Column::Texts(parts.values().map(|text| Cow::Borrowed(text.as_str())).collect()),
    ];
    tx.batch(sql, &columns).await?;
    Ok(())
}

/// Keeps a component that is no event, in place of the one that was kept under its key.
pub async fn put_component(tx: &mut Tx<'_>, owner: UserId, key: &str, text: &str) -> Result<(), StoreError> {
    tx.execute(
        "INSERT INTO imported_components (owner_id, key, text) VALUES ($1, $2, $3)
         ON CONFLICT (owner_id, key) DO UPDATE SET text = excluded.text",
        values![owner, key, text],
    )
    .await?;
    Ok(())
}

/// How many components are kept for `owner`, and how many characters they have together.
pub async fn components_size(tx: &mut Tx<'_>, owner: UserId) -> Result<(i64, i64), StoreError> {
    let sql = "SELECT count(*), CAST(coalesce(sum(length(text)), 0) AS bigint) FROM imported_components WHERE owner_id = $1";
    tx.one(sql, values![owner], |row| Ok((row.get(0)?, row.get(1)?))).await
}

/// The components that are no events, after the one kept under `after`, in the order of their keys.
pub async fn components(tx: &mut Tx<'_>, owner: UserId, after: &str, limit: u32) -> Result<Vec<(String, String)>, StoreError> {
    let sql = "SELECT key, text FROM imported_components WHERE owner_id = $1 AND key > $2 ORDER BY key LIMIT $3";
    tx.all(sql, values![owner, after, limit], |row| Ok((row.get(0)?, row.get(1)?))).await
}
