//! Rooms, their members and invitations as they go over the wire.

use app::{
    Rendered,
    domain::rooms::{Invitation, Member},
    rooms::Entered,
};
use http::StatusCode;
use kernel::{Instant, InvitationId, RoomId, UserId};
use serde::Serialize;
use utoipa::ToSchema;

use crate::http::{etag, rendered};

/// A room, as somebody in it sees it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Room)]
pub(crate) struct RoomView {
    /// Its id.
    #[schema(value_type = String, example = "rom_01jd2n9w3fkz8q4v6x0c5b7m1t")]
    id: RoomId,
    /// What its owners call it.
    #[schema(example = "Choir")]
    name: String,
    /// What you are in it: `owner`, `member` or `viewer`.
    #[schema(example = "owner")]
    role: &'static str,
    /// How many are in it.
    members: i64,
    /// How many of its events you have not read.
    unread: i64,
    /// Since when you are in it.
    #[schema(value_type = String, format = DateTime)]
    joined_at: Instant,
    /// Grows with every change of the room itself, not with who is in it; the ETag.
    version: i64,
    #[schema(value_type = String, format = DateTime)]
    created_at: Instant,
    #[schema(value_type = String, format = DateTime)]
    updated_at: Instant,
}

impl From<&Entered> for RoomView {
    fn from(Entered { room, standing, joined_at, unread }: &Entered) -> Self {
        Self {
            id: room.id,
            name: room.name.clone(),
            role: standing.as_str(),
            members: room.members,
            unread: *unread,
            joined_at: *joined_at,
            version: room.version,
            created_at: room.created_at,
            updated_at: room.updated_at,
        }
    }
}

/// `200 OK` with the room as it is now.
pub(super) fn shown(entered: &Entered) -> Rendered {
    rendered(StatusCode::OK, None, Some(&etag(entered.room.version)), &RoomView::from(entered))
}

/// Somebody in a room.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = RoomMember)]
pub(crate) struct MemberView {
    /// Who.
    #[schema(value_type = String, example = "usr_01jd2n9w3fkz8q4v6x0c5b7m1t")]
    user_id: UserId,
    /// What they are called.
    #[schema(example = "Ada")]
    display_name: String,
    /// What they are there: `owner`, `member` or `viewer`.
    #[schema(example = "member")]
    role: &'static str,
    /// Since when.
    #[schema(value_type = String, format = DateTime)]
    joined_at: Instant,
}

impl From<&Member> for MemberView {
    fn from(member: &Member) -> Self {
        Self {
            user_id: member.user,
            display_name: member.display_name.clone(),
            role: member.standing.as_str(),
            joined_at: member.joined_at,
        }
    }
}

/// An invitation, without its secret.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Invitation)]
pub(crate) struct InvitationView {
    /// Its id.
    #[schema(value_type = String, example = "inv_01jd2n9w3fkz8q4v6x0c5b7m1t")]
    id: InvitationId,
    /// As what people come in: `member` or `viewer`.
    #[schema(example = "member")]
    role: &'static str,
    /// Who made it; null if they have no account any more.
    #[schema(value_type = Option<String>)]
    invited_by: Option<UserId>,
    /// How many came by it.
    accepted: i64,
    /// When it was made.
    #[schema(value_type = String, format = DateTime)]
    created_at: Instant,
    /// Until when it lets people in.
    #[schema(value_type = String, format = DateTime)]
    expires_at: Instant,
}

impl From<&Invitation> for InvitationView {
    fn from(invitation: &Invitation) -> Self {
        Self {
            id: invitation.id,
            role: invitation.standing.as_str(),
            invited_by: invitation.invited_by,
            accepted: invitation.accepted,
            created_at: invitation.created_at,
            expires_at: invitation.expires_at,
        }
    }
}
