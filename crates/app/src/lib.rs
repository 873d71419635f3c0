//! # app: use cases, and the handlers of due rows
//!
//! Every transaction of the product is a use case of this room: it reads and writes through `store`, decides by the rules of
//! `domain`, appends what happened to the streams concerned, and, once the transaction is on disk, tells the `hub` and the
//! `clockwork`. Those two are hints: if the process dies before they are told, the rows say it all.
//!
//! ```text
//!   api ──► use case ──tx──► rows + events + alarms ──commit──► hub.publish(events), wake.hint(next due)
//!   clockwork ──► handler of due rows ──tx──► inbox rows + events ──commit──► hub.publish(events)
//! ```
//!
//! **Must never know**: HTTP, statuses, headers, SQL text, which engine runs. It draws time and randomness only from its parts.

pub mod alarms;
pub mod calendar;
pub mod campaigns;
pub mod housekeeping;
pub mod identity;
pub mod node;
pub mod notify;
pub mod planning;
pub mod rooms;
pub mod tasks;

mod effects;
mod error;
mod once;

use std::sync::Arc;

use clockwork::Wake;
use kernel::{Clock, Entropy, Instant, StreamId};
use tokio::sync::Semaphore;

pub use domain;
pub use effects::Effects;
pub use error::Error;
pub use once::{Answer, Once, Render, Rendered};
pub use store::on_behalf_of;

/// Everything a use case may need, shared by all of them.
#[derive(Clone)]
pub struct App(Arc<Shared>);

struct Shared {
    parts: Parts,
    passwords: identity::Passwords,
    callers: identity::Callers,
    crowds: rooms::Crowds,
    presence: rooms::Desk,
    bells: campaigns::rounds::Bells,
    /// Who reads somebody's file: that takes a core, so few do at a time.
    files: Arc<Semaphore>,
}

/// Files that are read at a time.
const FILES_MAX: usize = 2;

/// What [`App`] is put together from, once, by the wiring of the binary or of a test.
pub struct Parts {
    /// The truth.
    pub store: store::Store,
    /// What time it is.
    pub clock: Arc<dyn Clock>,
    /// Where random bytes come from.
    pub entropy: Arc<dyn Entropy>,
    /// Who is listening right now.
    pub hub: hub::Hub,
    /// The secrets of the installation.
    pub keys: identity::Keys,
    /// What the operator chose about identity.
    pub identity: identity::Settings,
    /// What the operator chose about calendars.
    pub calendar: calendar::Settings,
    /// What the operator chose about rooms.
    pub rooms: rooms::Settings,
    /// What the operator chose about campaigns.
    pub campaigns: campaigns::rounds::Settings,
    /// Wakes the lane of alarms.
    pub alarms: Wake,
    /// Wakes the lane of housekeeping jobs.
    pub jobs: Wake,
    /// What the lane of alarms counts.
    pub meters: alarms::Meters,
    /// What the sender of campaigns counts.
    pub campaign_meters: campaigns::rounds::Meters,
}

impl App {
    /// Puts the parts together.
    pub fn new(parts: Parts) -> Self {
        let passwords = identity::Passwords::new(&parts.keys, parts.identity.password);
        let files = Arc::new(Semaphore::new(FILES_MAX));
        let crowds = rooms::Crowds::new(&parts.store);
        Self(Arc::new(Shared {
            parts,
            passwords,
            callers: identity::Callers::default(),
            crowds,
            presence: rooms::Desk::default(),
            bells: campaigns::rounds::Bells::default(),
            files,
        }))
    }

    /// The store.
    pub fn store(&self) -> &store::Store {
        &self.0.parts.store
    }

    /// The hub of live streams.
    pub fn hub(&self) -> &hub::Hub {
        &self.0.parts.hub
    }

    /// The clock.
    pub fn clock(&self) -> &dyn Clock {
        &*self.0.parts.clock
    }

    /// The clock, for what outlives the call: a live stream waits on it for hours.
    pub fn shared_clock(&self) -> Arc<dyn Clock> {
        Arc::clone(&self.0.parts.clock)
    }

    /// The source of randomness, for use cases that mint ids inside their transaction.
    pub fn entropy(&self) -> Arc<dyn Entropy> {
        Arc::clone(&self.0.parts.entropy)
    }

    /// The secrets of the installation.
    pub fn keys(&self) -> &identity::Keys {
        &self.0.parts.keys
    }

    /// What the operator chose about identity.
    pub fn identity(&self) -> &identity::Settings {
        &self.0.parts.identity
    }

    /// What the operator chose about calendars.
    pub fn calendar(&self) -> calendar::Settings {
        self.0.parts.calendar
    }

    /// What the operator chose about rooms.
    pub fn rooms(&self) -> rooms::Settings {
        self.0.parts.rooms
    }

    /// What the operator chose about campaigns.
    pub fn campaigns(&self) -> campaigns::rounds::Settings {
        self.0.parts.campaigns
    }

    /// The pool that hashes passwords.
    pub fn passwords(&self) -> &identity::Passwords {
        &self.0.passwords
    }

    pub(crate) fn files(&self) -> &Arc<Semaphore> {
        &self.0.files
    }

    pub(crate) fn callers(&self) -> &identity::Callers {
        &self.0.callers
    }

    pub(crate) fn crowds(&self) -> &rooms::Crowds {
        &self.0.crowds
    }

    pub(crate) fn presence(&self) -> &rooms::Desk {
        &self.0.presence
    }

    pub(crate) fn bells(&self) -> &campaigns::rounds::Bells {
        &self.0.bells
    }

    /// What time it is.
    pub fn now(&self) -> Instant {
        self.0.parts.clock.now()
    }

    /// The wake of the lane of alarms.
    pub fn alarm_wake(&self) -> &Wake {
        &self.0.parts.alarms
    }

    /// What the lane of alarms counts.
    pub fn meters(&self) -> &alarms::Meters {
        &self.0.parts.meters
    }

    /// What the sender of campaigns counts.
    pub fn campaign_meters(&self) -> &campaigns::rounds::Meters {
        &self.0.parts.campaign_meters
    }

    /// The wake of the lane of jobs.
    pub fn job_wake(&self) -> &Wake {
        &self.0.parts.jobs
    }

    /// Runs `case`; once it is on disk, tells the hub and the clockwork what it did.
    pub(crate) async fn commit<C, T>(&self, case: C) -> Result<T, Error>
    where
        C: store::UseCase<Out = (T, Effects), Error = Error>,
        T: Send + 'static,
    {
        let (out, effects) = self.store().write(case).await?;
        self.announce(effects);
        Ok(out)
    }

    /// Tells the hub and the clockwork what was committed.
    pub(crate) fn announce(&self, effects: Effects) {
        self.callers().forget(&effects.closed_sessions);
        for session in &effects.closed_sessions {
            self.hub().close_session(*session);
        }
        for (user, room) in &effects.left {
            self.hub().close_guest(*user, StreamId::from(*room));
            self.presence().left(*user, *room);
        }
        self.hub().publish(effects.events);
        for room in &effects.ended {
            self.hub().close_stream(StreamId::from(*room));
            self.presence().ended(*room);
        }
        if effects.rounds {
            self.bells().ring(self.now());
        }
        if let Some(due) = effects.next_alarm {
            self.alarm_wake().hint(due);
        }
    }
}
