//! What schedules are found by: tokens made by `domain`, each behind a mark of its owner, so that what others wrote neither shows nor
//! makes a search slower.
//!
//! Of a tag the marks are kept instead of the name. A query is first held against the names of its owner's tags, so a tag that is
//! renamed or merged is found by its new name at once, and no schedule has to be read again.

use std::fmt::Write as _;

use domain::calendar::{
    RecurrenceSet,
    search::{Query, Term, tokens},
};
use kernel::{ScheduleId, UserId};

use crate::{Sql, StoreError, Tx, labels::tags, values};

/// Keeps what a schedule is found by, in place of what was kept before. Its tags must have been given to it.
pub async fn put(tx: &mut Tx<'_>, set: &RecurrenceSet) -> Result<(), StoreError> {
    let (id, owner) = (set.schedule.id, owner_mark(set.schedule.owner));
    let mut text = String::new();
    for token in tokens(set) {
        let _ = write!(text, "{owner}{token} ");
    }
    if !set.schedule.labels.tags.is_empty() {
        for (_, tag, _) in tags::of_schedules(tx, &[id]).await? {
            let _ = write!(text, "{owner}{TAG}{} ", tags::mark(tag));
        }
    }
    let text = text.trim_end();
    let document = Sql::each(
        "INSERT INTO search_documents (schedule_id) SELECT $1 WHERE $2 = $2 ON CONFLICT (schedule_id) DO NOTHING",
        "INSERT INTO search_documents (schedule_id, tokens) VALUES ($1, array_to_tsvector(string_to_array($2, ' ')))
         ON CONFLICT (schedule_id) DO UPDATE SET tokens = excluded.tokens",
    );
    tx.execute(document, values![id, text]).await?;
    if tx.is_sqlite() {
        let tokens =
            "INSERT OR REPLACE INTO search_tokens (rowid, tokens) SELECT doc, $2 FROM search_documents WHERE schedule_id = $1";
        tx.execute(tokens, values![id, text]).await?;
    }
    Ok(())
}

/// Stands before the mark of a tag. No word has it.
const TAG: char = '_';

/// What stands before every token of an owner: as long for everybody, and hardly ever the same for two. Where it is, the statement that
/// searches names the owner anyway.
fn owner_mark(owner: UserId) -> String {
    let low = owner.uuid().as_u128() & u128::from(u64::MAX);
    let digit = |at: u32| char::from_digit(u32::try_from((low >> (5 * at)) & 31).unwrap_or(0), 32).unwrap_or('0');
    (0..13).rev().map(digit).collect()
}

/// What the engine is asked for. Everything in it is quoted, although there is nothing in it that would need to be.
pub(crate) async fn expression(tx: &mut Tx<'_>, owner: UserId, query: &Query) -> Result<String, StoreError> {
    let named = tx
        .all("SELECT name, marks FROM tags WHERE owner_id = $1", values![owner], |row| {
            Ok((row.get::<String>(0)?, row.get::<String>(1)?))
        })
        .await?;
    let sqlite = tx.is_sqlite();
    let (and, or) = if sqlite { (" AND ", " OR ") } else { (" & ", " | ") };
    let mark = owner_mark(owner);
    let quoted = |token: &str, begins: bool| match (sqlite, begins) {
        (true, true) => format!("\"{mark}{token}\"*"),
        (true, false) => format!("\"{mark}{token}\""),
        (false, true) => format!("'{mark}{token}':*"),
        (false, false) => format!("'{mark}{token}'"),
    };
    let mut terms = Vec::new();
    for term in query.terms() {
        let found = match term {
            Term::Is(token) => quoted(token, false),
            Term::Begins(token) => quoted(token, true),
        };
        let marks = named.iter().filter(|(name, _)| term.is_in(name)).flat_map(|(_, marks)| marks.split(' '));
        let marks = marks.map(|tag| quoted(&format!("{TAG}{tag}"), false));
        let alternatives: Vec<_> = std::iter::once(found).chain(marks).collect();
        terms.push(format!("({})", alternatives.join(or)));
    }
    Ok(terms.join(and))
}

/// At most `limit` schedules of before whose tokens are not made yet, and whose they are.
pub async fn backlog(tx: &mut Tx<'_>, limit: u32) -> Result<Vec<(UserId, ScheduleId)>, StoreError> {
    let sql = Sql::each(
        "SELECT owner_id, schedule_id FROM search_backlog ORDER BY schedule_id LIMIT $1",
        "SELECT owner_id, schedule_id FROM search_backlog ORDER BY schedule_id LIMIT $1 FOR UPDATE SKIP LOCKED",
    );
    tx.all(sql, values![limit], |row| Ok((row.get(0)?, row.get(1)?))).await
}

/// Strikes a schedule off the backlog.
pub async fn caught_up(tx: &mut Tx<'_>, schedule: ScheduleId) -> Result<(), StoreError> {
    tx.execute("DELETE FROM search_backlog WHERE schedule_id = $1", values![schedule]).await?;
    Ok(())
}
