//! `GET /api/v1/schedules`

use app::{
    App,
    calendar::{self, Listing, Page, Range},
    domain::{calendar::Occurrence, identity::Caller as Identity},
};
use axum::{extract::State as Extract, response::Response};
use http::StatusCode;
use kernel::{CategoryId, Cursor, Zone};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::{progress::ProgressState, view::ScheduleView};
use crate::http::{
    Caller, Problem, Query, json, labels,
    page::{self, Moments},
};

/// Which schedules.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Filter {
    /// What ends at or before this is left out: an instant, or a date or wall time in the caller's zone.
    #[param(example = "2026-11-20")]
    from: Option<String>,
    /// What starts at or after this is left out, written as `from`.
    #[param(example = "2026-11-27")]
    to: Option<String>,
    /// `active` (the default), or `deleted`: the trash, what was deleted last first, without a range.
    #[param(inline)]
    state: Option<ListState>,
    /// Only what lies in this category or below it: its id.
    #[param(value_type = Option<String>, example = "cat_01jd2n9w3fkz8q4v6x0c5b7m1t")]
    category: Option<CategoryId>,
    /// Only what has this tag: its name, in any case.
    #[param(example = "deep work", min_length = 1, max_length = 50)]
    tag: Option<String>,
    /// Only what says this in its title, description, location or tags: words by their beginning, at most 16, all of which must be
    /// found, and of scripts that write no spaces any part. Without `from` and `to` a series that is found is listed once.
    #[param(example = "회의", min_length = 1, max_length = 200)]
    q: Option<String>,
    /// Only what is as far as this. If that is rare, a page may hold less than its limit, or nothing, and still have a next one.
    #[param(inline)]
    progress: Option<ProgressState>,
    /// Rows of the page, 50 unless given; who asks for more than 200 gets 200.
    #[param(minimum = 1)]
    limit: Option<i64>,
    /// Where to go on: `next_cursor` of the page before.
    cursor: Option<String>,
}

impl Filter {
    /// The name of the first filter that narrows a list.
    fn narrows(&self) -> Option<&'static str> {
        let given = [
            ("progress", self.progress.is_some()),
            ("category", self.category.is_some()),
            ("tag", self.tag.is_some()),
            ("q", self.q.is_some()),
        ];
        given.into_iter().find(|(_, given)| *given).map(|(name, _)| name)
    }
}

/// What is listed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum ListState {
    #[default]
    Active,
    Deleted,
}

/// A page of occurrences.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SchedulePage {
    /// By start, or in the trash by when they were deleted.
    items: Vec<ScheduleView>,
    /// Where the next page begins; null on the last one.
    next_cursor: Option<String>,
}

/// List schedules
///
/// Everything that overlaps the half-open range `from..to`, in order; a series appears with each of its occurrences. Filters are
/// combined: what is listed passes all of them.
#[utoipa::path(
    get, path = "/api/v1/schedules", tag = "schedules", params(Filter),
    responses((status = 200, description = "A page", body = SchedulePage))
)]
pub(crate) async fn list(Extract(app): Extract<App>, caller: Caller, Query(filter): Query<Filter>) -> Result<Response, Problem> {
    let state = filter.state.unwrap_or_default();
    // A cursor is good for the same filters only.
    let narrowed = (&filter.category, &filter.tag, &filter.q);
    let scope = format!("{state:?} schedules of {}, only {narrowed:?}", caller.0.user);
    let (cursor, limit) = page::part(&scope, filter.limit, filter.cursor.as_deref())?;
    let page = match state {
        ListState::Deleted => match filter.narrows() {
            Some(name) => {
                let detail = format!("not for the trash: leave out one of state and {name}");
                return Err(page::invalid(&format!("/{name}"), detail));
            }
            None => calendar::list_deleted(&app, &caller.0, cursor, limit).await?.map(Occurrence::only),
        },
        ListState::Active => active(&app, &caller.0, &filter, cursor, limit).await?,
    };
    let next_cursor = page.next.map(|next| next.encode(&scope));
    Ok(json(StatusCode::OK, &SchedulePage { items: page.items.iter().map(ScheduleView::from).collect(), next_cursor }))
}

async fn active(
    app: &App,
    caller: &Identity,
    filter: &Filter,
    after: Option<Cursor>,
    limit: u32,
) -> Result<Page<Occurrence>, Problem> {
    let moments = Moments { from: filter.from.as_deref(), to: filter.to.as_deref() };
    let zone = if moments.need_zone() { calendar::own_zone(app, caller).await? } else { Zone::utc() };
    let (from, to) = moments.resolve(&zone)?;
    let listing = Listing {
        range: Range { from, to, after, limit },
        narrowing: labels::narrowing(filter.category, filter.tag.as_deref(), filter.q.as_deref())?,
        // What is as far as somebody asks for is an occurrence, never a series as a whole.
        series_once: filter.from.is_none() && filter.to.is_none() && filter.progress.is_none(),
    };
    let page = match filter.progress {
        Some(state) => calendar::progress::list(app, caller, listing, state.into()).await,
        None => calendar::list(app, caller, listing).await,
    };
    page.map_err(labels::unlisted)
}
