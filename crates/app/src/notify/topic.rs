//! The streams there are, by the names that clients call them, and who may follow which.

use std::{fmt, str::FromStr};

use domain::identity::{Caller, IdentityError, Scope};
use kernel::{RoomId, StreamId};

use crate::{App, Error, rooms};

/// A stream, as the caller calls it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Topic {
    /// `me`: what happens to the caller.
    Me,
    /// `rom_…`: what happens in a room.
    Room(RoomId),
}

/// Why a text names no stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not the name of a stream: expected `me`, or the id of a room such as `rom_06f1…`")]
pub struct TopicError;

impl Topic {
    /// The stream that `caller` calls so.
    pub fn stream(self, caller: &Caller) -> StreamId {
        match self {
            Self::Me => StreamId::from(caller.user),
            Self::Room(room) => StreamId::from(room),
        }
    }

    /// What `caller` calls a stream that they follow.
    pub fn of(stream: StreamId, caller: &Caller) -> Self {
        if stream == StreamId::from(caller.user) { Self::Me } else { Self::Room(RoomId::from_uuid(stream.uuid())) }
    }
}

impl fmt::Display for Topic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Me => f.write_str("me"),
            Self::Room(room) => room.fmt(f),
        }
    }
}

impl FromStr for Topic {
    type Err = TopicError;

    fn from_str(text: &str) -> Result<Self, TopicError> {
        if text == "me" { Ok(Self::Me) } else { text.parse().map(Self::Room).map_err(|_| TopicError) }
    }
}

/// Refuses a topic that the caller may not follow. A room they are not a member of is not there for them. They read it already: who is taken
/// out from here on is either seen here, or their reader is found and ended.
pub(super) async fn authorise(app: &App, caller: &Caller, topic: Topic) -> Result<(), Error> {
    match topic {
        Topic::Me if caller.may(Scope::NotificationsRead) => Ok(()),
        Topic::Room(room) if caller.may(Scope::RoomsRead) => rooms::admit(app, caller, room).await,
        Topic::Me | Topic::Room(_) => Err(IdentityError::Forbidden.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_topic_has_one_spelling() {
        for text in ["me", "rom_00000000000000000000000001"] {
            assert_eq!(text.parse::<Topic>().map(|topic| topic.to_string()), Ok(text.to_owned()));
        }
        for text in ["", "ME", "me ", "rom_", "usr_00000000000000000000000001", "str_00000000000000000000000001", "rom_../me"] {
            assert_eq!(text.parse::<Topic>(), Err(TopicError), "{text}");
        }
    }
}
