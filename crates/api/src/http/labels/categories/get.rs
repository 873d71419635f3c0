//! `GET /api/v1/categories/{id}`

use app::{App, calendar::labels};
use axum::{
    extract::State as Extract,
    response::{IntoResponse as _, Response},
};
use http::{StatusCode, header};
use kernel::CategoryId;

use super::view::CategoryView;
use crate::http::{Caller, Path, Problem, etag, json};

/// Read a category
#[utoipa::path(
    get, path = "/api/v1/categories/{id}", tag = "labels", params(("id" = String, Path, description = "Its id")),
    responses((status = 200, description = "The category", body = CategoryView, headers(("etag" = String))))
)]
pub(crate) async fn get_category(
    Extract(app): Extract<App>,
    caller: Caller,
    Path(id): Path<CategoryId>,
) -> Result<Response, Problem> {
    let found = labels::category(&app, &caller.0, id).await?;
    let tag = [(header::ETAG, etag(found.category.version))];
    Ok((tag, json(StatusCode::OK, &CategoryView::from(&found))).into_response())
}
