//! `POST /api/v1/auth/signup`

use std::sync::Arc;

use app::{
    App, Rendered,
    domain::identity::NewAccount,
    identity::{self, SignedIn},
};
use axum::{extract::State as Extract, response::Response};
use http::StatusCode;
use serde::Deserialize;
use utoipa::ToSchema;

use super::{client::Sender, cookies, view::SignedInView};
use crate::http::{EdgeSettings, Problem, State, Write, answer, rendered};

/// An account that is asked for.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewUser {
    /// The address to sign in with.
    #[schema(format = "email", max_length = 254, example = "kim@example.org")]
    email: String,
    /// 8 to 128 characters of any kind, and none of the passwords that are tried first.
    #[schema(min_length = 8, max_length = 128, example = "correct horse battery staple")]
    password: String,
    /// What others call you.
    #[schema(min_length = 1, max_length = 80, example = "Kim")]
    display_name: String,
    /// IANA zone; UTC unless given.
    #[schema(example = "Asia/Seoul")]
    time_zone: Option<String>,
    /// BCP 47; the nearest of `en` and `ko` is taken.
    #[schema(example = "ko-KR")]
    locale: Option<String>,
}

/// Make an account
///
/// Signs it in at once and sets the cookies of a browser. The first account of an empty installation is its administrator.
///
/// What is kept under an `Idempotency-Key` is encrypted, because it contains tokens.
#[utoipa::path(
    post, path = "/api/v1/auth/signup", tag = "identity", request_body = NewUser,
    responses(
        (status = 201, description = "Signed in", body = SignedInView),
        (status = 409, description = "`identity.email_taken`: the address has an account"),
        (status = 429, description = "`identity.throttled`: a hundred accounts were asked for from this address within an hour", headers(("retry-after" = u32))),
    )
)]
pub(crate) async fn sign_up(
    Extract(app): Extract<App>,
    Extract(state): Extract<State>,
    sender: Sender,
    request: Write<NewUser>,
) -> Result<Response, Problem> {
    let NewUser { email, password, display_name, time_zone, locale } = request.body;
    let account = NewAccount::parse(&email, password, &display_name, time_zone.as_deref(), locale.as_deref());
    let account = account.map_err(Problem::of)?;
    let render = Arc::new(move |signed_in: &SignedIn| shown(signed_in, StatusCode::CREATED, &state.settings));
    Ok(answer(identity::sign_up(&app, account, &sender.client, request.once, render).await?))
}

/// The answer to whoever just signed in.
pub(super) fn shown(signed_in: &SignedIn, status: StatusCode, settings: &EdgeSettings) -> Rendered {
    let mut rendered = rendered(status, None, None, &SignedInView::from(signed_in));
    rendered.headers.extend(cookies::keep(&signed_in.tokens, settings));
    rendered
}
