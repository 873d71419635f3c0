//! `GET /api/v1/tags/{id}`

use app::{App, calendar::labels};
use axum::{
    extract::State as Extract,
    response::{IntoResponse as _, Response},
};
use http::{StatusCode, header};
use kernel::TagId;

use super::view::TagView;
use crate::http::{Caller, Path, Problem, etag, json};

/// Read a tag
#[utoipa::path(
    get, path = "/api/v1/tags/{id}", tag = "labels", params(("id" = String, Path, description = "Its id")),
    responses((status = 200, description = "The tag", body = TagView, headers(("etag" = String))))
)]
pub(crate) async fn get_tag(Extract(app): Extract<App>, caller: Caller, Path(id): Path<TagId>) -> Result<Response, Problem> {
    let found = labels::tag(&app, &caller.0, id).await?;
    let tag = [(header::ETAG, etag(found.0.version))];
    Ok((tag, json(StatusCode::OK, &TagView::from(&found))).into_response())
}
