//! What schedules and tasks are found by: tokens made by `domain`, each behind a mark of its owner, so that what others wrote neither shows nor
//! makes a search slower.
//!
//! Of a tag the marks are kept instead of the name. A query is first held against the names of its owner's tags, so a tag that is
//! renamed or merged is found by its new name at once, and nothing has to be read again.

use domain::{
    calendar::{
        RecurrenceSet, Schedule,
        search::{Query, Term, tokens, tokens_of_task},
    },
    tasks::Task,
};
use kernel::{ScheduleId, TagId, TaskId, UserId};

use crate::{Sql, StoreError, Tx, Value, labels::tags, values};

/// Statements that keep the tokens of something in the place of those that were kept before: the document, and for SQLite what it says.
macro_rules! kept {
    ($documents:literal, $tokens:literal, $id:literal) => {
        (
            Sql::each(
                concat!("INSERT INTO ", $documents, " (", $id, ") SELECT $1 WHERE $2 = $2 ON CONFLICT (", $id, ") DO NOTHING"),
                concat!(
                    "INSERT INTO ",
                    $documents,
                    " (",
                    $id,
                    ", tokens) VALUES ($1, array_to_tsvector(string_to_array($2, ' ')))
                     ON CONFLICT (",
                    $id,
                    ") DO UPDATE SET tokens = excluded.tokens"
                ),
            ),
            concat!(
                "INSERT OR REPLACE INTO ",
                $tokens,
                " (rowid, tokens) SELECT doc, $2 FROM ",
                $documents,
                " WHERE ",
                $id,
                " = $1"
            ),
        )
    };
}

/// Keeps what a schedule is found by, in place of what was kept before. Its tags must have been given to it.
pub async fn put(tx: &mut Tx<'_>, set: &RecurrenceSet) -> Result<(), StoreError> {
    let Schedule { id, owner, labels, .. } = &set.schedule;
    let tagged = if labels.tags.is_empty() { Vec::new() } else { tags::of_schedules(tx, &[*id]).await? };
    let text = document(*owner, tokens(set), tagged.iter().map(|(_, tag, _)| *tag));
    keep(tx, kept!("search_documents", "search_tokens", "schedule_id"), values![*id, text]).await
}

/// Keeps what a task is found by, in place of what was kept before. Its tags must have been given to it.
pub async fn put_task(tx: &mut Tx<'_>, task: &Task) -> Result<(), StoreError> {
    let tagged = if task.labels.tags.is_empty() { Vec::new() } else { tags::of_tasks(tx, &[task.id]).await? };
    let text = document(task.owner, tokens_of_task(task), tagged.iter().map(|(_, tag, _)| *tag));
    keep(tx, kept!("task_search_documents", "task_search_tokens", "task_id"), values![task.id, text]).await
}

/// Everything that something is found by, each behind the mark of its owner.
fn document(owner: UserId, tokens: Vec<String>, tags: impl Iterator<Item = TagId>) -> String {
    let owner = owner_mark(owner);
    let tags = tags.map(|tag| format!("{TAG}{}", tags::mark(tag)));
    tokens.into_iter().chain(tags).map(|token| format!("{owner}{token}")).collect::<Vec<_>>().join(" ")
}

async fn keep(tx: &mut Tx<'_>, (document, tokens): (Sql, &'static str), params: &[Value<'_>]) -> Result<(), StoreError> {
    tx.execute(document, params).await?;
    if tx.is_sqlite() {
        tx.execute(tokens, params).await?;
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

/// At most `limit` tasks of before whose tokens are not made yet, and whose they are.
pub async fn task_backlog(tx: &mut Tx<'_>, limit: u32) -> Result<Vec<(UserId, TaskId)>, StoreError> {
    let sql = Sql::each(
        "SELECT owner_id, task_id FROM task_search_backlog ORDER BY task_id LIMIT $1",
        "SELECT owner_id, task_id FROM task_search_backlog ORDER BY task_id LIMIT $1 FOR UPDATE SKIP LOCKED",
    );
    tx.all(sql, values![limit], |row| Ok((row.get(0)?, row.get(1)?))).await
}

/// Strikes a task off the backlog.
pub async fn task_caught_up(tx: &mut Tx<'_>, task: TaskId) -> Result<(), StoreError> {
    tx.execute("DELETE FROM task_search_backlog WHERE task_id = $1", values![task]).await?;
    Ok(())
}
