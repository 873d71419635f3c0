//! What people think of things in rooms. Reactions go with what they are about.

use std::{borrow::Cow, collections::BTreeMap};

use domain::rooms::{About, Reaction};
use kernel::{Instant, RoomId, UserId};

use crate::{Column, Sql, StoreError, Tx, values};

/// Keeps the reaction of `user`; `false` if they gave it before. What it is about has been locked.
pub async fn put(
    tx: &mut Tx<'_>,
    (room, about): (RoomId, About),
    (user, emoji): (UserId, &str),
    at: Instant,
) -> Result<bool, StoreError> {
    let sql = "INSERT INTO reactions (room_id, about, emoji, user_id, created_at) VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT (room_id, about, emoji, user_id) DO NOTHING";
    Ok(tx.execute(sql, values![room, about.to_string(), emoji, user, at]).await? == 1)
}

/// Takes the reaction of `user` back; `false` if they did not give it.
pub async fn delete(tx: &mut Tx<'_>, (room, about): (RoomId, About), (user, emoji): (UserId, &str)) -> Result<bool, StoreError> {
    let sql = "DELETE FROM reactions WHERE room_id = $1 AND about = $2 AND emoji = $3 AND user_id = $4";
    Ok(tx.execute(sql, values![room, about.to_string(), emoji, user]).await? == 1)
}

/// How many different reactions there are to something, from `user` and from all. To be asked after it was locked.
pub async fn kinds(tx: &mut Tx<'_>, (room, about): (RoomId, About), user: UserId) -> Result<(i64, i64), StoreError> {
    let sql =
        "SELECT count(*) FILTER (WHERE user_id = $3), count(DISTINCT emoji) FROM reactions WHERE room_id = $1 AND about = $2";
    tx.one(sql, values![room, about.to_string(), user], |row| Ok((row.get(0)?, row.get(1)?))).await
}

pub(crate) const OF: Sql = Sql::each(
    "SELECT about, emoji, count(*), max(user_id = $3), min(created_at) FROM reactions WHERE room_id = $1 AND about = $2
     GROUP BY emoji",
    "SELECT r.about, r.emoji, count(*), bool_or(r.user_id = asked.user_id), min(r.created_at)
     FROM unnest($1::uuid[], $2::text[], $3::uuid[]) AS asked (room_id, about, user_id)
     JOIN reactions r ON r.room_id = asked.room_id AND r.about = asked.about GROUP BY r.about, r.emoji",
);

/// The reactions to things of a room, as `user` sees them, the one that was given first coming first. What has none is left out.
pub async fn of(
    tx: &mut Tx<'_>,
    (room, user): (RoomId, UserId),
    abouts: &[About],
) -> Result<BTreeMap<About, Vec<Reaction>>, StoreError> {
    let columns = [
        Column::Uuids(vec![room.uuid(); abouts.len()]),
        Column::Texts(abouts.iter().map(|about| Cow::Owned(about.to_string())).collect()),
        Column::Uuids(vec![user.uuid(); abouts.len()]),
    ];
    let mut rows: Vec<(Instant, About, Reaction)> = tx
        .batch_all(OF, &columns, |row| {
            let reaction = Reaction { emoji: row.get(1)?, count: row.get(2)?, mine: row.get(3)? };
            Ok((row.get(4)?, row.parse(0)?, reaction))
        })
        .await?;
    rows.sort_unstable_by(|(at, _, one), (then, _, other)| (at, &one.emoji).cmp(&(then, &other.emoji)));
    let mut all: BTreeMap<About, Vec<Reaction>> = BTreeMap::new();
    for (_, about, reaction) in rows {
        all.entry(about).or_default().push(reaction);
    }
    Ok(all)
}

/// Forgets the reactions to things of a room that are no more.
pub async fn forget(tx: &mut Tx<'_>, room: RoomId, abouts: &[About]) -> Result<(), StoreError> {
    let columns = [
        Column::Uuids(vec![room.uuid(); abouts.len()]),
        Column::Texts(abouts.iter().map(|about| Cow::Owned(about.to_string())).collect()),
    ];
    tx.batch(
        Sql::each(
            "DELETE FROM reactions WHERE room_id = $1 AND about = $2",
            "DELETE FROM reactions r USING unnest($1::uuid[], $2::text[]) AS gone (room_id, about)
             WHERE r.room_id = gone.room_id AND r.about = gone.about",
        ),
        &columns,
    )
    .await?;
    Ok(())
}
