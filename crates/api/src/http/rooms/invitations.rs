//! `/api/v1/rooms/{id}/invitations`: make, list, revoke.

use std::sync::Arc;

use app::{
    App,
    domain::rooms::invited_as,
    rooms::{self, NewInvitation},
};
use axum::{extract::State as Extract, response::Response};
use http::StatusCode;
use kernel::{InvitationId, RoomId};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::view::InvitationView;
use crate::http::{Caller, Path, Problem, Write, answer, json, rendered};

/// An invitation that is asked for.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct WantedInvitation {
    /// As what people come in: `member` or `viewer`.
    #[schema(example = "member")]
    role: String,
}

/// An invitation and its secret.
#[derive(Serialize, ToSchema)]
pub(crate) struct NewInvitationView {
    #[serde(flatten)]
    invitation: InvitationView,
    /// Sent to `POST /api/v1/invitations/accept`. Whoever has it may come in; it is shown this once.
    #[schema(example = "cmi_q3Zx…")]
    token: String,
}

/// Invite into a room
///
/// For its owners. The token lets in whoever has it, as often as it is used, for seven days, until it is revoked. What is kept under an
/// `Idempotency-Key` is encrypted, because it contains the token.
#[utoipa::path(
    post, path = "/api/v1/rooms/{id}/invitations", tag = "rooms", request_body = WantedInvitation,
    params(("id" = String, Path, description = "The room")),
    responses(
        (status = 201, description = "The invitation, with its token", body = NewInvitationView),
        (status = 409, description = "`room.too_many_invitations`"),
    )
)]
pub(crate) async fn invite(
    Extract(app): Extract<App>,
    caller: Caller,
    Path(id): Path<RoomId>,
    request: Write<WantedInvitation>,
) -> Result<Response, Problem> {
    let standing = invited_as(&request.body.role).map_err(Problem::of)?;
    let shown = |new: &NewInvitation| {
        let view = NewInvitationView { invitation: InvitationView::from(&new.invitation), token: new.secret.clone() };
        rendered(StatusCode::CREATED, None, None, &view)
    };
    Ok(answer(rooms::invite(&app, &caller.0, (id, standing), request.once, Arc::new(shown)).await?))
}

/// All invitations.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct InvitationList {
    /// Oldest first.
    items: Vec<InvitationView>,
    /// Always null: all that let people in are here.
    next_cursor: Option<String>,
}

/// List the invitations into a room
///
/// For its owners: those that let people in, without their tokens.
#[utoipa::path(
    get, path = "/api/v1/rooms/{id}/invitations", tag = "rooms", params(("id" = String, Path, description = "The room")),
    responses((status = 200, description = "All of them", body = InvitationList))
)]
pub(crate) async fn list_invitations(
    Extract(app): Extract<App>,
    caller: Caller,
    Path(id): Path<RoomId>,
) -> Result<Response, Problem> {
    let items = rooms::invitations(&app, &caller.0, id).await?.iter().map(InvitationView::from).collect();
    Ok(json(StatusCode::OK, &InvitationList { items, next_cursor: None }))
}

/// Revoke an invitation
///
/// For owners of the room. Nobody comes in by it from now on; who came by it stays.
#[utoipa::path(
    delete, path = "/api/v1/rooms/{id}/invitations/{invitation_id}", tag = "rooms",
    params(("id" = String, Path, description = "The room"), ("invitation_id" = String, Path, description = "The invitation")),
    responses((status = 204, description = "Revoked"))
)]
pub(crate) async fn revoke_invitation(
    Extract(app): Extract<App>,
    caller: Caller,
    Path(target): Path<(RoomId, InvitationId)>,
) -> Result<StatusCode, Problem> {
    rooms::revoke(&app, &caller.0, target).await?;
    Ok(StatusCode::NO_CONTENT)
}
