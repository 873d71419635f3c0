//! `POST /api/v1/auth/login`

use app::{Answer, App, identity};
use axum::{extract::State as Extract, response::Response};
use http::StatusCode;
use serde::Deserialize;
use utoipa::ToSchema;

use super::{client::Sender, sign_up::shown, view::SignedInView};
use crate::http::{Json, Problem, State, answer};

/// Who wants to sign in.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Credentials {
    /// The address of the account.
    #[schema(example = "kim@example.org")]
    email: String,
    /// Its password.
    #[schema(example = "correct horse battery staple")]
    password: String,
}

/// Sign in
///
/// Opens a session and sets the cookies of a browser. An unknown address and a wrong password have the same answer. Five
/// failures for an account in 15 minutes, or fifty from one address, have to wait.
///
/// An `Idempotency-Key` is not looked at: each call opens a session of its own.
#[utoipa::path(
    post, path = "/api/v1/auth/login", tag = "identity", request_body = Credentials,
    responses(
        (status = 200, description = "Signed in", body = SignedInView),
        (status = 401, description = "`identity.bad_credentials`", headers(("www-authenticate" = String))),
        (status = 429, description = "`identity.throttled`", headers(("retry-after" = u32))),
    )
)]
pub(crate) async fn log_in(
    Extract(app): Extract<App>,
    Extract(state): Extract<State>,
    sender: Sender,
    Json(credentials): Json<Credentials>,
) -> Result<Response, Problem> {
    let Credentials { email, password } = credentials;
    let signed_in = identity::log_in(&app, &email, password, &sender.client).await?;
    let rendered = shown(&signed_in, StatusCode::OK, &state.settings);
    Ok(answer(Answer { rendered, replayed: false }))
}
