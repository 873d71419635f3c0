//! `GET /api/v1/tasks`

use app::{
    App, calendar,
    domain::{calendar::Moment, tasks::TaskState},
    tasks::{self, Filter as Tasks, Sort},
};
use axum::{extract::State as Extract, response::Response};
use http::StatusCode;
use kernel::{CategoryId, TaskId, Zone};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::view::TaskView;
use crate::http::{
    Caller, Problem, Query, json, labels,
    page::{self, instant},
};

/// Which tasks.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Filter {
    /// `open` (the default), `completed`, or `all`.
    #[param(inline)]
    state: Option<StateName>,
    /// Those that are put away instead of the others.
    archived: Option<bool>,
    /// Only those that can be begun: open, and nothing they depend on is open.
    ready: Option<bool>,
    /// Only those that are open and whose deadline has passed.
    overdue: Option<bool>,
    /// Only those with a deadline before this: an instant, or a date or wall time in the caller's zone.
    #[param(example = "2026-11-27")]
    deadline_before: Option<String>,
    /// Only the subtasks of this one.
    #[param(value_type = Option<String>)]
    parent: Option<TaskId>,
    /// Only those in this category or below it: its id.
    #[param(value_type = Option<String>, example = "cat_01jd2n9w3fkz8q4v6x0c5b7m1t")]
    category: Option<CategoryId>,
    /// Only those that have this tag: its name, in any case.
    #[param(example = "deep work", min_length = 1, max_length = 50)]
    tag: Option<String>,
    /// Only those that say this in their title, description or tags: words by their beginning, at most 16, all of which must be found,
    /// and of scripts that write no spaces any part.
    #[param(example = "회의", min_length = 1, max_length = 200)]
    q: Option<String>,
    /// `deadline` (the default): what is due first comes first, what has no deadline last. `created`: the newest first.
    #[param(inline)]
    sort: Option<SortName>,
    /// Rows of the page, 50 unless given; who asks for more than 200 gets 200.
    #[param(minimum = 1)]
    limit: Option<i64>,
    /// Where to go on: `next_cursor` of the page before.
    cursor: Option<String>,
}

/// Where tasks stand.
#[derive(Clone, Copy, Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum StateName {
    #[default]
    Open,
    Completed,
    All,
}

/// In which order.
#[derive(Clone, Copy, Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum SortName {
    #[default]
    Deadline,
    Created,
}

/// A page of tasks.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct TaskPage {
    /// In the order that was asked for.
    items: Vec<TaskView>,
    /// Where the next page begins; null on the last one.
    next_cursor: Option<String>,
}

/// List tasks
///
/// What is to be done, what is due first coming first, unless asked otherwise. Filters are combined: what is listed passes all of them. A page goes on exactly behind the one before, also if
/// tasks were added, completed or moved in between.
#[utoipa::path(
    get, path = "/api/v1/tasks", tag = "tasks", params(Filter),
    responses((status = 200, description = "A page", body = TaskPage))
)]
pub(crate) async fn list(Extract(app): Extract<App>, caller: Caller, Query(filter): Query<Filter>) -> Result<Response, Problem> {
    let now = app.now();
    let limit = page::limit(filter.limit)?;
    let sort = match filter.sort.unwrap_or_default() {
        SortName::Deadline => Sort::Deadline,
        SortName::Created => Sort::Created,
    };
    let overdue = filter.overdue.unwrap_or(false);
    let state = match filter.state {
        Some(StateName::Completed | StateName::All) if overdue => {
            return Err(page::invalid("/state", "only what is open is overdue: leave out one of state and overdue"));
        }
        None | Some(StateName::Open) => Some(TaskState::Open),
        Some(StateName::Completed) => Some(TaskState::Completed),
        Some(StateName::All) => None,
    };
    let deadline_before = match filter.deadline_before.as_deref() {
        None => None,
        Some(text) => {
            let needs_zone = !matches!(text.parse(), Ok(Moment::Instant(_)));
            let zone = if needs_zone { calendar::own_zone(&app, &caller.0).await? } else { Zone::utc() };
            Some(instant("/deadline_before", text, &zone)?)
        }
    };
    // What is due at this very instant is overdue.
    let until_now = overdue.then(|| now + std::time::Duration::from_micros(1));
    // A cursor is good for the same labels and words only.
    let narrowed = (&filter.category, &filter.tag, &filter.q);
    let scope = format!("{sort:?} tasks of {}, only {narrowed:?}", caller.0.user);
    let asked = Tasks {
        state,
        archived: filter.archived.unwrap_or(false),
        ready: filter.ready.unwrap_or(false),
        before: deadline_before.into_iter().chain(until_now).min(),
        parent: filter.parent,
        narrow: labels::narrowing(filter.category, filter.tag.as_deref(), filter.q.as_deref())?,
        sort,
        after: page::cursor(&scope, filter.cursor.as_deref())?,
        limit,
    };
    let found = tasks::list(&app, &caller.0, asked).await.map_err(labels::unlisted)?;
    let next_cursor = found.next.map(|next| next.encode(&scope));
    let items = found.items.iter().map(|task| TaskView::of(task, now)).collect();
    Ok(json(StatusCode::OK, &TaskPage { items, next_cursor }))
}
