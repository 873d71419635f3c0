//! `DELETE /api/v1/api-keys/{id}`

use app::{App, identity};
use axum::extract::State as Extract;
use http::StatusCode;
use kernel::ApiKeyId;

use crate::http::{Caller, Path, Problem};

/// Delete a service key
///
/// It stops working within two seconds, and its streams close.
#[utoipa::path(
    delete, path = "/api/v1/api-keys/{id}", tag = "identity", params(("id" = String, Path, description = "Its id")),
    responses((status = 204, description = "Deleted"), (status = 404, description = "`identity.api_key_not_found`"))
)]
pub(crate) async fn delete_api_key(
    Extract(app): Extract<App>,
    caller: Caller,
    Path(id): Path<ApiKeyId>,
) -> Result<StatusCode, Problem> {
    identity::delete_api_key(&app, &caller.0, id).await?;
    Ok(StatusCode::NO_CONTENT)
}
