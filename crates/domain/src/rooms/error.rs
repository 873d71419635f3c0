//! How rooms refuse.

use kernel::{Category, Coded, FieldError};

use super::MAX_DATA_BYTES;

/// A refusal about rooms.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RoomError {
    /// There is no such room, or the caller is not in it: the answer does not say which.
    #[error("there is no such room")]
    NotFound,
    /// Fields that make no sense.
    #[error("what was sent about the room is not valid")]
    Invalid(Vec<FieldError>),
    /// In the room, but not as somebody who may do this.
    #[error("in this room you are a {standing}, who may not do that")]
    Forbidden {
        /// What the caller is in the room.
        standing: &'static str,
    },
    /// The only owner cannot go, nor become less.
    #[error("a room has at least one owner: make somebody else one first, or delete the room")]
    LastOwner,
    /// The caller is in as many rooms as a person may be.
    #[error("you are in {most} rooms, and that is the most: leave one first")]
    TooMany {
        /// The limit.
        most: u32,
    },
    /// The room has as many members as a room may.
    #[error("the room has {most} members, and that is the most")]
    Full {
        /// The limit.
        most: u32,
    },
    /// The room has as many invitations as a room may.
    #[error("the room has {most} invitations, and that is the most: revoke one first")]
    TooManyInvitations {
        /// The limit.
        most: u32,
    },
    /// Nobody of this id is in the room.
    #[error("nobody of this id is in the room")]
    MemberNotFound,
    /// The invitation expired, was revoked, or never was.
    #[error("there is no such invitation: it expired, was revoked, or never was")]
    InvitationNotFound,
    /// The data of an event has more bytes than it may.
    #[error("the data of an event has at most {MAX_DATA_BYTES} bytes, and this has {bytes}: publish where it lies instead")]
    EventTooLarge {
        /// So many it has, without the space between its parts.
        bytes: usize,
    },
    /// Something else was published under this key.
    #[error("something else was published under this dedupe_key: choose a new one")]
    DedupeKeyTaken,
    /// What somebody wants to talk about is not in the room.
    #[error("there is no such event, comment or schedule in the room")]
    NothingThere,
    /// There is no such comment in the room.
    #[error("there is no such comment in the room")]
    CommentNotFound,
    /// The comment is somebody else's.
    #[error("the comment is somebody else's: only its author changes it, and owners of the room may delete it")]
    NotYours,
    /// `If-Match` names another version of the comment than the present one.
    #[error("the comment was changed in the meantime: it is now version {current}; read it again and repeat")]
    CommentVersionMismatch {
        /// The present version.
        current: i64,
    },
    /// The caller has said as much in the room, or named as many, as one may in a minute.
    #[error("you say too much at once in this room: come back in {retry_after_seconds} seconds")]
    TooFast {
        /// How long to wait.
        retry_after_seconds: u32,
    },
    /// The caller has given this as many reactions as one may.
    #[error("you have given this {most} reactions, and that is the most: take one back first")]
    TooManyReactions {
        /// The limit.
        most: u32,
    },
    /// There are as many different reactions to this as there may be.
    #[error("this has {most} different reactions, and that is the most: give one of them")]
    TooManyKinds {
        /// The limit.
        most: u32,
    },
    /// As many schedules are shared with the room as may be.
    #[error("{most} schedules are shared with the room, and that is the most: end another share first")]
    TooManySchedules {
        /// The limit.
        most: u32,
    },
    /// The schedule is shared with as many rooms as it may be.
    #[error("the schedule is shared with {most} rooms, and that is the most: end another share of it first")]
    SharedTooOften {
        /// The limit.
        most: u32,
    },
    /// `If-Match` names another version than the present one.
    #[error("the room was changed in the meantime: it is now version {current}; read it again and repeat")]
    VersionMismatch {
        /// The present version.
        current: i64,
    },
    /// A change came without `If-Match`.
    #[error("send If-Match with the ETag of the version you changed, or * to change whatever is there")]
    VersionRequired,
}

impl Coded for RoomError {
    fn code(&self) -> &'static str {
        match self {
            Self::NotFound => "room.not_found",
            Self::Invalid(_) => "room.invalid",
            Self::Forbidden { .. } => "room.forbidden",
            Self::LastOwner => "room.last_owner",
            Self::TooMany { .. } => "room.too_many",
            Self::Full { .. } => "room.full",
            Self::TooManyInvitations { .. } => "room.too_many_invitations",
            Self::MemberNotFound => "room.member_not_found",
            Self::InvitationNotFound => "invitation.not_found",
            Self::EventTooLarge { .. } => "room.event_too_large",
            Self::DedupeKeyTaken => "room.dedupe_key_taken",
            Self::NothingThere => "room.item_not_found",
            Self::CommentNotFound => "comment.not_found",
            Self::NotYours => "comment.not_yours",
            Self::CommentVersionMismatch { .. } => "comment.version_mismatch",
            Self::TooFast { .. } => "room.too_fast",
            Self::TooManyReactions { .. } => "reaction.too_many",
            Self::TooManyKinds { .. } => "reaction.too_many_kinds",
            Self::TooManySchedules { .. } => "room.too_many_schedules",
            Self::SharedTooOften { .. } => "room.shared_too_often",
            Self::VersionMismatch { .. } => "room.version_mismatch",
            Self::VersionRequired => "room.version_required",
        }
    }

    fn category(&self) -> Category {
        match self {
            Self::NotFound | Self::MemberNotFound | Self::InvitationNotFound | Self::NothingThere | Self::CommentNotFound => {
                Category::NotFound
            }
            Self::Invalid(_) | Self::DedupeKeyTaken => Category::Invalid,
            Self::EventTooLarge { .. } => Category::TooLarge,
            Self::TooFast { .. } => Category::RateLimited,
            Self::Forbidden { .. } | Self::NotYours => Category::Forbidden,
            Self::LastOwner
            | Self::TooMany { .. }
            | Self::Full { .. }
            | Self::TooManyInvitations { .. }
            | Self::TooManyReactions { .. }
            | Self::TooManyKinds { .. }
            | Self::TooManySchedules { .. }
            | Self::SharedTooOften { .. } => Category::Conflict,
            Self::VersionMismatch { .. } | Self::CommentVersionMismatch { .. } => Category::PreconditionFailed,
            Self::VersionRequired => Category::PreconditionRequired,
        }
    }

    fn fields(&self) -> &[FieldError] {
        match self {
            Self::Invalid(fields) => fields,
            _ => &[],
        }
    }

    fn retry_after_seconds(&self) -> Option<u32> {
        match self {
            Self::TooFast { retry_after_seconds } => Some(*retry_after_seconds),
            _ => None,
        }
    }
}
