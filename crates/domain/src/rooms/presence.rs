//! Who is in rooms at the moment, as one process knows it: a machine without input or output.
//!
//! ```text
//!   connections that follow a room ──┐                                  ┌──► put: came, or is there by more or fewer of them
//!   clients that say "I am there" ───┴─► who is there ─► due(now) ──────┤
//!                                                                       └──► gone: nobody of theirs is left
//! ```
//!
//! Somebody is there while a connection of theirs follows the room, and for [`LINGER`] after the last one ended: who comes back within that
//! time, a page loaded anew or a train in a tunnel, never left. A client without a connection is there for [`BEAT_LIFE`] after it said so.
//!
//! What is to be said to others is compared with what was said, so nothing is said twice, and what could not be said is said later.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use kernel::{ApiKeyId, Instant, RoomId, SessionId, UserId};

/// How long somebody is still there after their last connection ended.
pub const LINGER: Duration = Duration::from_secs(5);

/// How long a client without a connection is there after it said so.
pub const BEAT_LIFE: Duration = Duration::from_secs(40);

/// Clients without a connection of one person in one room; of more, the one that was heard of longest ago is forgotten.
const BEATS_MAX: usize = 20;

/// A client without a connection, by what it proves itself with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Client {
    /// A signed-in device.
    Session(SessionId),
    /// A program.
    Key(ApiKeyId),
}

/// How somebody is in a room.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Here {
    /// Connections that follow the room.
    pub streams: u32,
    /// Clients without a connection.
    pub beats: u32,
    /// When they were seen last: with a connection, when this was looked at.
    pub seen_at: Instant,
}

impl Here {
    /// Whether both say the same: with a connection, somebody is seen at any time.
    fn says_as(&self, other: &Self) -> bool {
        let same = (self.streams, self.beats) == (other.streams, other.beats);
        same && (self.streams > 0 || self.seen_at == other.seen_at)
    }
}

/// What is to be said to others.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Changes {
    /// They are there, in this way.
    pub put: Vec<(RoomId, UserId, Here)>,
    /// They are not there any more.
    pub gone: Vec<(RoomId, UserId)>,
}

impl Changes {
    /// Whether there is nothing to say.
    pub fn is_empty(&self) -> bool {
        self.put.is_empty() && self.gone.is_empty()
    }

    /// Who comes, and who goes.
    #[must_use]
    pub fn apart(&self) -> [Self; 2] {
        [Self { put: self.put.clone(), gone: Vec::new() }, Self { put: Vec::new(), gone: self.gone.clone() }]
    }
}

/// Everybody who is there.
#[derive(Debug, Default)]
pub struct Presence {
    rooms: BTreeMap<RoomId, BTreeMap<UserId, Guest>>,
    /// Who has to be looked at.
    stirred: BTreeSet<(RoomId, UserId)>,
    /// When somebody has to be looked at, and for which of their clients; none is for their connections.
    timers: BTreeSet<(Instant, RoomId, UserId, Option<Client>)>,
}

#[derive(Debug)]
struct Guest {
    streams: u32,
    /// Until when the clients without a connection are there.
    beats: BTreeMap<Client, Instant>,
    /// How long they are still there without any.
    until: Instant,
    seen_at: Instant,
    /// What the others were told.
    said: Option<Here>,
}

impl Guest {
    fn new(now: Instant) -> Self {
        Self { streams: 0, beats: BTreeMap::new(), until: now, seen_at: now, said: None }
    }

    /// How they are there by what is open and by what is heard.
    fn here(&self, now: Instant) -> Option<Here> {
        let beats = u32::try_from(self.beats.values().filter(|until| **until > now).count()).unwrap_or(u32::MAX);
        let seen_at = if self.streams > 0 { now } else { self.seen_at };
        (self.streams > 0 || beats > 0).then_some(Here { streams: self.streams, beats, seen_at })
    }

    /// What the others are to know. Who lingers is what they were; who was gone before anybody was told never was there.
    fn wanted(&self, now: Instant) -> Option<Here> {
        self.here(now).or_else(|| self.said.filter(|_| now < self.until))
    }
}

impl Presence {
    /// These, and nobody else, follow a room, each by so many connections.
    pub fn follow(&mut self, room: RoomId, streams: &BTreeMap<UserId, u32>, now: Instant) {
        let guests = self.rooms.entry(room).or_default();
        for (user, guest) in guests.iter_mut().filter(|(user, guest)| guest.streams > 0 && !streams.contains_key(user)) {
            guest.streams = 0;
            guest.seen_at = now;
            guest.until = now + LINGER;
            self.timers.insert((guest.until, room, *user, None));
            self.stirred.insert((room, *user));
        }
        for (user, count) in streams.iter().filter(|(_, count)| **count > 0) {
            let guest = guests.entry(*user).or_insert_with(|| Guest::new(now));
            guest.streams = *count;
            self.timers.remove(&(guest.until, room, *user, None));
            self.stirred.insert((room, *user));
        }
        if guests.is_empty() {
            self.rooms.remove(&room);
        }
    }

    /// A client of `user` says that they are in a room.
    pub fn beat(&mut self, room: RoomId, user: UserId, client: Client, now: Instant) {
        let guest = self.rooms.entry(room).or_default().entry(user).or_insert_with(|| Guest::new(now));
        guest.seen_at = now;
        if let Some(before) = guest.beats.insert(client, now + BEAT_LIFE) {
            self.timers.remove(&(before, room, user, Some(client)));
        }
        if guest.beats.len() > BEATS_MAX
            && let Some((first, until)) =
                guest.beats.iter().min_by_key(|(_, until)| **until).map(|(client, until)| (*client, *until))
        {
            guest.beats.remove(&first);
            self.timers.remove(&(until, room, user, Some(first)));
        }
        self.timers.insert((now + BEAT_LIFE, room, user, Some(client)));
        self.stirred.insert((room, user));
    }

    /// `user` is in the room no longer, whatever is still open: the others know already.
    pub fn remove(&mut self, room: RoomId, user: UserId) {
        if let Some(guests) = self.rooms.get_mut(&room) {
            guests.remove(&user);
            if guests.is_empty() {
                self.rooms.remove(&room);
            }
        }
    }

    /// The room is no more: the others know already.
    pub fn remove_room(&mut self, room: RoomId) {
        self.rooms.remove(&room);
    }

    /// Who is in a room at `now`, lowest id first.
    pub fn of(&self, room: RoomId, now: Instant) -> Vec<(UserId, Here)> {
        let guests = self.rooms.get(&room).into_iter().flatten();
        let lingering = |guest: &Guest| guest.wanted(now).map(|_| Here { streams: 0, beats: 0, seen_at: guest.seen_at });
        guests.filter_map(|(user, guest)| Some((*user, guest.here(now).or_else(|| lingering(guest))?))).collect()
    }

    /// What is to be said at `now`, of at most `most` people; the rest is said next time. To be followed by [`Presence::said`] or
    /// [`Presence::unsaid`].
    pub fn due(&mut self, now: Instant, most: usize) -> Changes {
        while let Some((_, room, user, _)) = self.timers.first().filter(|(at, ..)| *at <= now).copied() {
            self.timers.pop_first();
            self.stirred.insert((room, user));
        }
        let mut changes = Changes::default();
        while changes.put.len() + changes.gone.len() < most
            && let Some((room, user)) = self.stirred.pop_first()
        {
            let Some(guest) = self.rooms.get_mut(&room).and_then(|guests| guests.get_mut(&user)) else { continue };
            guest.beats.retain(|_, until| *until > now);
            match (guest.wanted(now), guest.said) {
                (Some(wanted), Some(said)) if wanted.says_as(&said) => {}
                (Some(wanted), _) => changes.put.push((room, user, wanted)),
                (None, Some(_)) => changes.gone.push((room, user)),
                (None, None) => self.remove(room, user),
            }
        }
        changes
    }

    /// `changes` were said; of those to be put, the others took `taken`.
    pub fn said(&mut self, changes: &Changes, taken: &BTreeSet<(RoomId, UserId)>) {
        for (room, user, here) in &changes.put {
            if let Some(guest) = self.guest(*room, *user) {
                guest.said = taken.contains(&(*room, *user)).then_some(*here);
            }
        }
        for (room, user) in &changes.gone {
            if let Some(guest) = self.guest(*room, *user) {
                guest.said = None;
                // To be forgotten, unless they have come back by now.
                self.stirred.insert((*room, *user));
            }
        }
    }

    /// `changes` could not be said.
    pub fn unsaid(&mut self, changes: &Changes) {
        self.stirred.extend(changes.put.iter().map(|(room, user, _)| (*room, *user)));
        self.stirred.extend(changes.gone.iter().copied());
    }

    /// How many the others were told of.
    pub fn told(&self) -> usize {
        self.rooms.values().flat_map(BTreeMap::values).filter(|guest| guest.said.is_some()).count()
    }

    /// These, and nobody else, are whom the others know of, whatever they were told: what they lost is said again, and whom they should not
    /// know of is taken back.
    pub fn agree(&mut self, known: &BTreeSet<(RoomId, UserId)>, now: Instant) {
        for (room, guests) in &mut self.rooms {
            for (user, guest) in guests {
                if guest.said.is_some() && !known.contains(&(*room, *user)) {
                    guest.said = None;
                    self.stirred.insert((*room, *user));
                }
            }
        }
        for &(room, user) in known {
            let guest = self.rooms.entry(room).or_default().entry(user).or_insert_with(|| Guest::new(now));
            if guest.said.is_none() {
                guest.said = Some(Here { streams: 0, beats: 0, seen_at: guest.seen_at });
                self.stirred.insert((room, user));
            }
        }
    }

    fn guest(&mut self, room: RoomId, user: UserId) -> Option<&mut Guest> {
        self.rooms.get_mut(&room)?.get_mut(&user)
    }
}
