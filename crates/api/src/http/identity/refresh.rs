//! `POST /api/v1/auth/refresh`

use app::{Answer, App, domain::identity::IdentityError, identity};
use axum::{extract::State as Extract, response::Response};
use http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{client::Sender, cookies};
use crate::http::{OptionalJson, Problem, State, answer, rendered};

/// What a client without cookies sends.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RefreshRequest {
    /// The newest refresh token. Without it, the cookie is taken.
    refresh_token: Option<String>,
}

/// The next pair.
#[derive(Serialize, ToSchema)]
pub(crate) struct RefreshedView {
    /// Goes into `Authorization: Bearer`.
    access_token: String,
    /// For how many seconds the access token is good.
    #[schema(example = 600)]
    expires_in: u64,
    /// Replaces the one that was sent. Not here if it came in a cookie: the next one is in the cookie, out of reach of scripts.
    #[serde(skip_serializing_if = "Option::is_none")]
    refresh_token: Option<String>,
}

/// Redeem a refresh token
///
/// Every token is redeemed once and replaced. Sent again within ten seconds by the same client (two tabs, a lost reply), it
/// yields the same successor; any other repetition ends the session, because two parties hold the token.
///
/// An `Idempotency-Key` is not looked at: the token is one.
#[utoipa::path(
    post, path = "/api/v1/auth/refresh", tag = "identity", request_body = Option<RefreshRequest>,
    responses(
        (status = 200, description = "The next pair", body = RefreshedView),
        (status = 401, description = "`identity.bad_refresh_token`: sign in again", headers(("www-authenticate" = String))),
    )
)]
pub(crate) async fn refresh(
    Extract(app): Extract<App>,
    Extract(state): Extract<State>,
    sender: Sender,
    OptionalJson(request): OptionalJson<RefreshRequest>,
) -> Result<Response, Problem> {
    let sent = request.and_then(|request| request.refresh_token);
    let in_body = sent.is_some();
    let token = sent.or(sender.refresh_token).ok_or_else(|| Problem::of(IdentityError::BadRefreshToken))?;
    let tokens = identity::refresh(&app, &token, &sender.client).await?;
    let view = RefreshedView {
        access_token: tokens.access_token.clone(),
        expires_in: tokens.expires_in_seconds,
        refresh_token: in_body.then(|| tokens.refresh_token.clone()),
    };
    let mut rendered = rendered(StatusCode::OK, None, None, &view);
    rendered.headers.extend(cookies::keep(&tokens, &state.settings));
    Ok(answer(Answer { rendered, replayed: false }))
}
