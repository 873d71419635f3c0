//! `DELETE /api/v1/notifications/{id}`

use app::{App, notify};
use axum::extract::State as Extract;
use http::StatusCode;
use kernel::NotificationId;

use crate::http::{Caller, Path, Problem};

/// Delete a notification
///
/// Empties it for good. The same fact will not notify again.
#[utoipa::path(
    delete, path = "/api/v1/notifications/{id}", tag = "notifications", params(("id" = String, Path, description = "Its id")),
    responses((status = 204, description = "Gone"))
)]
pub(crate) async fn delete(
    Extract(app): Extract<App>,
    caller: Caller,
    Path(id): Path<NotificationId>,
) -> Result<StatusCode, Problem> {
    notify::delete(&app, &caller.0, id).await?;
    Ok(StatusCode::NO_CONTENT)
}
