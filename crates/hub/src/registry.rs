//! The connections of this process, whose they are, and who reads which stream.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard},
};

use kernel::{ApiKeyId, Event, Position, SessionId, StreamId, UserId};

use crate::{CloseReason, HubError, Line, PresenceUpdate, Shared, mailbox::Mailbox};

/// The most streams one connection reads.
pub const STREAMS_PER_CONNECTION: usize = 50;

/// What may be held at most.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Connections of one user. One more is refused ([`HubError::TooManyOfUser`]); none is closed for it.
    pub per_user: usize,
    /// Connections of this process. One more is refused ([`HubError::TooMany`]).
    pub per_process: usize,
    /// Connections that read one stream. One more is refused ([`HubError::TooManyOfStream`]); none is closed for it.
    pub per_stream: usize,
    /// Events that wait for one connection. One more drops those of its fullest stream, and its reader reads the log instead.
    pub buffer: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { per_user: 20, per_process: 10_000, per_stream: 5_000, buffer: 256 }
    }
}

/// Who opened a connection, and by what right: it is closed when that right ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Owner {
    /// Whose limits it counts against.
    pub user: UserId,
    /// The signed-in device, if one opened it.
    pub session: Option<SessionId>,
    /// The service key, if one opened it.
    pub key: Option<ApiKeyId>,
}

/// The registry of this process. Clones share it. No call ever waits for a reader.
#[derive(Clone)]
pub struct Hub {
    limits: Limits,
    registry: Arc<RwLock<Registry>>,
}

/// Ordered maps, so that whatever walks them does so in the same order in every run of the simulator.
#[derive(Default)]
struct Registry {
    connections: BTreeMap<u64, Connection>,
    /// Who reads a stream, by the number of the connection.
    streams: BTreeMap<StreamId, BTreeMap<u64, Arc<Mailbox>>>,
    per_user: BTreeMap<UserId, usize>,
    /// Streams of which somebody who is not their owner has become a reader, or is one no longer, since that was asked for last.
    stirred: BTreeSet<StreamId>,
    next_number: u64,
    draining: bool,
}

struct Connection {
    owner: Owner,
    mailbox: Arc<Mailbox>,
}

impl Default for Hub {
    fn default() -> Self {
        Self::new(Limits::default())
    }
}

impl Hub {
    /// An empty registry.
    pub fn new(limits: Limits) -> Self {
        Self { limits, registry: Arc::default() }
    }

    /// Registers a connection that reads nothing yet.
    pub fn connect(&self, owner: Owner) -> Result<Line, HubError> {
        let mut registry = self.write();
        if registry.draining {
            return Err(HubError::Draining);
        }
        if registry.connections.len() >= self.limits.per_process {
            return Err(HubError::TooMany);
        }
        let held = registry.per_user.entry(owner.user).or_default();
        if *held >= self.limits.per_user {
            return Err(HubError::TooManyOfUser(self.limits.per_user));
        }
        *held += 1;
        let number = registry.next_number;
        registry.next_number += 1;
        let mailbox = Arc::new(Mailbox::new(self.limits.buffer));
        registry.connections.insert(number, Connection { owner, mailbox: Arc::clone(&mailbox) });
        drop(registry);
        Ok(Line { hub: self.clone(), number, owner, mailbox })
    }

    pub(crate) fn join(&self, line: &Line, stream: StreamId) -> Result<(), HubError> {
        let mut registry = self.write();
        if registry.draining {
            return Err(HubError::Draining);
        }
        if registry.streams.get(&stream).is_some_and(|readers| readers.contains_key(&line.number)) {
            return Ok(());
        }
        if line.mailbox.len() >= STREAMS_PER_CONNECTION {
            return Err(HubError::TooManyOnConnection(STREAMS_PER_CONNECTION));
        }
        if registry.streams.get(&stream).is_some_and(|readers| readers.len() >= self.limits.per_stream) {
            return Err(HubError::TooManyOfStream(self.limits.per_stream));
        }
        line.mailbox.open(stream);
        registry.streams.entry(stream).or_default().insert(line.number, Arc::clone(&line.mailbox));
        registry.stir(stream, line.owner.user);
        Ok(())
    }

    pub(crate) fn leave(&self, line: &Line, stream: StreamId) {
        let mut registry = self.write();
        line.mailbox.shut(stream);
        registry.remove_reader(stream, line);
    }

    pub(crate) fn disconnect(&self, line: &Line) {
        let mut registry = self.write();
        for stream in line.mailbox.streams() {
            registry.remove_reader(stream, line);
        }
        registry.connections.remove(&line.number);
        if let Some(held) = registry.per_user.get_mut(&line.owner.user) {
            *held -= 1;
            if *held == 0 {
                registry.per_user.remove(&line.owner.user);
            }
        }
    }

    /// Hands committed events to those who listen. A hint: whoever misses it reads the log.
    pub fn publish(&self, events: Vec<Event>) {
        let registry = self.read();
        for event in events {
            let Some(readers) = registry.streams.get(&event.stream) else { continue };
            let shared = Shared::new(event);
            for mailbox in readers.values() {
                mailbox.push(&shared);
            }
        }
    }

    /// Tells those who listen to `stream` that it ends at `head`: somebody else wrote, or a hint was lost.
    pub fn nudge(&self, stream: StreamId, head: Position) {
        for mailbox in self.read().readers(stream) {
            mailbox.nudge(stream, head);
        }
    }

    /// Every stream somebody listens to, with the position up to which its readers were told. Readers who were told
    /// differently appear separately.
    pub fn active(&self) -> Vec<(StreamId, Position)> {
        let mut active = Vec::new();
        for (stream, readers) in &self.read().streams {
            let first = active.len();
            for told in readers.values().filter_map(|mailbox| mailbox.told(*stream)) {
                let told = (*stream, told);
                if !active[first..].contains(&told) {
                    active.push(told);
                }
            }
        }
        active
    }

    /// The sessions that hold a connection.
    pub fn sessions(&self) -> BTreeSet<SessionId> {
        self.read().owners().filter_map(|owner| owner.session).collect()
    }

    /// The service keys that hold a connection.
    pub fn keys(&self) -> BTreeSet<ApiKeyId> {
        self.read().owners().filter_map(|owner| owner.key).collect()
    }

    /// Who reads which stream that is not their own: what a check of memberships has to look at.
    pub fn guests(&self) -> BTreeSet<(UserId, StreamId)> {
        let registry = self.read();
        let readers = registry.streams.iter().flat_map(|(stream, readers)| readers.keys().map(|number| (*stream, *number)));
        readers
            .filter_map(|(stream, number)| Some((registry.connections.get(&number)?.owner.user, stream)))
            .filter(|(user, stream)| StreamId::from(*user) != *stream)
            .collect()
    }

    /// The streams whose readers are others than when this was asked last, those of their owners left out; and who reads each of them
    /// now, over how many connections.
    pub fn stirred(&self) -> Vec<(StreamId, BTreeMap<UserId, u32>)> {
        let stirred = std::mem::take(&mut self.write().stirred);
        let registry = self.read();
        stirred.into_iter().map(|stream| (stream, registry.readers_of(stream))).collect()
    }

    /// Whether anybody reads `stream`.
    pub fn is_read(&self, stream: StreamId) -> bool {
        self.read().streams.contains_key(&stream)
    }

    /// Tells those who read `stream` who came and who went.
    pub fn tell_presence(&self, stream: StreamId, update: PresenceUpdate) {
        let update = Arc::new(update);
        for mailbox in self.read().readers(stream) {
            mailbox.tell_presence(stream, &update);
        }
    }

    /// Ends the connections of a session that was revoked.
    pub fn close_session(&self, session: SessionId) {
        self.close(CloseReason::Revoked, |owner| owner.session == Some(session));
    }

    /// Ends the connections of a service key that was revoked.
    pub fn close_key(&self, key: ApiKeyId) {
        self.close(CloseReason::Revoked, |owner| owner.key == Some(key));
    }

    /// Ends all connections of a user.
    pub fn close_user(&self, user: UserId) {
        self.close(CloseReason::Revoked, |owner| owner.user == user);
    }

    /// Ends the reading of `stream` by `user`, who may no longer; their connections go on with what else they read.
    pub fn close_guest(&self, user: UserId, stream: StreamId) {
        let registry = self.read();
        for (number, mailbox) in registry.streams.get(&stream).into_iter().flatten() {
            if registry.connections.get(number).is_some_and(|connection| connection.owner.user == user) {
                mailbox.close_stream(stream, CloseReason::Forbidden);
            }
        }
    }

    /// Ends the reading of `stream` by everybody: it is no more. Their connections go on with what else they read.
    pub fn close_stream(&self, stream: StreamId) {
        for mailbox in self.read().readers(stream) {
            mailbox.close_stream(stream, CloseReason::Gone);
        }
    }

    /// Ends all connections, with a word on where to resume, and takes no more. There is no way back.
    pub fn drain(&self) {
        self.write().draining = true;
        self.close(CloseReason::Draining, |_| true);
    }

    /// How many connections are open.
    pub fn connections(&self) -> usize {
        self.read().connections.len()
    }

    fn close(&self, reason: CloseReason, concerned: impl Fn(&Owner) -> bool) {
        for connection in self.read().connections.values().filter(|connection| concerned(&connection.owner)) {
            connection.mailbox.close(reason);
        }
    }

    fn read(&self) -> RwLockReadGuard<'_, Registry> {
        self.registry.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, Registry> {
        self.registry.write().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Registry {
    fn owners(&self) -> impl Iterator<Item = &Owner> {
        self.connections.values().map(|connection| &connection.owner)
    }

    fn readers(&self, stream: StreamId) -> impl Iterator<Item = &Arc<Mailbox>> {
        self.streams.get(&stream).into_iter().flat_map(BTreeMap::values)
    }

    fn remove_reader(&mut self, stream: StreamId, line: &Line) {
        if let Some(readers) = self.streams.get_mut(&stream) {
            readers.remove(&line.number);
        }
        self.stir(stream, line.owner.user);
        self.forget_if_unread(stream);
    }

    fn stir(&mut self, stream: StreamId, user: UserId) {
        if stream != StreamId::from(user) {
            self.stirred.insert(stream);
        }
    }

    /// Who reads `stream`, and over how many connections.
    fn readers_of(&self, stream: StreamId) -> BTreeMap<UserId, u32> {
        let mut readers = BTreeMap::new();
        for number in self.streams.get(&stream).into_iter().flat_map(BTreeMap::keys) {
            if let Some(connection) = self.connections.get(number) {
                *readers.entry(connection.owner.user).or_default() += 1;
            }
        }
        readers
    }

    fn forget_if_unread(&mut self, stream: StreamId) {
        if self.streams.get(&stream).is_some_and(BTreeMap::is_empty) {
            self.streams.remove(&stream);
        }
    }
}

impl std::fmt::Debug for Hub {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Hub").field("limits", &self.limits).field("connections", &self.connections()).finish_non_exhaustive()
    }
}
