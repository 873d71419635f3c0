//! The live stream of a person: the durable log of their own events, as the hub reads it.

use domain::identity::{Caller, Credential};
use hub::{Attached, EventLog, Extent, HubError, Live, LogError, Owner, Since};
use kernel::{Event, Position, StreamId, UserId};
use store::{Store, StoreError, Tx, UseCase, on_behalf_of, streams};

use super::topic::{Topic, authorise};
use crate::{App, Error};

/// The durable log of streams, in the store, as somebody reads it: their reads take turns with what else they do.
#[derive(Clone)]
pub struct StreamLog {
    store: Store,
    reader: UserId,
}

impl StreamLog {
    fn of(app: &App, caller: &Caller) -> Self {
        Self { store: app.store().clone(), reader: caller.user }
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

struct ReadPage(StreamId, Position, u32);

impl UseCase for ReadPage {
    type Out = Vec<Event>;
    type Error = StoreError;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Self::Out, StoreError> {
        streams::page(tx, self.0, self.1, self.2).await
    }
}

impl EventLog for StreamLog {
    async fn extent(&self, stream: StreamId) -> Result<Extent, LogError> {
        let extent = on_behalf_of(self.reader, self.store.read(ReadExtent(stream))).await;
        let extent = extent.map_err(unavailable)?.ok_or(LogError::Gone)?;
        Ok(Extent { head: extent.head, low: extent.low })
    }

    async fn page(&self, stream: StreamId, after: Position, limit: u32) -> Result<Vec<Event>, LogError> {
        on_behalf_of(self.reader, self.store.read(ReadPage(stream, after, limit))).await.map_err(unavailable)
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
    registered?;
    let admitted = authorise(app, caller, topic).await;
    if admitted.is_err() {
        live.retract(stream);
    }
    admitted.map(|()| stream)
}

fn owner(caller: &Caller) -> Owner {
    let key = match caller.credential {
        Credential::Key { id, .. } => Some(id),
        Credential::Session(_) => None,
    };
    Owner { user: caller.user, session: caller.session(), key }
}
