//! `POST /api/v1/auth/logout`

use app::{App, identity};
use axum::{
    extract::State as Extract,
    response::{AppendHeaders, IntoResponse, Response},
};
use http::StatusCode;

use super::cookies;
use crate::http::{Caller, NoBody, Problem, State, Write};

/// Sign out
///
/// Ends the session that asks: its refresh token is worthless, its access tokens within two seconds, its streams close.
#[utoipa::path(
    post, path = "/api/v1/auth/logout", tag = "identity",
    responses((status = 204, description = "Signed out"))
)]
pub(crate) async fn log_out(
    Extract(app): Extract<App>,
    Extract(state): Extract<State>,
    caller: Caller,
    _: Write<NoBody>,
) -> Result<Response, Problem> {
    identity::log_out(&app, &caller.0).await?;
    Ok((StatusCode::NO_CONTENT, AppendHeaders([cookies::clear(&state.settings)])).into_response())
}
