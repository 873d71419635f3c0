//! The live stream of a person: the durable log of their own events, as the hub reads it.

use domain::identity::{Caller, Credential};
use hub::{Attached, EventLog, Extent, HubError, Live, LogError, Owner, Since};
use kernel::{Event, Instant, Position, RoomId, StreamId};
use store::{
    StoreError, Tx, UseCase, on_behalf_of,
    rooms::{self, members},
    streams,
};

use super::{
    hearing::hears,
    topic::{Topic, authorise},
};
use crate::{App, Error, identity::good_among};

/// The durable log of streams, in the store, as somebody reads it: their reads take turns with what else they do, and of their own stream
/// they are told what [`hears`] says.
#[derive(Clone)]
pub struct StreamLog {
    app: App,
    caller: Caller,
    reader: Owner,
}

impl StreamLog {
    fn of(app: &App, caller: &Caller) -> Self {
        Self { app: app.clone(), caller: caller.clone(), reader: owner(caller) }
    }

    async fn read<U: UseCase<Error = StoreError>>(&self, case: U) -> Result<U::Out, LogError> {
        on_behalf_of(self.reader.user, self.app.store().read(case)).await.map_err(unavailable)
    }
}

struct ReadExtent(StreamId);

impl UseCase for ReadExtent {
    type Out = Option<streams::Extent>;
    type Error = StoreError;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Self::Out, StoreError> {
        streams::extent(tx, self.0).await
    }
}

/// A page, if its reader may still read it when it is read. Rights are watched as well, but a node that was stopped or cut off for a
/// while comes back to what was said since before it learns for whom it no longer was.
struct ReadPage {
    stream: StreamId,
    after: Position,
    limit: u32,
    reader: Owner,
    now: Instant,
}

impl ReadPage {
    async fn refusal(&self, tx: &mut Tx<'_>) -> Result<Option<LogError>, StoreError> {
        let Owner { user, session, key } = self.reader;
        let (sessions, keys) = good_among(tx, (session.as_slice(), key.as_slice()), self.now).await?;
        if (sessions.first(), keys.first()) != (session.as_ref(), key.as_ref()) {
            return Ok(Some(LogError::Revoked));
        }
        if self.stream == StreamId::from(user) {
            return Ok(None);
        }
        let room = RoomId::from_uuid(self.stream.uuid());
        let is_in = !members::among(tx, &[(user, room)]).await?.is_empty();
        // The last words of a room that ended are for everybody who was in it.
        let forbidden = !is_in && !rooms::among(tx, &[room]).await?.is_empty();
        Ok(forbidden.then_some(LogError::Forbidden))
    }
}

impl UseCase for ReadPage {
    type Out = Result<Vec<Event>, LogError>;
    type Error = StoreError;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Self::Out, StoreError> {
        if let Some(refusal) = self.refusal(tx).await? {
            return Ok(Err(refusal));
        }
        streams::page(tx, self.stream, self.after, self.limit).await.map(Ok)
    }
}

impl EventLog for StreamLog {
    async fn extent(&self, stream: StreamId) -> Result<Extent, LogError> {
        let extent = self.read(ReadExtent(stream)).await?.ok_or(LogError::Gone)?;
        Ok(Extent { head: extent.head, low: extent.low })
    }

    async fn page(&self, stream: StreamId, after: Position, limit: u32) -> Result<Vec<Event>, LogError> {
        self.read(ReadPage { stream, after, limit, reader: self.reader, now: self.app.now() }).await?
    }

    /// Of a room, whoever is in it may see everything.
    fn shows(&self, event: &Event) -> bool {
        event.stream != StreamId::from(self.reader.user) || hears(&self.caller, &event.kind)
    }
}

#[expect(clippy::needless_pass_by_value, reason = "the shape `map_err` wants")]
fn unavailable(error: StoreError) -> LogError {
    tracing::warn!(%error, "a live stream ends because its log cannot be read; its reader will come back");
    LogError::Unavailable
}

/// Opens the live stream of the caller's own events. It counts against the caller's limits, and ends when the session or the key
/// it was opened with is revoked.
pub fn attach(app: &App, caller: &Caller, since: Since) -> Result<Attached<StreamLog>, Error> {
    attach_to(app, caller, StreamId::from(caller.user), since)
}

/// Opens a live stream that the caller may read; as [`attach`] otherwise.
pub(crate) fn attach_to(app: &App, caller: &Caller, stream: StreamId, since: Since) -> Result<Attached<StreamLog>, Error> {
    let opened: Result<_, HubError> =
        hub::attach(app.hub(), StreamLog::of(app, caller), stream, owner(caller), since, app.shared_clock(), app.entropy());
    Ok(opened?)
}

/// Opens a connection over which the caller may follow many streams. It counts and ends as [`attach`] says; each of its streams ends
/// when the caller's right to that one does.
pub fn connect(app: &App, caller: &Caller) -> Result<Live<StreamLog>, Error> {
    let opened: Result<_, HubError> =
        Live::open(app.hub(), StreamLog::of(app, caller), owner(caller), app.shared_clock(), app.entropy());
    Ok(opened?)
}

/// Follows `topic` over an open connection, if the caller may; answers its stream.
pub async fn subscribe(
    app: &App,
    caller: &Caller,
    live: &mut Live<StreamLog>,
    (topic, since): (Topic, Since),
) -> Result<StreamId, Error> {
    let stream = topic.stream(caller);
    let registered: Result<(), HubError> = live.subscribe(stream, since);
    let admitted = authorise(app, caller, topic).await;
    if registered.is_ok() && admitted.is_err() {
        live.retract(stream);
    }
    // Who may not read a room does not learn either that it has all the readers it may.
    admitted?;
    registered?;
    Ok(stream)
}

fn owner(caller: &Caller) -> Owner {
    let key = match caller.credential {
        Credential::Key { id, .. } => Some(id),
        Credential::Session(_) => None,
    };
    Owner { user: caller.user, session: caller.session(), key }
}
