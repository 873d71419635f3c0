//! `POST /api/v1/api-keys`

use std::sync::Arc;

use app::{
    App, Rendered,
    domain::identity::ApiKeyRequest,
    identity::{self, NewApiKey},
};
use axum::{extract::State as Extract, response::Response};
use http::StatusCode;
use kernel::Instant;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::view::ApiKeyView;
use crate::http::{Caller, Problem, Write, answer, rendered};

/// A key that is asked for.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewKey {
    /// What to call it, 1 to 80 characters.
    #[schema(min_length = 1, max_length = 80, example = "CI")]
    name: String,
    /// What it may do: `schedules:read`, `schedules:write`, `notifications:read`, `notifications:write`, `rooms:read`, `rooms:write`,
    /// `events:publish` (which includes the two of rooms), `campaigns:read`, `campaigns:write`, `campaigns:admin`.
    #[schema(min_items = 1, example = json!(["schedules:read"]))]
    scopes: Vec<String>,
    /// When it stops working; never unless given.
    #[schema(value_type = Option<String>, format = DateTime)]
    expires_at: Option<Instant>,
}

/// A key and its secret.
#[derive(Serialize, ToSchema)]
pub(crate) struct NewKeyView {
    #[serde(flatten)]
    key: ApiKeyView,
    /// Sent as `Authorization: Bearer cmp_…`. Shown this once.
    #[schema(example = "cmp_q3Zx…")]
    secret: String,
}

/// Make a service key
///
/// It reaches your own things, within its scopes. Its secret is shown once; a user has at most 50 keys. Only a signed-in person
/// can make one. What is kept under an `Idempotency-Key` is encrypted, because it contains the secret.
#[utoipa::path(
    post, path = "/api/v1/api-keys", tag = "identity", request_body = NewKey,
    responses(
        (status = 201, description = "The key, with its secret", body = NewKeyView),
        (status = 409, description = "`identity.too_many_api_keys`"),
    )
)]
pub(crate) async fn create_api_key(
    Extract(app): Extract<App>,
    caller: Caller,
    request: Write<NewKey>,
) -> Result<Response, Problem> {
    let NewKey { name, scopes, expires_at } = request.body;
    let wanted = ApiKeyRequest::parse(&name, &scopes, expires_at, app.now()).map_err(Problem::of)?;
    Ok(answer(identity::create_api_key(&app, &caller.0, wanted, request.once, Arc::new(shown)).await?))
}

fn shown(new: &NewApiKey) -> Rendered {
    let view = NewKeyView { key: ApiKeyView::from(&new.key), secret: new.secret.clone() };
    rendered(StatusCode::CREATED, None, None, &view)
}
