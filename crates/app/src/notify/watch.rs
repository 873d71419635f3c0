//! What keeps live streams honest when hints are lost: a service beside them.
//!
//! - **Positions**: does the log of every stream somebody listens to end where its readers were told it does? One query for all of
//!   them. It is how a node hears of what another node wrote, and it repairs every lost hint.
//! - **Rights**: are the sessions and keys that hold a stream still good? The node that revokes closes its own streams at once; this
//!   closes those of other nodes, and those whose session has just run out. Of the
//!   stream of a room: is its reader still in the room? An access token that expires does not end a stream: the
//!   token proved who opened it, the session says whether they still may.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use clockwork::Stop;
use futures_util::future::{Either, select};
use kernel::{ApiKeyId, Instant, Position, RoomId, SessionId, StreamId, UserId};
use store::{StoreError, Tx, UseCase, rooms, streams};

use crate::{App, identity::good_among};

/// Time between two looks at the positions where other nodes write too.
const POSITIONS_SHARED: Duration = Duration::from_millis(250);
/// The same where this process is the only writer, so that only a bug could lose a hint.
const POSITIONS_ALONE: Duration = Duration::from_secs(5);
/// Time between two looks at the rights.
const RIGHTS: Duration = Duration::from_secs(1);

struct Heads(Vec<StreamId>);

impl UseCase for Heads {
    type Out = Vec<(StreamId, Position)>;
    type Error = StoreError;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Self::Out, StoreError> {
        streams::heads(tx, &self.0).await
    }
}

/// Nudges the readers of streams whose log ends elsewhere than they were told.
pub async fn check_positions(app: &App) -> Result<(), StoreError> {
    let active = app.hub().active();
    let mut watched: Vec<StreamId> = active.iter().map(|(stream, _)| *stream).collect();
    watched.dedup();
    if watched.is_empty() {
        return Ok(());
    }
    let heads: BTreeMap<StreamId, Position> = app.store().read(Heads(watched)).await?.into_iter().collect();
    for (stream, told) in active {
        if let Some(head) = heads.get(&stream).filter(|head| **head != told) {
            app.hub().nudge(stream, *head);
        }
    }
    Ok(())
}

struct StillGood {
    sessions: Vec<SessionId>,
    keys: Vec<ApiKeyId>,
    places: Vec<(UserId, RoomId)>,
    now: Instant,
}

/// What of it is.
struct Good {
    sessions: Vec<SessionId>,
    keys: Vec<ApiKeyId>,
    /// The other way round: places that are nobody's any more,
    left: Vec<(UserId, RoomId)>,
    /// and of their rooms those that are no more.
    ended: Vec<RoomId>,
}

impl UseCase for StillGood {
    type Out = Good;
    type Error = StoreError;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Self::Out, StoreError> {
        let (sessions, keys) = good_among(tx, (&self.sessions, &self.keys), self.now).await?;
        let good: BTreeSet<(UserId, RoomId)> = rooms::members::among(tx, &self.places).await?.into_iter().collect();
        let left: Vec<_> = self.places.iter().filter(|place| !good.contains(place)).copied().collect();
        let mut ended: Vec<RoomId> = left.iter().map(|(_, room)| *room).collect();
        let there = rooms::among(tx, &ended).await?;
        ended.retain(|room| !there.contains(room));
        Ok(Good { sessions, keys, left, ended })
    }
}

/// Ends the streams whose session or key is no longer good, and those of rooms whose reader is in the room no longer.
pub async fn check_rights(app: &App) -> Result<(), StoreError> {
    let (sessions, keys) = (app.hub().sessions(), app.hub().keys());
    if sessions.is_empty() && keys.is_empty() {
        return Ok(());
    }
    let guests = app.hub().guests();
    let asked = StillGood {
        sessions: sessions.iter().copied().collect(),
        keys: keys.iter().copied().collect(),
        places: guests.iter().map(|(user, stream)| (*user, RoomId::from_uuid(stream.uuid()))).collect(),
        now: app.now(),
    };
    let good = app.store().read(asked).await?;
    for room in good.ended {
        app.hub().close_stream(StreamId::from(room));
    }
    for (user, room) in good.left {
        app.hub().close_guest(user, StreamId::from(room));
    }
    for ended in sessions.difference(&good.sessions.into_iter().collect()) {
        app.hub().close_session(*ended);
    }
    for ended in keys.difference(&good.keys.into_iter().collect()) {
        app.hub().close_key(*ended);
    }
    Ok(())
}

/// Runs both checks until stopped. While the database cannot be read nothing is known, and streams go on as they are.
pub async fn watch_streams(app: App, mut stop: Stop) {
    let positions = if app.store().is_shared() { POSITIONS_SHARED } else { POSITIONS_ALONE };
    let (mut positions_at, mut rights_at) = (Duration::ZERO, Duration::ZERO);
    let mut readable = true;
    loop {
        let now = app.clock().monotonic();
        let mut outcome = Ok(());
        if now >= positions_at {
            outcome = check_positions(&app).await;
            positions_at = now + positions;
        }
        if now >= rights_at {
            outcome = outcome.and(check_rights(&app).await);
            rights_at = now + RIGHTS;
        }
        readable = report(WORDS, &outcome, readable);
        let nap = positions_at.min(rights_at).saturating_sub(app.clock().monotonic());
        if let Either::Right(_) = select(app.clock().sleep(nap), std::pin::pin!(stop.stopped())).await {
            return;
        }
    }
}

/// What the log says when the checks fail, and when they work again.
const WORDS: [&str; 2] = ["live streams cannot be checked; they go on without", "live streams are checked again"];

/// Logs when something that is done again and again begins to fail and when it works again, not every time in between; with the words for
/// either.
pub(crate) fn report([fails, works]: [&str; 2], outcome: &Result<(), StoreError>, worked: bool) -> bool {
    match (outcome, worked) {
        (Err(error), true) => tracing::warn!(%error, "{fails}"),
        (Ok(()), false) => tracing::info!("{works}"),
        _ => {}
    }
    outcome.is_ok()
}
