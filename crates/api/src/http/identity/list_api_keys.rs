//! `GET /api/v1/api-keys`

use app::{App, identity};
use axum::{extract::State as Extract, response::Response};
use http::StatusCode;
use serde::Serialize;
use utoipa::ToSchema;

use super::view::ApiKeyView;
use crate::http::{Caller, Problem, json};

/// All keys.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ApiKeyList {
    /// Oldest first.
    items: Vec<ApiKeyView>,
    /// Always null: there are at most 50, and all of them are here.
    next_cursor: Option<String>,
}

/// List your service keys
#[utoipa::path(
    get, path = "/api/v1/api-keys", tag = "identity",
    responses((status = 200, description = "All of them, at most 50", body = ApiKeyList))
)]
pub(crate) async fn list_api_keys(Extract(app): Extract<App>, caller: Caller) -> Result<Response, Problem> {
    let keys = identity::api_keys(&app, &caller.0).await?;
    let items = keys.iter().map(ApiKeyView::from).collect();
    Ok(json(StatusCode::OK, &ApiKeyList { items, next_cursor: None }))
}
