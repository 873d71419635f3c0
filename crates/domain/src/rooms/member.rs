//! Who is in a room, and what they may do there.

use std::str::FromStr;

use kernel::{Instant, RoomId, UserId};

use super::RoomError;

/// What somebody is in a room; each may do what the one before may.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Standing {
    /// Reads and follows.
    Viewer,
    /// Publishes as well.
    Member,
    /// Says what the room is called, who is in it, and when it ends.
    Owner,
}

/// What may be done in a room.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Deed {
    /// See the room, who is in it, and what happens there.
    Read,
    /// Add to what happens there.
    Publish,
    /// Change the room and who is in it, or end it.
    Manage,
}

impl Standing {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Viewer, Self::Member, Self::Owner];

    /// As kept and as written.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Viewer => "viewer",
            Self::Member => "member",
            Self::Owner => "owner",
        }
    }

    /// Refuses what somebody of this standing may not do.
    pub fn may(self, deed: Deed) -> Result<(), RoomError> {
        let least = match deed {
            Deed::Read => Self::Viewer,
            Deed::Publish => Self::Member,
            Deed::Manage => Self::Owner,
        };
        if self >= least { Ok(()) } else { Err(RoomError::Forbidden { standing: self.as_str() }) }
    }
}

/// The text names no standing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("write owner, member or viewer")]
pub struct UnknownStanding;

impl FromStr for Standing {
    type Err = UnknownStanding;

    fn from_str(text: &str) -> Result<Self, UnknownStanding> {
        Self::ALL.into_iter().find(|standing| standing.as_str() == text).ok_or(UnknownStanding)
    }
}

/// Somebody in a room.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    /// Which room.
    pub room: RoomId,
    /// Who.
    pub user: UserId,
    /// What they are called.
    pub display_name: String,
    /// What they are there.
    pub standing: Standing,
    /// Since when.
    pub joined_at: Instant,
}

/// Refuses that somebody of `standing` becomes `then`, or goes (`None`), where that would leave a room of so many `owners` with none.
pub fn may_go(standing: Standing, then: Option<Standing>, owners: i64) -> Result<(), RoomError> {
    let stays = then == Some(Standing::Owner);
    if standing == Standing::Owner && !stays && owners <= 1 { Err(RoomError::LastOwner) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_may_what_the_one_before_may_and_more() {
        use Deed::{Manage, Publish, Read};
        for (standing, may) in
            [(Standing::Viewer, &[Read][..]), (Standing::Member, &[Read, Publish]), (Standing::Owner, &[Read, Publish, Manage])]
        {
            for deed in [Read, Publish, Manage] {
                let refused = RoomError::Forbidden { standing: standing.as_str() };
                assert_eq!(standing.may(deed), if may.contains(&deed) { Ok(()) } else { Err(refused) }, "{standing:?} {deed:?}");
            }
            assert_eq!(standing.as_str().parse(), Ok(standing));
        }
        assert_eq!("Owner".parse::<Standing>(), Err(UnknownStanding));
    }

    #[test]
    fn a_room_is_never_left_without_an_owner() {
        let thens = [None, Some(Standing::Viewer), Some(Standing::Member), Some(Standing::Owner)];
        for standing in Standing::ALL {
            for then in thens {
                for owners in 1..=3 {
                    let left = owners - i64::from(standing == Standing::Owner) + i64::from(then == Some(Standing::Owner));
                    assert_eq!(may_go(standing, then, owners).is_ok(), left >= 1, "{standing:?} {then:?} {owners}");
                }
            }
        }
    }
}
