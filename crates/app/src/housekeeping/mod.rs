//! # housekeeping: what is forgotten, and when
//!
//! Jobs are rows that are due, claimed with a lease and a token, so that on many nodes each runs once at a time. They come
//! back by themselves: a purge that is done is due again after its period.

mod inboxes;
mod index;
mod lane;
mod purge;
mod rooms;

use std::time::Duration;

use kernel::{Entropy, Instant, JobId};
use store::{Tx, UseCase};

use crate::{App, Error};

pub use lane::JobLane;

/// How long things are kept that nobody needs any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Retention {
    /// Deleted schedules, with their alarms.
    pub trash: Duration,
    /// Alarms that rang or will not ring.
    pub alarms: Duration,
    /// Notifications, from when they were read or deleted.
    pub read_notifications: Duration,
    /// Notifications, from when they were written, read or not.
    pub notifications: Duration,
    /// Events of streams: how long somebody may be away and still resume without a gap.
    pub events: Duration,
    /// Events of one room, however young: the oldest go first.
    pub room_events: u32,
    /// Comments of one room: the oldest go first.
    pub room_comments: u32,
    /// Restock rounds with their ledgers, from when they ended, or stopped and were followed by another; for ever, without.
    pub rounds: Option<Duration>,
    /// Rounds of one product, however young: the oldest go first.
    pub product_rounds: u32,
}

impl Default for Retention {
    fn default() -> Self {
        let days = |days: u64| Duration::from_hours(days * 24);
        Self {
            trash: days(30),
            alarms: days(365),
            read_notifications: days(90),
            notifications: days(365),
            events: days(30),
            room_events: 10_000,
            room_comments: 10_000,
            rounds: Some(days(90)),
            product_rounds: 1_000,
        }
    }
}

/// What there is to do, again and again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// Kept answers, tickets, throttles and dead sessions that have expired.
    Expired,
    /// Schedules that have been in the trash for long enough.
    Trash,
    /// Alarms of the past.
    Alarms,
    /// Notifications that were read long ago, or written very long ago.
    Notifications,
    /// Events of the past.
    Events,
    /// What happened in rooms that were deleted, and more than is kept of any other.
    Rooms,
    /// Who waited for products that were deleted.
    Products,
    /// Restock rounds of the past.
    Rounds,
    /// What schedules are found by, of those that were written before there was a search.
    Index,
}

impl Kind {
    const ALL: [Self; 9] = [
        Self::Expired,
        Self::Trash,
        Self::Alarms,
        Self::Notifications,
        Self::Events,
        Self::Rooms,
        Self::Products,
        Self::Rounds,
        Self::Index,
    ];

    const fn name(self) -> &'static str {
        match self {
            Self::Index => "index_schedules",
            Self::Expired => "purge_expired",
            Self::Trash => "purge_trash",
            Self::Alarms => "purge_alarms",
            Self::Notifications => "purge_notifications",
            Self::Events => "purge_events",
            Self::Rooms => "purge_rooms",
            Self::Products => "purge_products",
            Self::Rounds => "purge_rounds",
        }
    }

    const fn period(self) -> Duration {
        match self {
            Self::Index => Duration::from_mins(1),
            Self::Expired => Duration::from_mins(10),
            Self::Trash | Self::Rooms | Self::Products => Duration::from_hours(1),
            Self::Alarms | Self::Notifications | Self::Events | Self::Rounds => Duration::from_hours(24),
        }
    }

    fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }
}

/// The key of a job of which there is one per installation.
const ONLY: &str = "only";

struct Plan {
    now: Instant,
    ids: Vec<JobId>,
}

impl UseCase for Plan {
    type Out = ();
    type Error = Error;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<(), Error> {
        for (kind, id) in Kind::ALL.into_iter().zip(&self.ids) {
            store::jobs::ensure(tx, (*id, kind.name(), ONLY), "{}", self.now + kind.period(), self.now).await?;
        }
        Ok(())
    }
}

/// Makes sure that every job exists; called at start, by every node.
pub async fn plan(app: &App) -> Result<(), Error> {
    let (now, entropy) = (app.now(), app.entropy());
    let mint = |_| JobId::mint(now, &*entropy as &dyn Entropy);
    app.store().write(Plan { now, ids: Kind::ALL.into_iter().map(mint).collect() }).await
}
