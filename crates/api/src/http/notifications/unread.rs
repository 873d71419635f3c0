//! `GET /api/v1/notifications/unread`

use app::{App, notify};
use axum::{
    extract::State as Extract,
    response::{IntoResponse as _, Response},
};
use http::{StatusCode, header};

use super::view::UnreadView;
use crate::http::{Caller, Problem, etag, json};

/// Count unread notifications
#[utoipa::path(
    get, path = "/api/v1/notifications/unread", tag = "notifications",
    responses(
        (status = 200, description = "The count", body = UnreadView, headers(("etag" = String, description = "Its version"))),
    )
)]
pub(crate) async fn unread(Extract(app): Extract<App>, caller: Caller) -> Result<Response, Problem> {
    let unread = notify::unread(&app, &caller.0).await?;
    let tag = [(header::ETAG, etag(unread.version))];
    Ok((tag, json(StatusCode::OK, &UnreadView::from(unread))).into_response())
}
