//! `DELETE /api/v1/auth/sessions/{id}`

use app::{App, identity};
use axum::extract::State as Extract;
use http::StatusCode;
use kernel::SessionId;

use crate::http::{Caller, Path, Problem};

/// Sign a device out
///
/// Its refresh token is worthless, its access tokens within two seconds, its streams close.
#[utoipa::path(
    delete, path = "/api/v1/auth/sessions/{id}", tag = "identity", params(("id" = String, Path, description = "Its id")),
    responses((status = 204, description = "Signed out"), (status = 404, description = "`identity.session_not_found`"))
)]
pub(crate) async fn revoke_session(
    Extract(app): Extract<App>,
    caller: Caller,
    Path(id): Path<SessionId>,
) -> Result<StatusCode, Problem> {
    identity::revoke_session(&app, &caller.0, id).await?;
    Ok(StatusCode::NO_CONTENT)
}
