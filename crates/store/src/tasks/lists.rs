//! Lists of tasks, a page at a time.
//!
//! A page goes on behind the place of the last row of the page before, so that what is added, completed or moved in between is
//! neither shown twice nor a reason to pass over another.

use domain::tasks::{Task, TaskState};
use kernel::{Cursor, Instant, TaskId, UserId};

use super::{columns, from_open_subtasks, task, whole};
use crate::{Sql, StoreError, Tx, Value, calendar::filtered::Narrow, search};

/// Which tasks, in which order, and from where on. What they are narrowed to is an `N`: what was asked for, or that looked up.
#[derive(Clone, Debug)]
pub struct Filter<N = Narrow> {
    /// Where they stand; `None`: anywhere.
    pub state: Option<TaskState>,
    /// Those that are put away, instead of the others.
    pub archived: bool,
    /// Only those that wait for nothing open, neither for others nor for their own subtasks.
    pub ready: bool,
    /// Only those whose deadline lies before this.
    pub before: Option<Instant>,
    /// Only the subtasks of this one.
    pub parent: Option<TaskId>,
    /// Only those that are labelled so, and say this.
    pub narrow: N,
    /// By what.
    pub sort: Sort,
    /// The last row of the page before.
    pub after: Option<Cursor>,
    /// The most rows.
    pub limit: u32,
}

impl<N> Filter<N> {
    /// The same, narrowed to something else.
    pub fn narrowed<M>(&self, narrow: M) -> Filter<M> {
        let Self { state, archived, ready, before, parent, narrow: _, sort, after, limit } = *self;
        Filter { state, archived, ready, before, parent, narrow, sort, after, limit }
    }
}

/// By what tasks are listed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sort {
    /// By deadline; those without one come last.
    Deadline,
    /// By when they were made.
    Created,
}

/// A page: which tasks, and from where on in which order. The first six parameters are those of every page.
macro_rules! page {
    ($which:expr, $order:expr) => {
        concat!(
            "SELECT ",
            columns!(),
            " FROM tasks WHERE owner_id = $1 AND sorts_at < $4 AND ",
            $which,
            " AND ($5 = 0 OR NOT EXISTS (SELECT 1 FROM task_dependencies d JOIN tasks p ON p.id = d.depends_on_id
                 WHERE d.owner_id = tasks.owner_id AND d.task_id = tasks.id AND p.completed_at IS NULL AND p.archived_at IS NULL
                 UNION ALL SELECT 1 ",
            from_open_subtasks!(),
            "))
             AND ",
            $order,
            " LIMIT $6"
        )
    };
}

/// By state, in words that no index is made for.
macro_rules! by_state {
    () => {
        "(($7 = 1 AND completed_at IS NULL) OR ($8 = 1 AND completed_at IS NOT NULL)) AND (archived_at IS NOT NULL) = ($9 = 1)"
    };
}

macro_rules! by_deadline {
    () => {
        "(sorts_at, id) > ($2, $3) ORDER BY sorts_at, id"
    };
}

/// The newest first.
macro_rules! by_creation {
    () => {
        "(created_at, id) < ($2, $3) ORDER BY created_at DESC, id DESC"
    };
}

pub(crate) const OPEN: &str = page!("completed_at IS NULL AND archived_at IS NULL", by_deadline!());
const BY_DEADLINE: &str = page!(by_state!(), by_deadline!());
const BY_CREATION: &str = page!(by_state!(), by_creation!());
const OF_PARENT: &str = page!(concat!("parent_id = $10 AND ", by_state!()), by_deadline!());
const OF_PARENT_BY_CREATION: &str = page!(concat!("parent_id = $10 AND ", by_state!()), by_creation!());

/// Labelled somehow, with another condition before the end. The parameters are those of a page by state, the parent, the category, the
/// tag, and whatever the condition needs; what is not given narrows nothing.
macro_rules! narrowed {
    ($condition:literal, $order:expr) => {
        page!(
            concat!(
                by_state!(),
                " AND (parent_id = $10 OR $10 IS NULL)
                  AND (category_id IN (WITH RECURSIVE below (id) AS (
                           SELECT id FROM categories WHERE id = $11 AND owner_id = $1
                           UNION ALL SELECT c.id FROM categories c JOIN below ON c.parent_id = below.id WHERE c.owner_id = $1
                       ) SELECT id FROM below) OR $11 IS NULL)
                  AND (EXISTS (SELECT 1 FROM task_tags WHERE task_id = tasks.id AND tag_id = $12) OR $12 IS NULL) ",
                $condition
            ),
            $order
        )
    };
}

/// The same of what says something. On PostgreSQL the words come first, whatever the planner thinks of them.
macro_rules! found {
    ($order:expr) => {
        Sql::each(
            narrowed!(
                "AND id IN (SELECT d.task_id FROM task_search_tokens t JOIN task_search_documents d ON d.doc = t.rowid
                            WHERE task_search_tokens MATCH $13)",
                $order
            ),
            narrowed!(
                "AND id IN (WITH hits AS MATERIALIZED (
                                SELECT task_id FROM task_search_documents WHERE tokens @@ $13::text::tsquery
                            ) SELECT task_id FROM hits)",
                $order
            ),
        )
    };
}

pub(crate) const LABELLED: &str = narrowed!("", by_deadline!());
const LABELLED_BY_CREATION: &str = narrowed!("", by_creation!());
pub(crate) const FOUND: Sql = found!(by_deadline!());
const FOUND_BY_CREATION: Sql = found!(by_creation!());

/// A page of the tasks of `owner`.
pub async fn page(tx: &mut Tx<'_>, owner: UserId, filter: &Filter) -> Result<Vec<Task>, StoreError> {
    let Filter { state, archived, ready, before, parent, narrow, sort, after, limit } = filter;
    let begin = match sort {
        Sort::Deadline => Cursor::new(Instant::DISTANT_PAST, uuid::Uuid::nil()),
        Sort::Created => Cursor::new(Instant::MAX, uuid::Uuid::max()),
    };
    let place = after.unwrap_or(begin);
    let flag = |flag| Value::from(i64::from(flag));
    let mut params = vec![
        Value::from(owner),
        Value::from(place.at),
        Value::from(place.id),
        Value::from(before.unwrap_or(Instant::MAX)),
        flag(*ready),
        Value::from(*limit),
    ];
    let state_flags = [flag(*state != Some(TaskState::Completed)), flag(*state != Some(TaskState::Open)), flag(*archived)];
    let is_narrow = narrow.category.is_some() || narrow.tag.is_some() || narrow.query.is_some();
    let sql = if is_narrow {
        params.extend(state_flags);
        params.extend([Value::from(*parent), Value::from(narrow.category), Value::from(narrow.tag)]);
        match &narrow.query {
            None if *sort == Sort::Deadline => LABELLED.into(),
            None => LABELLED_BY_CREATION.into(),
            Some(query) => {
                params.push(Value::from(search::expression(tx, owner, query).await?));
                if *sort == Sort::Deadline { FOUND } else { FOUND_BY_CREATION }
            }
        }
    } else if (*parent, *sort, *state, *archived) == (None, Sort::Deadline, Some(TaskState::Open), false) {
        OPEN.into()
    } else {
        params.extend(state_flags);
        params.extend(parent.map(Value::from));
        Sql::from(match (parent, sort) {
            (None, Sort::Deadline) => BY_DEADLINE,
            (None, Sort::Created) => BY_CREATION,
            (Some(_), Sort::Deadline) => OF_PARENT,
            (Some(_), Sort::Created) => OF_PARENT_BY_CREATION,
        })
    };
    let rows = tx.all(sql, &params, task).await?;
    whole(tx, owner, rows).await
}
