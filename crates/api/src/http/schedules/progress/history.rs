//! `GET /api/v1/schedules/{id}/progress`

use app::{App, calendar::progress, domain::calendar::progress::Entry};
use axum::{extract::State as Extract, response::Response};
use http::StatusCode;
use kernel::{Instant, ScheduleId};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::http::{Caller, Path, Problem, Query, json, page};

/// Which page.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Filter {
    /// Of a series, the lines of this occurrence: `recurrence_id` as the list shows it.
    #[param(example = "2026-11-20T09:30:00", max_length = 32)]
    recurrence_id: Option<String>,
    /// Rows of the page, 50 unless given; who asks for more than 200 gets 200.
    #[param(minimum = 1)]
    limit: Option<i64>,
    /// Where to go on: `next_cursor` of the page before.
    cursor: Option<String>,
}

/// A page of a ledger.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct LedgerPage {
    /// What was done first comes first.
    items: Vec<EntryView>,
    /// Where the next page begins; null on the last one.
    next_cursor: Option<String>,
}

/// Something that was done.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct EntryView {
    /// 1, 2, 3 … without a hole.
    seq: i64,
    /// Which run it belongs to.
    run: i64,
    /// `start`, `suspend`, `complete` or `cancel`.
    #[schema(example = "start")]
    action: &'static str,
    /// When it happened.
    #[schema(value_type = String, format = DateTime)]
    at: Instant,
    /// When the server heard of it.
    #[schema(value_type = String, format = DateTime)]
    recorded_at: Instant,
}

impl From<&(Entry, Instant)> for EntryView {
    fn from((entry, recorded_at): &(Entry, Instant)) -> Self {
        let Entry { seq, run, action, at } = *entry;
        Self { seq, run, action: action.as_str(), at, recorded_at: *recorded_at }
    }
}

/// List what was done with a schedule
///
/// Its ledger: every step that changed its progress, also of runs that were taken back.
#[utoipa::path(
    get, path = "/api/v1/schedules/{id}/progress", tag = "schedules",
    params(("id" = String, Path, description = "Its id"), Filter),
    responses((status = 200, description = "A page", body = LedgerPage))
)]
pub(crate) async fn history(
    Extract(app): Extract<App>,
    caller: Caller,
    Path(id): Path<ScheduleId>,
    Query(filter): Query<Filter>,
) -> Result<Response, Problem> {
    let limit = page::limit(filter.limit)?;
    let item = super::item(id, filter.recurrence_id.as_deref())?;
    let scope = format!("ledger of {item:?} of {}", caller.0.user);
    let after = page::cursor(&scope, filter.cursor.as_deref())?;
    let page = progress::history(&app, &caller.0, item, after, limit).await?;
    let next_cursor = page.next.map(|next| next.encode(&scope));
    Ok(json(StatusCode::OK, &LedgerPage { items: page.items.iter().map(EntryView::from).collect(), next_cursor }))
}
