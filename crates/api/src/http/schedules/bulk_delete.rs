//! `POST /api/v1/schedules/bulk-delete`

use std::sync::Arc;

use app::{App, Rendered, calendar};
use axum::{extract::State as Extract, response::Response};
use kernel::ScheduleId;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::http::{Caller, Problem, Write, answer};

/// Which schedules.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Schedules {
    /// 1 to 100 ids.
    #[schema(value_type = Vec<String>)]
    ids: Vec<ScheduleId>,
}

/// Delete several schedules
///
/// All or nothing: if one of them is not there, none is deleted.
#[utoipa::path(
    post, path = "/api/v1/schedules/bulk-delete", tag = "schedules", request_body = Schedules,
    responses(
        (status = 204, description = "All in the trash"),
        (status = 404, description = "`schedule.not_found`: one of them is not there; none was deleted"),
    )
)]
pub(crate) async fn bulk_delete(
    Extract(app): Extract<App>,
    caller: Caller,
    request: Write<Schedules>,
) -> Result<Response, Problem> {
    let render = Arc::new(|(): &()| Rendered { status: 204, headers: Vec::new(), body: Vec::new() });
    Ok(answer(calendar::delete_many(&app, &caller.0, request.body.ids, request.once, render).await?))
}
