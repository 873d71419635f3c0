//! `GET /api/v1/notifications`

use app::{App, domain::notify::Shelf, notify};
use axum::{extract::State as Extract, response::Response};
use http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::view::NotificationView;
use crate::http::{Caller, Problem, Query, json, page};

/// The longest type that can be asked for.
const MAX_KIND_CHARS: usize = 64;

/// Which notifications.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Filter {
    /// `unread`, `read`, or `all` (the default).
    #[param(inline)]
    state: Option<InboxState>,
    /// Only this type.
    #[param(example = "reminder", min_length = 1, max_length = 64, pattern = "^[A-Za-z0-9._:-]+$")]
    kind: Option<String>,
    /// Rows of the page, 1 to 200, 50 unless given.
    #[param(minimum = 1)]
    limit: Option<i64>,
    /// Where to go on: `next_cursor` of the page before.
    cursor: Option<String>,
}

/// Which part of the inbox.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum InboxState {
    Unread,
    Read,
    #[default]
    All,
}

impl From<InboxState> for Shelf {
    fn from(state: InboxState) -> Self {
        match state {
            InboxState::Unread => Self::Unread,
            InboxState::Read => Self::Read,
            InboxState::All => Self::All,
        }
    }
}

/// A page of the inbox.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct NotificationPage {
    /// Newest first.
    items: Vec<NotificationView>,
    /// Where the next page begins; null on the last one.
    next_cursor: Option<String>,
}

/// List notifications
///
/// The inbox, newest first. A page that follows another repeats nothing and skips nothing, whatever arrived in between.
#[utoipa::path(
    get, path = "/api/v1/notifications", tag = "notifications", params(Filter),
    responses((status = 200, description = "A page", body = NotificationPage))
)]
pub(crate) async fn list(Extract(app): Extract<App>, caller: Caller, Query(filter): Query<Filter>) -> Result<Response, Problem> {
    let limit = page::limit(filter.limit)?;
    let shelf = Shelf::from(filter.state.unwrap_or_default());
    let kind = filter.kind.map(kind).transpose()?;
    let scope = format!("{} notifications of {}, only {kind:?}", shelf.as_str(), caller.0.user);
    let before = page::cursor(&scope, filter.cursor.as_deref())?;
    let listing = notify::Listing { shelf, kind, before, limit };
    let page = notify::list(&app, &caller.0, listing).await?;
    let next_cursor = page.next.map(|next| next.encode(&scope));
    Ok(json(StatusCode::OK, &NotificationPage { items: page.items.iter().map(NotificationView::from).collect(), next_cursor }))
}

/// A type as it may be asked for.
fn kind(text: String) -> Result<String, Problem> {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"._:-".contains(&byte);
    if (1..=MAX_KIND_CHARS).contains(&text.len()) && text.bytes().all(plain) {
        return Ok(text);
    }
    Err(page::invalid("/kind", "must have 1 to 64 letters, digits, points, colons, hyphens and underscores"))
}
