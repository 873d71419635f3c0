//! `GET /api/v1/users/me`

use app::{App, identity};
use axum::{
    extract::State as Extract,
    response::{IntoResponse, Response},
};
use http::{StatusCode, header};

use super::view::UserView;
use crate::http::{Caller, Problem, etag, json};

/// Read your account
#[utoipa::path(
    get, path = "/api/v1/users/me", tag = "identity",
    responses((status = 200, description = "The account", body = UserView, headers(("etag" = String))))
)]
pub(crate) async fn read_profile(Extract(app): Extract<App>, caller: Caller) -> Result<Response, Problem> {
    let user = identity::profile(&app, &caller.0).await?;
    let etag = [(header::ETAG, etag(user.version))];
    Ok((etag, json(StatusCode::OK, &UserView::from(&user))).into_response())
}
