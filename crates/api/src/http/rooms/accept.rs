//! `POST /api/v1/invitations/accept`

use std::sync::Arc;

use app::{
    App,
    rooms::{self, Joined},
};
use axum::{extract::State as Extract, response::Response};
use http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::view::RoomView;
use crate::http::{Caller, Problem, Write, answer, rendered};

/// An invitation somebody has.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Acceptance {
    /// As it was shown when the invitation was made. It belongs into a body and never into a URL.
    #[schema(example = "cmi_q3Zx…")]
    token: String,
}

/// Where somebody came in.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct JoinedView {
    /// The room.
    room: RoomView,
    /// Whether you came in by this. `false`: you were there already, and are what you were.
    joined: bool,
}

/// Accept an invitation
///
/// Takes you into the room. Again, or by another invitation, changes nothing.
#[utoipa::path(
    post, path = "/api/v1/invitations/accept", tag = "rooms", request_body = Acceptance,
    responses(
        (status = 200, description = "The room", body = JoinedView),
        (status = 404, description = "`invitation.not_found`: it expired, was revoked, or never was"),
        (status = 409, description = "`room.full`, or `room.too_many`: you are in as many rooms as one may be"),
    )
)]
pub(crate) async fn accept_invitation(
    Extract(app): Extract<App>,
    caller: Caller,
    request: Write<Acceptance>,
) -> Result<Response, Problem> {
    let shown = |joined: &Joined| {
        let view = JoinedView { room: RoomView::from(&joined.entered), joined: joined.joined };
        rendered(StatusCode::OK, None, None, &view)
    };
    Ok(answer(rooms::accept(&app, &caller.0, &request.body.token, request.once, Arc::new(shown)).await?))
}
