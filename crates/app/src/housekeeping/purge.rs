//! Forgetting, in small transactions, so that nobody waits for housekeeping.

use std::time::Duration;

use kernel::{AlarmId, Instant, NotificationId, ProductId, StreamId};
use serde::{Deserialize, Serialize};
use store::{
    Tx, UseCase,
    campaigns::{products, rounds},
    jobs::{Claimed, Held},
};
use uuid::Uuid;

use super::{Kind, Retention, inboxes, index::CatchUp, rooms};
use crate::{App, Error};

/// Rows of one transaction.
pub(super) const CHUNK: u32 = 500;

/// How long one run may take; what is left is for the next.
const AT_MOST: Duration = Duration::from_secs(50);

/// What a run did.
pub(super) struct Run {
    /// Rows that are gone.
    pub(super) gone: u64,
    /// Nothing is left. Otherwise its time was over, or somebody else holds the job by now.
    pub(super) finished: bool,
}

/// How far a job has come: its payload. What is kept in here survives a crash, and the end of a run's time.
#[derive(Default, Serialize, Deserialize)]
struct Progress {
    /// Where to go on, for a kind that walks over a table.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    place: Option<String>,
}

impl Progress {
    fn read(payload: &str) -> Uuid {
        let progress: Self = serde_json::from_str(payload).unwrap_or_default();
        progress.place.and_then(|place| place.parse().ok()).unwrap_or_default()
    }

    fn at(place: Uuid) -> String {
        let place = (!place.is_nil()).then(|| place.to_string());
        serde_json::to_string(&Self { place }).unwrap_or_else(|_| "{}".to_owned())
    }
}

/// Runs a job until nothing is left or its time is over, beginning where the last run ended.
pub(super) async fn run(app: &App, job: &Claimed, kind: Kind, retention: &Retention) -> Result<Run, Error> {
    let now = app.now();
    let started = app.clock().monotonic();
    let mut place = Progress::read(&job.payload);
    let mut gone = 0;
    let mut overfull = None;
    loop {
        let round = match kind {
            Kind::Expired => app.store().write(Expired(now)).await?,
            Kind::Trash => app.store().write(Trash(now - retention.trash)).await?,
            Kind::Alarms => alarms(app, AlarmId::from_uuid(place), now - retention.alarms).await?,
            Kind::Notifications => inboxes::round(app, NotificationId::from_uuid(place), retention, now).await?,
            Kind::Rooms => rooms::round(app, &mut overfull, retention, now).await?,
            Kind::Products => app.store().write(Products).await?,
            Kind::Rounds => app.store().write(Rounds { after: ProductId::from_uuid(place), retention: *retention, now }).await?,
            Kind::Index => app.store().write(CatchUp).await?,
            Kind::Events => app.store().write(Events(StreamId::from_uuid(place), now - retention.events)).await?,
        };
        gone += round.gone;
        let next = round.next.unwrap_or_default();
        let still_ours = next == place || app.store().write(Keep((job.id, job.token), Progress::at(next))).await?;
        let finished = round.next.is_none();
        if finished || !still_ours || app.clock().monotonic().saturating_sub(started) >= AT_MOST {
            return Ok(Run { gone, finished });
        }
        place = next;
    }
}

struct Keep(Held, String);

impl UseCase for Keep {
    type Out = bool;
    type Error = Error;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<bool, Error> {
        Ok(store::jobs::keep(tx, self.0, &self.1).await?)
    }
}

/// What one transaction did.
pub(super) struct Round {
    /// Rows that are gone.
    pub(super) gone: u64,
    /// Where to go on, if there is more.
    pub(super) next: Option<Uuid>,
}

impl Round {
    /// There is more if the chunk was full; what is gone needs no place to go on from.
    fn of(gone: u64) -> Self {
        Self { gone, next: (gone >= u64::from(CHUNK)).then_some(Uuid::nil()) }
    }
}

struct Expired(Instant);

impl UseCase for Expired {
    type Out = Round;
    type Error = Error;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Round, Error> {
        let answers = store::idempotency::purge(tx, self.0, CHUNK).await?;
        let identity = store::identity::purge(tx, self.0, CHUNK).await?;
        let invitations = store::rooms::invitations::purge(tx, self.0, CHUNK).await?;
        Ok(Round::of(answers.max(identity).max(invitations)))
    }
}

struct Products;

impl UseCase for Products {
    type Out = Round;
    type Error = Error;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Round, Error> {
        let gone = products::purge(tx, CHUNK).await?;
        Ok(Round { gone, next: (gone > 0).then(Uuid::nil) })
    }
}

struct Rounds {
    after: ProductId,
    retention: Retention,
    now: Instant,
}

impl UseCase for Rounds {
    type Out = Round;
    type Error = Error;

    /// What is left of rounds that are forgotten already goes before others are.
    async fn run(&self, tx: &mut Tx<'_>) -> Result<Round, Error> {
        let gone = rounds::purge(tx, CHUNK).await?;
        if gone > 0 {
            return Ok(Round { gone, next: Some(self.after.uuid()) });
        }
        let kept = (self.retention.rounds.map(|kept| self.now - kept), self.retention.product_rounds);
        let products = products::walk(tx, self.after, CHUNK / 10).await?;
        let (mut retired, mut place) = (0, self.after);
        for (product, round) in &products {
            // The last one stays.
            let many = if *round > 1 { rounds::retire(tx, *product, kept, self.now, CHUNK).await? } else { 0 };
            retired += many;
            if many < u64::from(CHUNK) {
                place = *product;
            }
            if retired >= u64::from(CHUNK) {
                break;
            }
        }
        Ok(Round { gone, next: (!products.is_empty()).then(|| place.uuid()) })
    }
}

struct Trash(Instant);

impl UseCase for Trash {
    type Out = Round;
    type Error = Error;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Round, Error> {
        Ok(Round::of(store::calendar::purge(tx, self.0, CHUNK).await?))
    }
}

struct OldAlarms(AlarmId, Instant);

impl UseCase for OldAlarms {
    type Out = Option<(AlarmId, Vec<AlarmId>)>;
    type Error = Error;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Self::Out, Error> {
        Ok(store::alarms::past::settled_page(tx, self.0, self.1, CHUNK).await?)
    }
}

struct Forget(Vec<AlarmId>);

impl UseCase for Forget {
    type Out = u64;
    type Error = Error;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<u64, Error> {
        Ok(store::alarms::past::forget(tx, &self.0).await?)
    }
}

/// Looks through a page of alarms on a reader, and writes only if some of them are old.
async fn alarms(app: &App, after: AlarmId, before: Instant) -> Result<Round, Error> {
    let Some((last, old)) = app.store().read(OldAlarms(after, before)).await? else {
        return Ok(Round { gone: 0, next: None });
    };
    let gone = if old.is_empty() { 0 } else { app.store().write(Forget(old)).await? };
    Ok(Round { gone, next: Some(last.uuid()) })
}

struct Events(StreamId, Instant);

impl UseCase for Events {
    type Out = Round;
    type Error = Error;

    /// A stream whose first chunk was old to the last event has probably more of them: the next round begins with it again.
    async fn run(&self, tx: &mut Tx<'_>) -> Result<Round, Error> {
        let streams = store::streams::walk(tx, self.0, CHUNK / 10).await?;
        let (mut gone, mut place) = (0, self.0);
        for stream in &streams {
            let trimmed = store::streams::trim(tx, *stream, self.1, CHUNK).await?;
            gone += trimmed;
            if trimmed < u64::from(CHUNK) {
                place = *stream;
            }
            if gone >= u64::from(CHUNK) {
                break;
            }
        }
        Ok(Round { gone, next: (!streams.is_empty()).then(|| place.uuid()) })
    }
}
