//! `DELETE /api/v1/calendar/feeds/{id}`

use app::{App, calendar::icalendar};
use axum::extract::State as Extract;
use http::StatusCode;
use kernel::FeedId;

use crate::http::{Caller, Path, Problem};

/// Revoke a feed
///
/// From now on its address leads nowhere (404), for good.
#[utoipa::path(
    delete, path = "/api/v1/calendar/feeds/{id}", tag = "calendar", params(("id" = String, Path, description = "Its id")),
    responses((status = 204, description = "Revoked"), (status = 404, description = "`feed.not_found`"))
)]
pub(crate) async fn revoke_feed(
    Extract(app): Extract<App>,
    caller: Caller,
    Path(id): Path<FeedId>,
) -> Result<StatusCode, Problem> {
    icalendar::revoke_feed(&app, &caller.0, id).await?;
    Ok(StatusCode::NO_CONTENT)
}
