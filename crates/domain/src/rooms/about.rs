//! What people of a room talk about.

use std::{fmt, str::FromStr};

use kernel::{CommentId, EventId, ScheduleId};

/// Something in a room: an event that is kept there, a schedule that is shared with it, or a comment. Written as the id of that.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum About {
    /// An event.
    Event(EventId),
    /// A schedule.
    Schedule(ScheduleId),
    /// A comment.
    Comment(CommentId),
}

impl fmt::Display for About {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Event(id) => id.fmt(f),
            Self::Schedule(id) => id.fmt(f),
            Self::Comment(id) => id.fmt(f),
        }
    }
}

/// The text is no id of something that can be talked about.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("write the id of an event, a schedule or a comment")]
pub struct UnknownAbout;

impl FromStr for About {
    type Err = UnknownAbout;

    fn from_str(text: &str) -> Result<Self, UnknownAbout> {
        let event = text.parse().map(Self::Event);
        let schedule = || text.parse().map(Self::Schedule);
        let comment = || text.parse().map(Self::Comment);
        event.or_else(|_| schedule()).or_else(|_| comment()).map_err(|_| UnknownAbout)
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    #[test]
    fn what_is_talked_about_is_written_as_its_id() {
        let uuid = Uuid::from_u128(7);
        for about in [
            About::Event(EventId::from_uuid(uuid)),
            About::Schedule(ScheduleId::from_uuid(uuid)),
            About::Comment(CommentId::from_uuid(uuid)),
        ] {
            assert_eq!(about.to_string().parse(), Ok(about));
        }
        for bad in ["", "evt_", "rom_00000000000000000000000007", "cmt_0", "evt_00000000000000000000000007 "] {
            assert_eq!(bad.parse::<About>(), Err(UnknownAbout), "{bad:?}");
        }
    }
}
