//! Typed, time-ordered ids: `sch_06f1v3k8...`, a short prefix and 26 characters of Crockford base32 over a UUID version 7
//! (RFC 9562), lower case. The text sorts as the ids do.

use std::{fmt, str::FromStr};

use uuid::Uuid;

use crate::{Entropy, Instant};

const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";
const TEXT_LEN: usize = 26;

/// Why a text is not an id of the asked kind.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a valid id: expected `{prefix}_` and 26 characters of 0-9 a-z without i, l, o, u")]
pub struct IdError {
    /// The prefix that was asked for.
    pub prefix: &'static str,
}

fn encode(uuid: Uuid, out: &mut fmt::Formatter<'_>) -> fmt::Result {
    let bits = uuid.as_u128();
    let mut text = [0u8; TEXT_LEN];
    for (index, slot) in text.iter_mut().enumerate() {
        let shift = 5 * (TEXT_LEN - 1 - index);
        *slot = ALPHABET[((bits >> shift) & 31) as usize];
    }
    out.write_str(std::str::from_utf8(&text).map_err(|_| fmt::Error)?)
}

fn decode(text: &str) -> Option<Uuid> {
    let bytes = text.as_bytes();
    // 26 characters hold 130 bits: the first may only be 0..=7.
    if bytes.len() != TEXT_LEN || !matches!(bytes[0], b'0'..=b'7') {
        return None;
    }
    let mut bits = 0u128;
    for byte in bytes {
        let digit = ALPHABET.iter().position(|c| c == byte)?;
        bits = (bits << 5) | digit as u128;
    }
    Some(Uuid::from_u128(bits))
}

/// Builds a version 7 UUID from an instant and 10 random bytes. Instants before 1970 count as 1970.
fn mint(now: Instant, entropy: &dyn Entropy) -> Uuid {
    let mut random = [0u8; 10];
    entropy.fill(&mut random);
    let millis = u64::try_from(now.as_micros() / 1_000).unwrap_or(0);
    uuid::Builder::from_unix_timestamp_millis(millis, &random).into_uuid()
}

macro_rules! typed_ids {
    ($($(#[$doc:meta])* $name:ident = $prefix:literal;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(Uuid);

        impl $name {
            /// What stands before the underscore.
            pub const PREFIX: &'static str = $prefix;

            /// A new id, ordered by `now` to the millisecond.
            pub fn mint(now: Instant, entropy: &dyn Entropy) -> Self {
                Self(mint(now, entropy))
            }

            /// Wraps what a store has kept.
            pub const fn from_uuid(uuid: Uuid) -> Self {
                Self(uuid)
            }

            /// What a store keeps.
            pub const fn uuid(self) -> Uuid {
                self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(concat!($prefix, "_"))?;
                encode(self.0, f)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(self, f)
            }
        }

        impl FromStr for $name {
            type Err = IdError;

            fn from_str(text: &str) -> Result<Self, IdError> {
                text.strip_prefix(concat!($prefix, "_"))
                    .and_then(decode)
                    .map(Self)
                    .ok_or(IdError { prefix: $prefix })
            }
        }

        as_text!($name);
    )*};
}

typed_ids! {
    /// A person with an account.
    UserId = "usr";
    /// One signed-in device: a family of refresh tokens.
    SessionId = "ses";
    /// A service key.
    ApiKeyId = "key";
    /// A schedule: one item of a calendar.
    ScheduleId = "sch";
    /// A task: something to be done.
    TaskId = "tsk";
    /// A category: a branch of somebody's tree of them.
    CategoryId = "cat";
    /// A tag: a word that schedules can have in common.
    TagId = "tag";
    /// A reminder: the rule "30 minutes before" on a schedule.
    ReminderId = "rem";
    /// An alarm: one reminder of one occurrence at one instant.
    AlarmId = "alm";
    /// A feed: a calendar that other programs read over a secret address.
    FeedId = "fed";
    /// A row of somebody's inbox.
    NotificationId = "ntf";
    /// A room: people who follow one stream together.
    RoomId = "rom";
    /// An invitation into a room.
    InvitationId = "inv";
    /// A comment in a room.
    CommentId = "cmt";
    /// One life of one process that holds connections of people who follow rooms.
    GatewayId = "gtw";
    /// A product that people wait for.
    ProductId = "prd";
    /// Somebody whom an owner of products can tell.
    RecipientId = "rcp";
    /// An event in a stream.
    EventId = "evt";
    /// A durable stream of events: a user's own, or a room's.
    StreamId = "str";
    /// A piece of housekeeping.
    JobId = "job";
}

impl From<UserId> for StreamId {
    /// A user's own stream carries the user's id, so that no lookup stands between the two.
    fn from(user: UserId) -> Self {
        Self(user.0)
    }
}

impl From<RoomId> for StreamId {
    /// So does the stream of a room.
    fn from(room: RoomId) -> Self {
        Self(room.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Fixed(u8);
    impl Entropy for Fixed {
        fn fill(&self, bytes: &mut [u8]) {
            bytes.fill(self.0);
        }
    }

    #[test]
    fn an_id_survives_its_text_and_sorts_by_time() {
        let early = ScheduleId::mint(Instant::from_micros(1_700_000_000_000_000), &Fixed(0xff));
        let late = ScheduleId::mint(Instant::from_micros(1_700_000_000_001_000), &Fixed(0));
        assert_eq!(early.to_string().parse(), Ok(early));
        assert!(early < late);
        assert!(early.to_string() < late.to_string());
    }

    #[test]
    fn a_text_of_another_kind_or_shape_is_refused() {
        let id = UserId::mint(Instant::from_micros(0), &Fixed(7)).to_string();
        assert!(id.parse::<ScheduleId>().is_err());
        for text in ["", "usr_", "usr", "usr_zzzzzzzzzzzzzzzzzzzzzzzzzz", "usr_0", "USR_00000000000000000000000000", "usr_../etc"]
        {
            assert!(text.parse::<UserId>().is_err(), "{text} was accepted");
        }
        assert!(id.to_uppercase().parse::<UserId>().is_err(), "ids have one spelling");
    }
}
