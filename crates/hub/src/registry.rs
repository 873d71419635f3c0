//! The live streams of this process, and whose they are.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard},
};

use kernel::{ApiKeyId, Event, Position, SessionId, StreamId, UserId};

use crate::{CloseReason, Hints, HubError, Shared, mailbox::Mailbox};

/// What may be held at most.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Streams of one user. One more is refused ([`HubError::TooManyOfUser`]); none is closed for it.
    pub per_user: usize,
    /// Streams of this process. One more is refused ([`HubError::TooMany`]).
    pub per_process: usize,
    /// Events that wait for one reader. One more drops them all, and the reader reads the log instead.
    pub buffer: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { per_user: 20, per_process: 10_000, buffer: 256 }
    }
}

/// Who opened a stream, and by what right: it is closed when that right ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Owner {
    /// Whose limits it counts against.
    pub user: UserId,
    /// The signed-in device, if one opened it.
    pub session: Option<SessionId>,
    /// The service key, if one opened it.
    pub key: Option<ApiKeyId>,
}

/// The registry of live streams of this process. Clones share it. No call ever waits for a reader.
#[derive(Clone)]
pub struct Hub {
    limits: Limits,
    registry: Arc<RwLock<Registry>>,
}

/// Ordered maps, so that whatever walks them does so in the same order in every run of the simulator.
#[derive(Default)]
struct Registry {
    streams: BTreeMap<StreamId, Vec<Entry>>,
    per_user: BTreeMap<UserId, usize>,
    connections: usize,
    draining: bool,
}

struct Entry {
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

    /// Registers a reader of `stream`. From now on it hears of everything that is announced; what was committed before, it
    /// must read in the log, and must read it after this call.
    pub fn subscribe(&self, stream: StreamId, owner: Owner) -> Result<Subscription, HubError> {
        let mut registry = self.write();
        if registry.draining {
            return Err(HubError::Draining);
        }
        if registry.connections >= self.limits.per_process {
            return Err(HubError::TooMany);
        }
        let held = registry.per_user.entry(owner.user).or_default();
        if *held >= self.limits.per_user {
            return Err(HubError::TooManyOfUser(self.limits.per_user));
        }
        *held += 1;
        registry.connections += 1;
        let mailbox = Arc::new(Mailbox::new(self.limits.buffer));
        registry.streams.entry(stream).or_default().push(Entry { owner, mailbox: Arc::clone(&mailbox) });
        drop(registry);
        Ok(Subscription { hub: self.clone(), stream, owner, mailbox })
    }

    /// Hands committed events to those who listen. A hint: whoever misses it reads the log.
    pub fn publish(&self, events: Vec<Event>) {
        let registry = self.read();
        for event in events {
            let Some(entries) = registry.streams.get(&event.stream) else { continue };
            let shared = Shared::new(event);
            for entry in entries {
                entry.mailbox.push(&shared);
            }
        }
    }

    /// Tells those who listen to `stream` that it ends at `head`: somebody else wrote, or a hint was lost.
    pub fn nudge(&self, stream: StreamId, head: Position) {
        for entry in self.read().streams.get(&stream).into_iter().flatten() {
            if entry.mailbox.told() != head {
                entry.mailbox.nudge(head);
            }
        }
    }

    /// Every stream somebody listens to, with the position up to which its readers were told. Readers who were told
    /// differently appear separately.
    pub fn active(&self) -> Vec<(StreamId, Position)> {
        let mut active = Vec::new();
        for (stream, entries) in &self.read().streams {
            let first = active.len();
            for entry in entries {
                let told = (*stream, entry.mailbox.told());
                if !active[first..].contains(&told) {
                    active.push(told);
                }
            }
        }
        active
    }

    /// The sessions that hold a stream.
    pub fn sessions(&self) -> BTreeSet<SessionId> {
        self.read().entries().filter_map(|entry| entry.owner.session).collect()
    }

    /// The service keys that hold a stream.
    pub fn keys(&self) -> BTreeSet<ApiKeyId> {
        self.read().entries().filter_map(|entry| entry.owner.key).collect()
    }

    /// Ends the streams of a session that was revoked.
    pub fn close_session(&self, session: SessionId) {
        self.close(CloseReason::Revoked, |owner| owner.session == Some(session));
    }

    /// Ends the streams of a service key that was revoked.
    pub fn close_key(&self, key: ApiKeyId) {
        self.close(CloseReason::Revoked, |owner| owner.key == Some(key));
    }

    /// Ends all streams of a user.
    pub fn close_user(&self, user: UserId) {
        self.close(CloseReason::Revoked, |owner| owner.user == user);
    }

    /// Ends all streams, with a word on where to resume, and takes no more. There is no way back.
    pub fn drain(&self) {
        self.write().draining = true;
        self.close(CloseReason::Draining, |_| true);
    }

    /// How many streams are open.
    pub fn connections(&self) -> usize {
        self.read().connections
    }

    fn close(&self, reason: CloseReason, concerned: impl Fn(&Owner) -> bool) {
        for entry in self.read().entries().filter(|entry| concerned(&entry.owner)) {
            entry.mailbox.close(reason);
        }
    }

    fn unsubscribe(&self, subscription: &Subscription) {
        let mut registry = self.write();
        if let Some(entries) = registry.streams.get_mut(&subscription.stream) {
            entries.retain(|entry| !Arc::ptr_eq(&entry.mailbox, &subscription.mailbox));
            if entries.is_empty() {
                registry.streams.remove(&subscription.stream);
            }
        }
        if let Some(held) = registry.per_user.get_mut(&subscription.owner.user) {
            *held -= 1;
            if *held == 0 {
                registry.per_user.remove(&subscription.owner.user);
            }
        }
        registry.connections -= 1;
    }

    fn read(&self) -> RwLockReadGuard<'_, Registry> {
        self.registry.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, Registry> {
        self.registry.write().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Registry {
    fn entries(&self) -> impl Iterator<Item = &Entry> {
        self.streams.values().flatten()
    }
}

impl std::fmt::Debug for Hub {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Hub").field("limits", &self.limits).field("connections", &self.connections()).finish_non_exhaustive()
    }
}

/// One registered reader. Dropping it takes it off the registry.
#[derive(Debug)]
pub struct Subscription {
    hub: Hub,
    stream: StreamId,
    owner: Owner,
    mailbox: Arc<Mailbox>,
}

impl Subscription {
    /// Which stream.
    pub fn stream(&self) -> StreamId {
        self.stream
    }

    /// Who opened it.
    pub fn owner(&self) -> Owner {
        self.owner
    }

    /// Takes what waits, without waiting.
    pub fn take(&self) -> Hints {
        self.mailbox.take()
    }

    /// Waits until [`Subscription::take`] finds something, or there is a reason to end.
    pub async fn filled(&self) {
        self.mailbox.filled().await;
    }

    /// Waits until there is a reason to end.
    pub async fn ending(&self) -> CloseReason {
        self.mailbox.ending().await
    }

    /// The reason to end, if there is one.
    pub fn closed(&self) -> Option<CloseReason> {
        self.mailbox.closed()
    }

    /// The reader has come to `position` by reading the log: the position check need not tell it again.
    pub fn reached(&self, position: Position) {
        self.mailbox.reached(position);
    }
}

impl Drop for Subscription {
    fn drop(&mut self) {
        self.hub.unsubscribe(self);
    }
}
