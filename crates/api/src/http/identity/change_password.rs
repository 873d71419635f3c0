//! `POST /api/v1/users/me/password`

use app::{App, identity};
use axum::extract::State as Extract;
use http::StatusCode;
use serde::Deserialize;
use utoipa::ToSchema;

use super::client::Sender;
use crate::http::{Caller, Json, Problem};

/// The old password and the new one.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PasswordChange {
    /// As it is.
    current_password: String,
    /// As it shall be: 8 to 128 characters of any kind, and none of the passwords that are tried first.
    #[schema(min_length = 8, max_length = 128)]
    new_password: String,
}

/// Change your password
///
/// Every other session ends. Wrong guesses of the present password count as failed sign-ins.
///
/// An `Idempotency-Key` is not looked at: once changed, the old password is wrong.
#[utoipa::path(
    post, path = "/api/v1/users/me/password", tag = "identity", request_body = PasswordChange,
    responses(
        (status = 204, description = "Changed"),
        (status = 403, description = "`identity.bad_current_password`"),
    )
)]
pub(crate) async fn change_password(
    Extract(app): Extract<App>,
    caller: Caller,
    sender: Sender,
    Json(change): Json<PasswordChange>,
) -> Result<StatusCode, Problem> {
    let PasswordChange { current_password, new_password } = change;
    identity::change_password(&app, &caller.0, current_password, new_password, &sender.client).await?;
    Ok(StatusCode::NO_CONTENT)
}
