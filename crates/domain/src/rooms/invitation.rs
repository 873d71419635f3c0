//! How people come into a room.

use std::time::Duration;

use kernel::{FieldError, Instant, InvitationId, RoomId, UserId};

use super::{RoomError, Standing};

/// How long an invitation lets people in.
pub const INVITATION_LIFETIME: Duration = Duration::from_hours(7 * 24);

/// An invitation, without its secret: that is shown once and kept as a hash. Whoever has it may come in until it expires or is revoked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Invitation {
    /// Its id.
    pub id: InvitationId,
    /// Into which room.
    pub room: RoomId,
    /// As what; never as an owner.
    pub standing: Standing,
    /// Who made it, while they have an account.
    pub invited_by: Option<UserId>,
    /// How many came by it.
    pub accepted: i64,
    /// When it was made.
    pub created_at: Instant,
    /// Until when it lets people in.
    pub expires_at: Instant,
}

/// Reads as what people shall come in. A link may end up with anybody, so nobody becomes an owner by one.
pub fn invited_as(text: &str) -> Result<Standing, RoomError> {
    match text.parse() {
        Ok(standing @ (Standing::Member | Standing::Viewer)) => Ok(standing),
        _ => Err(RoomError::Invalid(vec![FieldError::new("/role", "write member or viewer")])),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_becomes_an_owner_by_a_link() {
        assert_eq!(invited_as("member"), Ok(Standing::Member));
        assert_eq!(invited_as("viewer"), Ok(Standing::Viewer));
        for bad in ["owner", "", "Member", "admin"] {
            assert!(matches!(invited_as(bad), Err(RoomError::Invalid(_))), "{bad}");
        }
    }
}
