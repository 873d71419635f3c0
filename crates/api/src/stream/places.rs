//! Where a reader of many streams is in each of them, as one text: `me@1-5,rom_…@1-7`.
//!
//! It is the `id` of every event on such a connection, so that a browser, which sends back nothing but the last `id`, can go on in
//! all of them. Streams go by their names and not by their order: whoever adds or drops one keeps the places of the others.

use std::{collections::BTreeMap, fmt::Write as _};

use app::notify::Topic;
use hub::{STREAMS_PER_CONNECTION, Since};
use kernel::{Position, StreamId};

use super::last_seen::LastSeen;

/// No log was ever there: whoever comes back with it is told of a gap.
const NOWHERE: Position = Position { epoch: 0, seq: 0 };

/// What a client says of its places.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Claimed {
    /// It has been nowhere yet, or was there.
    Places(BTreeMap<Topic, Position>),
    /// It says what cannot be read.
    Unreadable,
}

impl Claimed {
    /// Reads what a client has seen last.
    pub(super) fn read(seen: LastSeen<'_>) -> Self {
        match seen {
            LastSeen::Nothing => Self::Places(BTreeMap::new()),
            LastSeen::Text(text) => parse(text).map_or(Self::Unreadable, Self::Places),
            LastSeen::Unreadable => Self::Unreadable,
        }
    }

    /// Where to begin in `topic`. One that the client has no place in begins now.
    pub(super) fn since(&self, topic: Topic) -> Since {
        match self {
            Self::Places(places) => places.get(&topic).copied().map_or(Since::Head, Since::After),
            Self::Unreadable => Since::Unreadable,
        }
    }
}

fn parse(text: &str) -> Option<BTreeMap<Topic, Position>> {
    let mut places = BTreeMap::new();
    for part in text.split(',') {
        let (topic, position) = part.split_once('@')?;
        let is_new = places.insert(topic.parse().ok()?, position.parse().ok()?).is_none();
        if !is_new || places.len() > STREAMS_PER_CONNECTION {
            return None;
        }
    }
    Some(places)
}

/// The places of the streams of one connection.
#[derive(Debug)]
pub(super) struct Places(Vec<Place>);

#[derive(Debug)]
struct Place {
    stream: StreamId,
    name: String,
    position: Option<Position>,
}

impl Places {
    /// None yet.
    pub(super) fn new() -> Self {
        Self(Vec::new())
    }

    /// A stream that begins at `since`. Its place is part of the text from now on, so that it is not forgotten should the connection
    /// end before its first event.
    pub(super) fn add(&mut self, stream: StreamId, topic: Topic, since: Since) {
        let position = match since {
            Since::Head => None,
            Since::After(position) => Some(position),
            Since::Unreadable => Some(NOWHERE),
        };
        self.0.push(Place { stream, name: topic.to_string(), position });
    }

    /// A stream that is not read any more.
    pub(super) fn remove(&mut self, stream: StreamId) {
        self.0.retain(|place| place.stream != stream);
    }

    /// Its reader is at `position` now.
    pub(super) fn reach(&mut self, stream: StreamId, position: Position) {
        if let Some(place) = self.0.iter_mut().find(|place| place.stream == stream) {
            place.position = Some(position);
        }
    }

    /// What the client calls a stream.
    pub(super) fn name(&self, stream: StreamId) -> &str {
        self.0.iter().find(|place| place.stream == stream).map_or("", |place| &place.name)
    }
}

impl std::fmt::Display for Places {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut first = true;
        for place in &self.0 {
            let Some(position) = place.position else { continue };
            if !std::mem::take(&mut first) {
                f.write_char(',')?;
            }
            write!(f, "{}@{position}", place.name)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use kernel::RoomId;
    use proptest::prelude::*;

    use super::*;

    const ROOM: &str = "rom_00000000000000000000000001";

    fn at(seq: i64) -> Position {
        Position { epoch: 1, seq }
    }

    fn claimed(text: &str) -> Claimed {
        Claimed::read(LastSeen::Text(text))
    }

    #[test]
    fn what_is_written_is_read_again_and_a_stream_without_a_place_begins_now() {
        let room: RoomId = ROOM.parse().unwrap();
        let (me, there) = ("usr_00000000000000000000000002".parse::<kernel::UserId>().unwrap().into(), StreamId::from(room));
        let mut places = Places::new();
        places.add(me, Topic::Me, Since::Head);
        places.add(there, Topic::Room(room), Since::After(at(7)));
        assert_eq!(places.to_string(), format!("{ROOM}@1-7"));
        places.reach(me, at(5));
        assert_eq!(places.to_string(), format!("me@1-5,{ROOM}@1-7"));
        let read = claimed(&places.to_string());
        assert_eq!((read.since(Topic::Me), read.since(Topic::Room(room))), (Since::After(at(5)), Since::After(at(7))));
        places.remove(there);
        assert_eq!(claimed(&places.to_string()).since(Topic::Room(room)), Since::Head);
        assert_eq!((places.name(me), places.name(there)), ("me", ""));
    }

    #[test]
    fn a_place_that_could_not_be_read_is_still_unknown_when_the_client_comes_back() {
        let mut places = Places::new();
        places.add("str_00000000000000000000000001".parse().unwrap(), Topic::Me, Since::Unreadable);
        assert_eq!(claimed(&places.to_string()).since(Topic::Me), Since::After(NOWHERE), "no log has that epoch: a gap");
    }

    #[test]
    fn what_is_no_list_of_places_makes_every_stream_begin_with_a_gap() {
        let many: Vec<String> = (0..=STREAMS_PER_CONNECTION).map(|room| format!("rom_{room:026}@1-1")).collect();
        let texts =
            ["1-42", "me", "me@", "me@1", "@1-1", "me@1-1,", ",me@1-1", "me@1-1,me@1-1", "me@1-1 ,x@1-1", "you@1-1", "me@-1-1"];
        for text in texts.into_iter().map(str::to_owned).chain([many.join(",")]) {
            assert_eq!(claimed(&text), Claimed::Unreadable, "{text}");
        }
        assert_eq!(Claimed::read(LastSeen::Unreadable), Claimed::Unreadable);
        assert_eq!(Claimed::read(LastSeen::Nothing).since(Topic::Me), Since::Head);
    }

    /// Of what such texts are made of, and of anything.
    fn texts() -> impl Strategy<Value = String> {
        let pieces =
            ["me", "@", ",", "-", "1", "42", "0", "9223372036854775807", "99999999999999999999", ROOM, "rom_", "usr_", " "];
        prop_oneof![
            ".*",
            proptest::collection::vec(proptest::sample::select(pieces.to_vec()), 0..12).prop_map(|pieces| pieces.concat()),
            proptest::collection::btree_map(0u64..60, (any::<i64>(), any::<i64>()), 0..60).prop_map(|places| {
                let place = |(room, (epoch, seq)): (u64, (i64, i64))| format!("rom_{room:026}@{epoch}-{seq}");
                places.into_iter().map(place).collect::<Vec<_>>().join(",")
            }),
        ]
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2_000))]

        #[test]
        fn any_text_is_read_or_a_gap_and_what_is_read_and_written_is_read_alike(text in texts()) {
            let Claimed::Places(read) = claimed(&text) else { return Ok(()) };
            let mut places = Places::new();
            for (number, (topic, position)) in (1u128..).zip(&read) {
                places.add(StreamId::from(RoomId::from_uuid(uuid::Uuid::from_u128(number))), *topic, Since::After(*position));
            }
            prop_assert_eq!(claimed(&places.to_string()), Claimed::Places(read));
        }
    }
}
