//! Who is in a room at the moment.
//!
//! ```text
//!   connections (hub), heartbeats ──► memory of this process ── joined, four times a second ──► rows: who is where, by whom it is said
//!                                                                                                      │ the version of a room grew
//!   readers of this process ◄── presence.update: who came, who went ◄── compare with what they know ◄──┘ on whichever process
//! ```
//!
//! The memory is [`Presence`]; only its differences are written, so who stays costs nothing, and a crowd that comes at once is a few
//! statements and one update. What a process says counts while its lease lasts, which it renews: of one that is killed, the others take away
//! what it said once [`LEASE`] is over. One that is told to stop leaves a lease as long as people linger, so who comes back elsewhere never
//! left. Who could not see the database for a while cannot tell who is dead from who was cut off as well, and gives all of them the time of a
//! lease. Where one process owns the database there is nobody to outlive: its lease has no end, and what another life of it said is forgotten.
//!
//! None of it is an event: it has no position, is kept nowhere, and is worth nothing after some seconds.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Mutex, MutexGuard, OnceLock, PoisonError},
    time::Duration,
};

use clockwork::Stop;
use domain::{
    identity::{Caller, Credential},
    rooms::{
        Deed,
        presence::{Changes, Client, Here, LINGER, Presence},
    },
};
use futures_util::future::{Either, select};
use hub::PresenceUpdate;
use kernel::{GatewayId, Instant, RoomId, StreamId, UserId};
use store::{
    StoreError, Tx, UseCase,
    rooms::{
        members as member_rows,
        presence::{self as rows, Elsewhere, Stay},
    },
};

use super::{look, manage};
use crate::{App, Error, notify::report};

/// How long what a process says counts after it said so last.
pub const LEASE: Duration = Duration::from_secs(10);
/// How often it says so again.
const RENEW: Duration = Duration::from_secs(3);
/// Time between two looks; what happens in between is told at once.
const TICK: Duration = Duration::from_millis(250);
/// Time between two looks for processes whose lease is over.
const REAP: Duration = Duration::from_secs(1);
/// Time between two looks at the versions where this process writes all of them.
const LOOK_ALONE: Duration = Duration::from_secs(5);
/// People who are written at a time, and rows that are taken away at a time.
const AT_ONCE: u32 = 2_000;
/// The most people of a room that are named, to whoever asks and in one update.
pub const NAMED_MAX: usize = 1_000;

/// As many as any configuration lets into one room.
const EVERYBODY: u32 = 100_000;

/// What this process knows.
#[derive(Default)]
pub(crate) struct Desk {
    gateway: OnceLock<GatewayId>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    here: Presence,
    /// What the readers of this process know of their rooms.
    told: BTreeMap<RoomId, Told>,
    renew_at: Option<Instant>,
    look_at: Option<Instant>,
    watch: Option<Watch>,
}

/// How long this process has watched over the leases of the others without a break.
#[derive(Clone, Copy, Debug)]
struct Watch {
    since: Instant,
    /// When it looked last.
    last: Instant,
}

/// What the readers of a room know.
#[derive(Clone, Debug, Default)]
struct Told {
    version: i64,
    users: BTreeSet<UserId>,
}

impl Desk {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Somebody is in a room no longer.
    pub(crate) fn left(&self, user: UserId, room: RoomId) {
        let mut state = self.state();
        state.here.remove(room, user);
        state.look_at = None;
    }

    /// A room is no more.
    pub(crate) fn ended(&self, room: RoomId) {
        self.state().here.remove_room(room);
    }
}

impl State {
    /// Takes note of who follows what.
    fn hear(&mut self, hub: &hub::Hub, now: Instant) {
        for (stream, readers) in hub.stirred() {
            self.here.follow(RoomId::from_uuid(stream.uuid()), &readers, now);
        }
    }

    /// Goes on watching over the leases; answers whether those that are over by now are of the dead. A lease that is renewed in time lasts
    /// longer than a pause that makes no break.
    fn watches(&mut self, now: Instant) -> bool {
        let before = self.watch.filter(|watch| now <= watch.last + RENEW);
        let since = before.map_or(now, |watch| watch.since);
        self.watch = Some(Watch { since, last: now });
        since + LEASE <= now
    }
}

/// This life of this process, as the others call it.
fn gateway(app: &App) -> GatewayId {
    *app.presence().gateway.get_or_init(|| GatewayId::mint(app.now(), &*app.entropy()))
}

/// Says what this process knows.
struct Say {
    me: GatewayId,
    lease_until: Instant,
    changes: Changes,
}

impl UseCase for Say {
    /// Who was noted, and how much of what was ever said is there.
    type Out = (Vec<(RoomId, UserId)>, i64);
    type Error = StoreError;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Self::Out, StoreError> {
        rows::hold(tx, self.me, self.lease_until).await?;
        let put = self.changes.put.iter().map(|(room, user, here)| Stay {
            room: *room,
            user: *user,
            streams: here.streams,
            beats: here.beats,
            seen_at: here.seen_at,
        });
        let taken = rows::put(tx, self.me, &put.collect::<Vec<_>>()).await?;
        rows::take(tx, self.me, &self.changes.gone).await?;
        Ok((taken, rows::count(tx, self.me).await?))
    }
}

/// What of what this process said is there.
struct Own(GatewayId);

impl UseCase for Own {
    type Out = Vec<(RoomId, UserId)>;
    type Error = StoreError;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Self::Out, StoreError> {
        rows::own(tx, self.0).await
    }
}

/// Looks at rooms, of each of which this version is known.
struct Look {
    me: GatewayId,
    known: Vec<(RoomId, Option<i64>)>,
    /// When there is to be looked for leases that are over, too.
    lapsed_at: Option<Instant>,
}

/// What is different.
struct Seen {
    rooms: Vec<(RoomId, Told)>,
    lapsed: bool,
}

impl UseCase for Look {
    type Out = Seen;
    type Error = StoreError;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Seen, StoreError> {
        let lapsed = match self.lapsed_at {
            Some(now) => rows::has_lapsed(tx, self.me, now).await?,
            None => false,
        };
        let all: Vec<RoomId> = self.known.iter().map(|(room, _)| *room).collect();
        let versions: BTreeMap<RoomId, i64> = rows::versions(tx, &all).await?.into_iter().collect();
        let mut rooms = BTreeMap::new();
        for (room, known) in &self.known {
            let version = versions.get(room).copied().unwrap_or(0);
            if *known != Some(version) {
                rooms.insert(*room, Told { version, users: BTreeSet::new() });
            }
        }
        let changed: Vec<RoomId> = rooms.keys().copied().collect();
        for (room, user) in rows::users(tx, &changed).await? {
            rooms.entry(room).or_default().users.insert(user);
        }
        Ok(Seen { rooms: rooms.into_iter().collect(), lapsed })
    }
}

/// Takes away what processes said whose lease is over.
struct Reap(GatewayId, Instant);

impl UseCase for Reap {
    type Out = u64;
    type Error = StoreError;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<u64, StoreError> {
        rows::reap(tx, self.0, self.1, AT_ONCE).await
    }
}

/// Says what this process knows, if it is something new or its lease is to be renewed; looks what all others say; and tells the readers
/// of this process who came and who went.
pub async fn keep_presence(app: &App) -> Result<(), StoreError> {
    say(app).await?;
    look_around(app).await
}

async fn say(app: &App) -> Result<(), StoreError> {
    let (now, shared) = (app.now(), app.store().is_shared());
    let changes = {
        let mut state = app.presence().state();
        state.hear(app.hub(), now);
        let renews = shared && state.renew_at.is_none_or(|at| at <= now) && state.here.told() > 0;
        let changes = state.here.due(now, AT_ONCE as usize);
        if changes.is_empty() && !renews {
            return Ok(());
        }
        changes
    };
    let lease_until = if shared { now + LEASE } else { Instant::MAX };
    let mut agrees = true;
    // Apart: a transaction that takes after it has put locks the rooms it is about in two orders, and another process in its own two.
    let parts = changes.apart().into_iter().filter(|part| !part.is_empty());
    let only_the_lease = changes.is_empty().then(Changes::default);
    for part in parts.chain(only_the_lease) {
        let said = app.store().write(Say { me: gateway(app), lease_until, changes: part.clone() }).await;
        let mut state = app.presence().state();
        let (taken, there) = match said {
            Ok(said) => said,
            Err(error) => {
                state.here.unsaid(&changes);
                return Err(error);
            }
        };
        state.here.said(&part, &taken.into_iter().collect());
        state.renew_at = Some(now + RENEW);
        state.look_at = None;
        agrees = usize::try_from(there) == Ok(state.here.told());
    }
    if !agrees {
        // Somebody took this process for dead, a member was taken out on another node, or a commit happened whose answer got lost.
        let known = app.store().read(Own(gateway(app))).await?;
        app.presence().state().here.agree(&known.into_iter().collect(), app.now());
    }
    Ok(())
}

async fn look_around(app: &App) -> Result<(), StoreError> {
    let (now, shared, me) = (app.now(), app.store().is_shared(), gateway(app));
    let (known, reap) = {
        let mut state = app.presence().state();
        state.told.retain(|room, _| app.hub().is_read(StreamId::from(*room)));
        let reap = shared && state.watch.is_none_or(|watch| watch.last + REAP <= now);
        let looks = !state.told.is_empty() && (shared || state.look_at.is_none_or(|at| at <= now));
        if !reap && !looks {
            return Ok(());
        }
        let known: Vec<_> = state.told.iter().map(|(room, told)| (*room, Some(told.version))).collect();
        (known, reap)
    };
    let seen = app.store().read(Look { me, known, lapsed_at: reap.then_some(now) }).await?;
    let reap = {
        let mut state = app.presence().state();
        state.look_at = Some(now + LOOK_ALONE);
        for (room, present) in seen.rooms {
            if let Some(told) = state.told.get_mut(&room).filter(|told| told.version < present.version) {
                tell(app, room, told, present);
            }
        }
        reap && state.watches(now) && seen.lapsed
    };
    if !reap {
        return Ok(());
    }
    let reaped = async {
        while app.store().write(Reap(me, now)).await? > 0 {}
        Ok(())
    }
    .await;
    if reaped.is_err() {
        // What is read may be written by nobody at the moment, the leases neither.
        app.presence().state().watch = None;
    }
    reaped
}

/// Tells the readers of a room what is different from what they know.
fn tell(app: &App, room: RoomId, told: &mut Told, present: Told) {
    // Who hears of more than can be named sees by the count that it is not all.
    let some = |one: &BTreeSet<UserId>, other: &BTreeSet<UserId>| one.difference(other).take(NAMED_MAX).copied().collect();
    let (joined, left): (BTreeSet<_>, BTreeSet<_>) = (some(&present.users, &told.users), some(&told.users, &present.users));
    let (count, version) = (present.users.len(), present.version);
    *told = present;
    if !joined.is_empty() || !left.is_empty() {
        app.hub().tell_presence(StreamId::from(room), PresenceUpdate::new(joined, left, (count, version)));
    }
}

/// From here on the readers of a room are told who comes and who goes. To be called once somebody reads it, and before they are told that
/// they do: who asks then for who is there misses nothing that happens after.
pub(crate) async fn follow(app: &App, room: RoomId) -> Result<(), Error> {
    if app.presence().state().told.contains_key(&room) {
        return Ok(());
    }
    let look = Look { me: gateway(app), known: vec![(room, None)], lapsed_at: None };
    let seen = app.store().read(look).await?;
    for (room, present) in seen.rooms {
        app.presence().state().told.entry(room).or_insert(present);
    }
    Ok(())
}

/// Somebody who is in a room at the moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Present {
    /// Who.
    pub user: UserId,
    /// What they are called.
    pub name: String,
    /// When they were seen last.
    pub last_seen_at: Instant,
    /// Connections of theirs that follow the room, and clients that say so without one.
    pub connections: i64,
}

/// Who is in a room at the moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Company {
    /// They, lowest id first; at most [`NAMED_MAX`].
    pub members: Vec<Present>,
    /// How many they are.
    pub count: usize,
    /// Grows with every change: an update of this version or a lower one says nothing new.
    pub version: i64,
}

struct Read {
    user: UserId,
    room: RoomId,
    me: GatewayId,
    now: Instant,
    here: Vec<(UserId, Here)>,
}

impl UseCase for Read {
    type Out = Company;
    type Error = Error;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Company, Error> {
        look(tx, self.user, self.room, Deed::Read).await?;
        let version = rows::versions(tx, &[self.room]).await?.first().map_or(0, |(_, version)| *version);
        let mut present: BTreeMap<UserId, Present> = BTreeMap::new();
        let elsewhere = rows::elsewhere(tx, self.room, (self.me, self.now), EVERYBODY).await?;
        for Elsewhere { user, name, connections, seen_at } in elsewhere {
            present.insert(user, Present { user, name, last_seen_at: seen_at, connections });
        }
        let own: Vec<UserId> = self.here.iter().map(|(user, _)| *user).collect();
        let names: BTreeMap<UserId, String> = member_rows::named(tx, self.room, &own).await?.into_iter().collect();
        for (user, here) in &self.here {
            // Who is a member no longer may still have a connection, for a moment.
            let Some(name) = names.get(user) else { continue };
            let blank = Present { user: *user, name: name.clone(), last_seen_at: here.seen_at, connections: 0 };
            let one = present.entry(*user).or_insert(blank);
            one.connections += i64::from(here.streams) + i64::from(here.beats);
            one.last_seen_at = one.last_seen_at.max(here.seen_at);
        }
        let count = present.len();
        Ok(Company { members: present.into_values().take(NAMED_MAX).collect(), count, version })
    }
}

/// Who is in a room the caller is a member of.
pub async fn company(app: &App, caller: &Caller, room: RoomId) -> Result<Company, Error> {
    let now = app.now();
    let here = {
        let mut state = app.presence().state();
        // Who has opened a stream a moment ago sees themselves.
        state.hear(app.hub(), now);
        state.here.of(room, now)
    };
    app.store().read(Read { user: caller.user, room, me: gateway(app), now, here }).await
}

/// The caller is in a room, without a connection that says so. Answers in how many seconds to say so again.
pub async fn beat(app: &App, caller: &Caller, room: RoomId) -> Result<u32, Error> {
    manage::get(app, caller, room).await?;
    let client = match caller.credential {
        Credential::Session(session) => Client::Session(session),
        Credential::Key { id, .. } => Client::Key(id),
    };
    app.presence().state().here.beat(room, caller.user, client, app.now());
    // So that those who came at once do not all come again at once.
    let spread = 12.0 + 6.0 * app.entropy().fraction();
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between 12 and 18")]
    let seconds = spread.round() as u32;
    Ok(seconds)
}

/// What the log says when presence cannot be kept, and when it can again.
const WORDS: [&str; 2] = ["who is in which room cannot be kept; streams go on without", "who is in which room is kept again"];

/// Keeps presence until stopped. While the database cannot be reached, nothing is said and nobody is told.
pub async fn watch_presence(app: App, mut stop: Stop) {
    let (mut fine, mut haunted) = (true, !app.store().is_shared());
    loop {
        let kept = async {
            if haunted {
                forget_other_lives(&app).await?;
                haunted = false;
            }
            keep_presence(&app).await
        };
        fine = report(WORDS, &kept.await, fine);
        if let Either::Right(_) = select(app.clock().sleep(TICK), std::pin::pin!(stop.stopped())).await {
            break;
        }
    }
    report(WORDS, &bow_out(&app).await, fine);
}

/// The only process there is: whoever else said something is dead.
async fn forget_other_lives(app: &App) -> Result<(), StoreError> {
    while app.store().write(Reap(gateway(app), Instant::MAX)).await? > 0 {}
    Ok(())
}

/// What this process said counts for as long as people linger, and no longer.
async fn bow_out(app: &App) -> Result<(), StoreError> {
    if !app.store().is_shared() || app.presence().state().here.told() == 0 {
        return Ok(());
    }
    let lease_until = app.now() + LINGER;
    app.store().write(Say { me: gateway(app), lease_until, changes: Changes::default() }).await?;
    Ok(())
}
