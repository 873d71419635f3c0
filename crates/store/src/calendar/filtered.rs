//! Lists of schedules that are labelled somehow, are so far, or say something.

use domain::calendar::{MAX_SPAN, RecurrenceSet, Schedule, progress::State, search::Query};
use kernel::{CategoryId, Instant, TagId, UserId};

use super::{Range, overrides, schedule, with_reminders};
use crate::{Sql, StoreError, Tx, Value, search, values};

/// What a list is narrowed to; what is `None` narrows nothing.
#[derive(Clone, Debug, Default)]
pub struct Narrow {
    /// In this category or below it.
    pub category: Option<CategoryId>,
    /// With this tag.
    pub tag: Option<TagId>,
    /// Which say this.
    pub query: Option<Query>,
}

/// `SELECT` of what happens once, overlaps a range and has certain labels, with another condition before the end; for one engine or
/// both. The parameters are those of [`Range`], the category, the tag, and whatever the condition needs.
macro_rules! labelled {
    ($condition:literal) => {
        select!(concat
            "WHERE owner_id = $1 AND deleted_at IS NULL AND rrule IS NULL AND role = 'event' AND start_at >= $2 AND start_at < $3
               AND (end_at > $4 OR (end_at = start_at AND start_at >= $4)) AND (start_at, id) > ($5, $6)
               AND (category_id IN (WITH RECURSIVE below (id) AS (
                        SELECT id FROM categories WHERE id = $8 AND owner_id = $1
                        UNION ALL SELECT c.id FROM categories c JOIN below ON c.parent_id = below.id WHERE c.owner_id = $1
                    ) SELECT id FROM below) OR $8 IS NULL)
               AND (EXISTS (SELECT 1 FROM schedule_tags WHERE schedule_id = schedules.id AND tag_id = $9) OR $9 IS NULL) ",
            $condition,
            " ORDER BY start_at, id LIMIT $7"
        )
    };
}

pub(crate) const LABELLED: &str = labelled!("");

// On PostgreSQL the words come first, whatever the planner thinks of them: it knows nothing of their number when it plans for all.
pub(crate) const FOUND: Sql = Sql::each(
    labelled!(
        "AND id IN (SELECT d.schedule_id FROM search_tokens t JOIN search_documents d ON d.doc = t.rowid
                          WHERE search_tokens MATCH $10)"
    ),
    labelled!(
        "AND id IN (WITH hits AS MATERIALIZED (SELECT schedule_id FROM search_documents WHERE tokens @@ $10::text::tsquery)
                         SELECT schedule_id FROM hits)"
    ),
);

/// Few are begun and not done: they are looked up, and put in order.
pub(crate) const BEGUN: Sql = Sql::each(
    labelled!("AND id IN (SELECT schedule_id FROM progress WHERE owner_id = $1 AND state = $10 AND recurrence_id = '')"),
    labelled!(
        "AND id IN (WITH hits AS MATERIALIZED (SELECT schedule_id FROM progress WHERE owner_id = $1 AND state = $10 AND recurrence_id = '')
                         SELECT schedule_id FROM hits)"
    ),
);

/// Most are done or not begun: a walk in their order soon has a page of them.
pub(crate) const AS_FAR: &str = labelled!(
    "AND coalesce((SELECT state FROM progress WHERE schedule_id = schedules.id AND recurrence_id = ''), 'NOT_STARTED') = $10"
);

/// What of `owner` happens once, overlaps the range, is narrowed so without regard to words, and is as far as `state`, by start.
/// [`super::pages::complete`] adds the rest of it.
pub async fn as_far(
    tx: &mut Tx<'_>,
    owner: UserId,
    range: Range,
    narrow: &Narrow,
    state: State,
) -> Result<Vec<Schedule>, StoreError> {
    let sql = match state {
        State::InProgress | State::Suspended => BEGUN,
        State::NotStarted | State::Completed => AS_FAR.into(),
    };
    let mut params = params(owner, range, narrow);
    params.push(Value::from(state.as_str()));
    tx.all(sql, &params, schedule).await
}

/// What of `owner` happens once, overlaps the range and is narrowed so, by start. [`super::pages::complete`] adds the rest of it.
pub async fn overlapping(tx: &mut Tx<'_>, owner: UserId, range: Range, narrow: &Narrow) -> Result<Vec<Schedule>, StoreError> {
    let mut params = params(owner, range, narrow);
    match &narrow.query {
        None => tx.all(LABELLED, &params, schedule).await,
        Some(query) => {
            params.push(Value::from(search::expression(tx, owner, query).await?));
            tx.all(FOUND, &params, schedule).await
        }
    }
}

/// The parameters that all of these begin with.
fn params(owner: UserId, range: Range, narrow: &Narrow) -> Vec<Value<'static>> {
    let (after_at, after_id) = range.after.map_or((Instant::DISTANT_PAST, uuid::Uuid::nil()), |c| (c.at, c.id));
    vec![
        Value::from(owner),
        Value::from(range.from - MAX_SPAN),
        Value::from(range.to),
        Value::from(range.from),
        Value::from(after_at),
        Value::from(after_id),
        Value::from(range.limit),
        Value::from(narrow.category),
        Value::from(narrow.tag),
    ]
}

pub(crate) const SERIES_FOUND: Sql = select!(
    "WHERE owner_id = $1 AND deleted_at IS NULL AND rrule IS NOT NULL AND role = 'event' AND reach_from < $2 AND (reach_to IS NULL OR reach_to >= $3)
       AND id IN (SELECT d.schedule_id FROM search_tokens t JOIN search_documents d ON d.doc = t.rowid WHERE search_tokens MATCH $4)",
    "WHERE owner_id = $1 AND deleted_at IS NULL AND rrule IS NOT NULL AND role = 'event' AND reach_from < $2 AND (reach_to IS NULL OR reach_to >= $3)
       AND id IN (WITH hits AS MATERIALIZED (SELECT schedule_id FROM search_documents WHERE tokens @@ $4::text::tsquery)
                  SELECT schedule_id FROM hits)"
);

/// What of `owner` repeats, may have occurrences in `from..to`, and may say what is looked for, in no order.
pub async fn series_saying(
    tx: &mut Tx<'_>,
    owner: UserId,
    (from, to): (Instant, Instant),
    query: &Query,
) -> Result<Vec<RecurrenceSet>, StoreError> {
    let expression = search::expression(tx, owner, query).await?;
    let rows = tx.all(SERIES_FOUND, values![owner, to, from, expression], schedule).await?;
    let rows = with_reminders(tx, rows).await?;
    overrides::with_overrides(tx, rows).await
}
