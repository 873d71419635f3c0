//! `DELETE /api/v1/categories/{id}`

use app::{App, calendar::labels, domain::calendar::labels::Children};
use axum::extract::State as Extract;
use http::StatusCode;
use kernel::CategoryId;
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};

use super::super::refused;
use crate::http::{Caller, IfMatch, Path, Problem, Query};

/// What becomes of those below.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Policy {
    /// `refuse` (the default): while others lie below, it is not deleted. `lift`: they move up to where it lay. `delete`: they are
    /// deleted as well, with everything below them.
    #[param(inline)]
    children: Option<ChildrenPolicy>,
}

/// What becomes of the categories below.
#[derive(Clone, Copy, Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum ChildrenPolicy {
    #[default]
    Refuse,
    Lift,
    Delete,
}

impl From<ChildrenPolicy> for Children {
    fn from(policy: ChildrenPolicy) -> Self {
        match policy {
            ChildrenPolicy::Refuse => Self::Refuse,
            ChildrenPolicy::Lift => Self::Lift,
            ChildrenPolicy::Delete => Self::Delete,
        }
    }
}

/// Delete a category
///
/// For good. Tasks and schedules that were in it, or in one that went with it, are in none then.
#[utoipa::path(
    delete, path = "/api/v1/categories/{id}", tag = "labels",
    params(("id" = String, Path, description = "Its id"), Policy, ("if-match" = Option<String>, Header, description = "ETag, or *")),
    responses(
        (status = 204, description = "Gone"),
        (status = 409, description = "`category.has_children`: say what becomes of them; `category.name_taken`: one of them cannot move up, its name is taken"),
        (status = 412, description = "`category.version_mismatch`: somebody else changed it"),
    )
)]
pub(crate) async fn delete_category(
    Extract(app): Extract<App>,
    caller: Caller,
    Path(id): Path<CategoryId>,
    Query(policy): Query<Policy>,
    if_match: IfMatch,
) -> Result<StatusCode, Problem> {
    let children = policy.children.unwrap_or_default().into();
    labels::delete_category(&app, &caller.0, id, children, if_match.into()).await.map_err(refused)?;
    Ok(StatusCode::NO_CONTENT)
}
