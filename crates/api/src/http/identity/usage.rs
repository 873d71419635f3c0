//! `GET /api/v1/users/me/usage`

use app::{
    App,
    calendar::{self, Share, Usage},
};
use axum::{extract::State as Extract, response::Response};
use http::StatusCode;
use serde::Serialize;
use utoipa::ToSchema;

use crate::http::{Caller, Problem, json};

/// How much somebody keeps.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct UsageView {
    /// Schedules, without the trash; a series counts once. Beyond the limit: 409 `quota.schedules`.
    schedules: ShareView,
    /// Categories. Beyond the limit: 409 `category.too_many`.
    categories: ShareView,
    /// Tags. Beyond the limit: 409 `tag.too_many`.
    tags: ShareView,
}

/// How much of something there is, and may be.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ShareView {
    /// So much there is.
    #[schema(example = 1_234)]
    used: i64,
    /// So much there may be.
    #[schema(example = 100_000)]
    limit: i64,
}

impl From<Share> for ShareView {
    fn from(Share { used, limit }: Share) -> Self {
        Self { used, limit }
    }
}

impl From<Usage> for UsageView {
    fn from(Usage { schedules, categories, tags }: Usage) -> Self {
        Self { schedules: schedules.into(), categories: categories.into(), tags: tags.into() }
    }
}

/// Read how much you keep
#[utoipa::path(
    get, path = "/api/v1/users/me/usage", tag = "identity",
    responses((status = 200, description = "How much there is, and may be", body = UsageView))
)]
pub(crate) async fn read_usage(Extract(app): Extract<App>, caller: Caller) -> Result<Response, Problem> {
    let usage = calendar::usage(&app, &caller.0).await?;
    Ok(json(StatusCode::OK, &UsageView::from(usage)))
}
