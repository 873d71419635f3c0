//! `/api/v1/rooms/{id}/members`: list, change what somebody is, take somebody out.

use std::sync::Arc;

use app::{
    App,
    domain::rooms::{Member, RoomError, Standing},
    rooms,
};
use axum::{extract::State as Extract, response::Response};
use http::StatusCode;
use kernel::{FieldError, RoomId, UserId};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::view::MemberView;
use crate::http::{Caller, Path, Problem, Query, Write, answer, json, page::Part, rendered};

/// A page of members.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct MemberPage {
    /// Who has been there for longest first.
    items: Vec<MemberView>,
    /// Where the next page begins; null on the last one.
    next_cursor: Option<String>,
}

/// List who is in a room
#[utoipa::path(
    get, path = "/api/v1/rooms/{id}/members", tag = "rooms", params(("id" = String, Path, description = "Its id"), Part),
    responses((status = 200, description = "A page", body = MemberPage))
)]
pub(crate) async fn list_members(
    Extract(app): Extract<App>,
    caller: Caller,
    Path(id): Path<RoomId>,
    Query(part): Query<Part>,
) -> Result<Response, Problem> {
    let scope = format!("members of {id} for {}", caller.0.user);
    let page = rooms::members(&app, &caller.0, id, part.of(&scope)?).await?;
    let next_cursor = page.next.map(|next| next.encode(&scope));
    Ok(json(StatusCode::OK, &MemberPage { items: page.items.iter().map(MemberView::from).collect(), next_cursor }))
}

/// What somebody shall be.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct MemberChange {
    /// `owner`, `member` or `viewer`.
    #[schema(example = "owner")]
    role: String,
}

/// Change what somebody is in a room
///
/// For its owners. The last owner stays one.
#[utoipa::path(
    patch, path = "/api/v1/rooms/{id}/members/{user_id}", tag = "rooms", request_body = MemberChange,
    params(("id" = String, Path, description = "The room"), ("user_id" = String, Path, description = "Who")),
    responses(
        (status = 200, description = "As it is now", body = MemberView),
        (status = 409, description = "`room.last_owner`"),
    )
)]
pub(crate) async fn change_member(
    Extract(app): Extract<App>,
    caller: Caller,
    Path(target): Path<(RoomId, UserId)>,
    request: Write<MemberChange>,
) -> Result<Response, Problem> {
    let standing: Standing = request
        .body
        .role
        .parse()
        .map_err(|unknown| Problem::of(RoomError::Invalid(vec![FieldError::new("/role", format!("{unknown}"))])))?;
    let shown = |member: &Member| rendered(StatusCode::OK, None, None, &MemberView::from(member));
    Ok(answer(rooms::change_member(&app, &caller.0, target, standing, request.once, Arc::new(shown)).await?))
}

/// Take somebody out of a room
///
/// For its owners; and for everybody to take out themselves, which is leaving. The last owner stays.
#[utoipa::path(
    delete, path = "/api/v1/rooms/{id}/members/{user_id}", tag = "rooms",
    params(("id" = String, Path, description = "The room"), ("user_id" = String, Path, description = "Who")),
    responses(
        (status = 204, description = "They are not in it any more"),
        (status = 409, description = "`room.last_owner`"),
    )
)]
pub(crate) async fn remove_member(
    Extract(app): Extract<App>,
    caller: Caller,
    Path(target): Path<(RoomId, UserId)>,
) -> Result<StatusCode, Problem> {
    rooms::remove_member(&app, &caller.0, target).await?;
    Ok(StatusCode::NO_CONTENT)
}
