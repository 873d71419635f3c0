//! `PATCH /api/v1/notifications/{id}/read`

use std::sync::Arc;

use app::{App, domain::notify::Notification, notify};
use axum::{extract::State as Extract, response::Response};
use http::StatusCode;
use kernel::NotificationId;
use serde::Deserialize;
use utoipa::ToSchema;

use super::view::{NotificationView, tag};
use crate::http::{Caller, OrEmpty, Path, Problem, Write, answer, rendered};

/// What to make of it.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Mark {
    /// `false` marks it as unread again.
    #[schema(default = true)]
    read: bool,
}

impl Default for Mark {
    fn default() -> Self {
        Self { read: true }
    }
}

/// Mark a notification as read
///
/// Or, with `{"read": false}`, as unread. The body may be left out. Again changes nothing, and keeps the time of the first reading.
#[utoipa::path(
    patch, path = "/api/v1/notifications/{id}/read", tag = "notifications", request_body = Option<Mark>,
    params(("id" = String, Path, description = "Its id")),
    responses(
        (status = 200, description = "As it is now", body = NotificationView,
         headers(("etag" = String, description = "Whether and when it was read"))),
    )
)]
pub(crate) async fn mark(
    Extract(app): Extract<App>,
    caller: Caller,
    Path(id): Path<NotificationId>,
    request: Write<OrEmpty<Mark>>,
) -> Result<Response, Problem> {
    let shown = |n: &Notification| rendered(StatusCode::OK, None, Some(&tag(n)), &NotificationView::from(n));
    let OrEmpty(Mark { read }) = request.body;
    Ok(answer(notify::mark(&app, &caller.0, (id, read), request.once, Arc::new(shown)).await?))
}
