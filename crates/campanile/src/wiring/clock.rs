//! Which clock a node goes by, and who keeps it.
//!
//! One process that owns its file believes the machine's guarded clock. Nodes that share a database all follow the clock of
//! that database, so that they agree on what is due. Both are told the high-water mark, so that a restart with a clock in the
//! past is noticed.

use std::{sync::Arc, time::Duration};

use clockwork::{Doubt, FollowedClock, Stop, SystemClock};
use kernel::{Clock, Instant, SleepFuture};
use store::{Store, StoreError};

/// How often the clock of a shared database is read.
const FOLLOW: Duration = Duration::from_secs(1);

/// An answer slower than this says too little about when it was given.
const FRESH: Duration = Duration::from_millis(500);

/// How often the high-water mark moves: a restart can be wrong about time by this much at most.
const MARK: Duration = Duration::from_secs(10);

/// The clock of this node.
#[derive(Debug)]
pub(crate) enum NodeClock {
    /// The machine's.
    Own(SystemClock),
    /// The database's.
    Followed(FollowedClock),
}

impl NodeClock {
    /// Begins where the database says that time has come to. The database must be migrated.
    pub(crate) async fn of(store: &Store) -> Result<Self, StoreError> {
        let mark = app::node::high_water(store).await?;
        if store.is_shared() {
            Ok(Self::Followed(FollowedClock::new(app::node::database_now(store).await?, mark)))
        } else {
            Ok(Self::Own(SystemClock::new(mark)))
        }
    }

    /// Whether the clock is believed at the moment.
    pub(crate) fn is_trusted(&self) -> bool {
        self.doubt().is_none()
    }

    /// Why it is not, if it is not.
    pub(crate) fn doubt(&self) -> Option<Doubt> {
        match self {
            Self::Own(clock) => clock.doubt(),
            Self::Followed(clock) => clock.doubt(),
        }
    }

    /// For how long the database's clock has not been read; zero for the machine's own.
    pub(crate) fn unread(&self) -> Duration {
        match self {
            Self::Own(_) => Duration::ZERO,
            Self::Followed(clock) => clock.unread(),
        }
    }

    fn as_clock(&self) -> &dyn Clock {
        match self {
            Self::Own(clock) => clock,
            Self::Followed(clock) => clock,
        }
    }
}

impl Clock for NodeClock {
    fn now(&self) -> Instant {
        self.as_clock().now()
    }

    fn monotonic(&self) -> Duration {
        self.as_clock().monotonic()
    }

    fn sleep(&self, duration: Duration) -> SleepFuture<'_> {
        self.as_clock().sleep(duration)
    }
}

/// Follows the database's clock until `stop`. A database that does not answer is no reason to doubt: the monotonic clock
/// carries on.
pub(crate) async fn follow(store: Store, clock: Arc<NodeClock>, mut stop: Stop) {
    let NodeClock::Followed(followed) = &*clock else { return stop.stopped().await };
    while !stop.is_stopped() {
        let asked = followed.monotonic();
        if let Ok(reading) = app::node::database_now(&store).await {
            let answered = followed.monotonic();
            if answered.saturating_sub(asked) <= FRESH {
                followed.follow(reading, asked, answered);
            }
        }
        pause(followed, FOLLOW, &mut stop).await;
    }
}

/// Moves the high-water mark while the clock is believed, and once more when `stop` comes.
pub(crate) async fn keep_mark(store: Store, clock: Arc<NodeClock>, mut stop: Stop) {
    loop {
        let stopped = stop.is_stopped();
        if clock.is_trusted()
            && let Err(error) = app::node::raise_high_water(&store, clock.now()).await
        {
            tracing::debug!(%error, "the high-water mark could not be moved");
        }
        if stopped {
            return;
        }
        pause(&*clock, MARK, &mut stop).await;
    }
}

async fn pause(clock: &dyn Clock, duration: Duration, stop: &mut Stop) {
    tokio::select! {
        () = clock.sleep(duration) => {}
        () = stop.stopped() => {}
    }
}
