//! `GET /api/v1/schedules`

use app::{
    App,
    calendar::{self, Page, Range},
    domain::{calendar::Occurrence, identity::Caller as Identity},
};
use axum::{extract::State as Extract, response::Response};
use http::StatusCode;
use kernel::{Cursor, Zone};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::{progress::ProgressState, view::ScheduleView};
use crate::http::{
    Caller, Problem, Query, json,
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
    /// Only what is as far as this. A page may hold less than its limit then, and still have a next one.
    #[param(inline)]
    progress: Option<ProgressState>,
    /// Rows of the page, 50 unless given; who asks for more than 200 gets 200.
    #[param(minimum = 1)]
    limit: Option<i64>,
    /// Where to go on: `next_cursor` of the page before.
    cursor: Option<String>,
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
/// Everything that overlaps the half-open range `from..to`, in order; a series appears with each of its occurrences.
#[utoipa::path(
    get, path = "/api/v1/schedules", tag = "schedules", params(Filter),
    responses((status = 200, description = "A page", body = SchedulePage))
)]
pub(crate) async fn list(Extract(app): Extract<App>, caller: Caller, Query(filter): Query<Filter>) -> Result<Response, Problem> {
    let limit = page::limit(filter.limit)?;
    let state = filter.state.unwrap_or_default();
    let scope = format!("{state:?} schedules of {}", caller.0.user);
    let cursor = page::cursor(&scope, filter.cursor.as_deref())?;
    let page = match state {
        ListState::Deleted if filter.progress.is_some() => {
            return Err(page::invalid("/progress", "not for the trash: leave out one of state and progress"));
        }
        ListState::Deleted => calendar::list_deleted(&app, &caller.0, cursor, limit).await?.map(Occurrence::only),
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
    let range = Range { from, to, after, limit };
    match filter.progress {
        Some(state) => Ok(calendar::progress::list(app, caller, range, state.into()).await?),
        None => Ok(calendar::list(app, caller, range).await?),
    }
}
