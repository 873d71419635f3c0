//! `GET /api/v1/notifications/{id}`

use app::{App, notify};
use axum::{
    extract::State as Extract,
    response::{IntoResponse as _, Response},
};
use http::{StatusCode, header};
use kernel::NotificationId;

use super::view::{NotificationView, tag};
use crate::http::{Caller, Path, Problem, json};

/// Read a notification
///
/// Looking at it does not mark it as read.
#[utoipa::path(
    get, path = "/api/v1/notifications/{id}", tag = "notifications", params(("id" = String, Path, description = "Its id")),
    responses(
        (status = 200, description = "The notification", body = NotificationView,
         headers(("etag" = String, description = "Whether and when it was read"))),
    )
)]
pub(crate) async fn get(Extract(app): Extract<App>, caller: Caller, Path(id): Path<NotificationId>) -> Result<Response, Problem> {
    let notification = notify::get(&app, &caller.0, id).await?;
    let tag = [(header::ETAG, tag(&notification))];
    Ok((tag, json(StatusCode::OK, &NotificationView::from(&notification))).into_response())
}
